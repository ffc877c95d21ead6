using System.Text.Json;

namespace TeslaMate.Tests.Nix;

public sealed class FlakeTests
{
    // A flake is a function of its inputs; nixpkgs is replaced by what the outputs' names need of it.
    const string Outputs = """
        let
          lib = (import ./nix/tests/lib.nix) // {
            genAttrs = names: f: builtins.listToAttrs (map (name: { inherit name; value = f name; }) names);
          };
          flake = import ./flake.nix;
          self = flake.outputs { inherit self; nixpkgs = { inherit lib; legacyPackages = { x86_64-linux = { }; aarch64-linux = { }; }; }; };
        in
        """;

    [SkippableFact]
    public async Task It_offers_what_a_NixOS_user_looks_for()
    {
        var names = await Evaluation.ExpressionAsync($$"""
            {{Outputs}} {
              outputs = builtins.attrNames self;
              systems = builtins.attrNames self.packages;
              packages = builtins.attrNames self.packages.x86_64-linux;
              checks = builtins.attrNames self.checks.x86_64-linux;
              overlay = builtins.isFunction self.overlays.default;
              module = builtins.length self.nixosModules.default.imports == 2;
            }
            """);
        Names("outputs").ShouldBe(["apps", "checks", "devShells", "formatter", "nixosModules", "overlays", "packages"]);
        Names("systems").ShouldBe(["aarch64-linux", "x86_64-linux"]);
        Names("packages").ShouldBe(["default", "image", "teslamate"]);
        Names("checks").ShouldBe(["format", "image", "machine", "module", "package"]);
        names.GetProperty("overlay").GetBoolean().ShouldBeTrue();
        names.GetProperty("module").GetBoolean().ShouldBeTrue();

        string[] Names(string property) => [.. names.GetProperty(property).EnumerateArray().Select(name => name.GetString()!)];
    }

    [SkippableFact]
    public async Task The_lock_file_locks_the_input_that_the_flake_names()
    {
        var url = (await Evaluation.ExpressionAsync("(import ./flake.nix).inputs.nixpkgs.url")).GetString()!;
        var locked = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Evaluation.Root, "flake.lock"))).RootElement;
        var original = locked.GetProperty("nodes").GetProperty("nixpkgs").GetProperty("original");
        url.ShouldBe(
            $"{original.GetProperty("type").GetString()}:{original.GetProperty("owner").GetString()}/{original.GetProperty("repo").GetString()}/"
            + original.GetProperty("ref").GetString());
    }

    [SkippableFact]
    public async Task Every_Nix_file_is_syntactically_right()
    {
        string[] files = [.. Directory.GetFiles(Evaluation.Root, "*.nix"),
            .. Directory.GetFiles(Path.Combine(Evaluation.Root, "nix"), "*.nix", SearchOption.AllDirectories)];
        var (exitCode, _, errors) = await Evaluation.RunAsync("nix-instantiate", ["--parse", .. files]);
        exitCode.ShouldBe(0, errors);
    }
}
