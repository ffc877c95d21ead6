using System.Diagnostics;
using System.Text.Json;

namespace TeslaMate.Tests.Nix;

/// <summary>Evaluates Nix expressions of the repository with <c>nix-instantiate</c>; no nixpkgs and no builds.</summary>
static class Evaluation
{
    /// <summary>The repository's root: the folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// An attribute of <c>nix/tests/machine.nix</c> for a configuration, with the library of <c>nix/tests/lib.nix</c> or, where the variable
    /// <c>TESLAMATE_TEST_NIXPKGS_LIB</c> names its folder, with nixpkgs' own.
    /// </summary>
    public static Task<JsonElement> MachineAsync(string attribute, string configuration)
        => EvaluateAsync(["nix/tests/machine.nix", "-A", attribute, "--arg", "configuration", configuration,
            .. Environment.GetEnvironmentVariable("TESLAMATE_TEST_NIXPKGS_LIB") is { Length: > 0 } library
                ? ["--arg", "lib", $"import {library}"] : (string[])[]]);

    /// <summary>A whole expression, relative paths counting from the repository's root.</summary>
    public static Task<JsonElement> ExpressionAsync(string expression) => EvaluateAsync("-E", expression);

    /// <summary>A string of Nix.</summary>
    public static string Literal(string value)
        => "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("${", "\\${",
            StringComparison.Ordinal) + "\"";

    static async Task<JsonElement> EvaluateAsync(params string[] arguments)
    {
        var (exitCode, output, errors) = await RunAsync("nix-instantiate", ["--eval", "--strict", "--json", .. arguments]);
        if (exitCode != 0)
            throw new InvalidOperationException(errors);
        return JsonDocument.Parse(output).RootElement;
    }

    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string program, IReadOnlyList<string> arguments)
    {
        Skip.If(!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program))),
            $"{program} is not installed");
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Root, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }

    static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "TeslaMate.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return folder;
    }
}
