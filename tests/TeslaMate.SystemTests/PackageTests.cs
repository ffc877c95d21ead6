using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Text.Json;
using TeslaMate.SystemTests.Machines;

namespace TeslaMate.SystemTests;

/// <summary>
/// What <c>nix/package.nix</c> builds from, built in the same steps: without a network, from the packages of <c>deps.nix</c> and those that come
/// with nixpkgs' SDK.
/// </summary>
public sealed class PackageTests : IDisposable
{
    const string Runtime = "linux-x64";

    /// <summary>Delivered with nixpkgs' SDK in the SDK's own version; an entry in <c>deps.nix</c> would pin another one.</summary>
    static readonly string[] Packs =
        [$"microsoft.aspnetcore.app.runtime.{Runtime}", $"microsoft.netcore.app.crossgen2.{Runtime}", $"microsoft.netcore.app.runtime.{Runtime}"];

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    readonly string _folder = Directory.CreateTempSubdirectory("teslamate-package-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task The_program_is_published_from_the_packages_of_deps_nix_and_needs_every_one_of_them()
    {
        var cache = await CacheAsync();
        var feed = Directory.CreateDirectory(Path.Combine(_folder, "deps")).FullName;
        foreach (var package in await LockedAsync())
        {
            var file = Cached(cache, package.Pname, package.Version);
            $"sha256-{Convert.ToBase64String(SHA256.HashData(await File.ReadAllBytesAsync(file)))}".ShouldBe(package.Hash, package.Pname);
            File.Copy(file, Path.Combine(feed, Path.GetFileName(file)));
        }

        var sdk = Directory.CreateDirectory(Path.Combine(_folder, "sdk")).FullName;
        foreach (var pack in Packs)
        {
            var file = Cached(cache, pack, Environment.Version.ToString());
            File.Copy(file, Path.Combine(sdk, Path.GetFileName(file)));
        }

        var source = await CopySourceAsync();
        await File.WriteAllTextAsync(Path.Combine(source, "nuget.config"), $"""
            <configuration>
              <packageSources><clear /><add key="deps" value="{feed}" /><add key="sdk" value="{sdk}" /></packageSources>
              <fallbackPackageFolders><clear /></fallbackPackageFolders>
            </configuration>
            """);
        var published = Path.Combine(_folder, "published");
        await DotnetAsync(source, "restore", "--runtime", Runtime);
        await DotnetAsync(source, "build", "--no-restore", "--configuration", "Release", "--runtime", Runtime, "--no-self-contained");
        await DotnetAsync(source, "publish", "--no-build", "--configuration", "Release", "--runtime", Runtime, "--no-self-contained",
            "-p:PublishTrimmed=false", "--output", published);

        // Nothing came from elsewhere, and nothing lay there in vain.
        Names(Path.Combine(_folder, "packages")).ShouldBe([.. Names(feed), .. Names(sdk)], ignoreOrder: true);
        foreach (var assembly in new[] { "teslamate.dll", "TeslaMate.Vehicles.dll", "Npgsql.dll" })
            IsCompiledAhead(Path.Combine(published, assembly)).ShouldBeTrue(assembly);
        (await Shell.RunAsync("env", $"DOTNET_ROOT={Publication.DotnetRoot}", Path.Combine(published, "teslamate"), "--version")).Succeeded();
    }

    [SkippableFact]
    public async Task The_script_that_writes_the_hashes_would_write_those_that_are_there()
    {
        var source = await CopySourceAsync();
        string[] files = ["deps.nix"];
        (await Shell.RunAsync("mkdir", "-p", Path.Combine(source, "nix"))).Succeeded();
        (await Shell.RunAsync("cp", Path.Combine(Publication.Repository, "nix/update-hashes"), Path.Combine(source, "nix"))).Succeeded();
        (await Shell.RunAsync(Path.Combine(source, "nix/update-hashes"))).Succeeded();
        foreach (var file in files)
            (await File.ReadAllTextAsync(Path.Combine(source, file))).ShouldBe(
                await File.ReadAllTextAsync(Path.Combine(Publication.Repository, file)), file);
    }

    static IEnumerable<string> Names(string folder)
        => Directory.GetFiles(folder, "*.nupkg", SearchOption.AllDirectories).Select(file => Path.GetFileName(file));

    static async Task<string> CacheAsync()
        => (await Shell.RunAsync("dotnet", "nuget", "locals", "global-packages", "--list", "--force-english-output")).Succeeded()
            .Split(": ")[^1].Trim();

    static string Cached(string cache, string name, string version)
    {
        var id = name.ToLowerInvariant();
        return Path.Combine(cache, id, version, $"{id}.{version}.nupkg");
    }

    static async Task<IReadOnlyList<LockedPackage>> LockedAsync()
    {
        var json = await Shell.RunAsync("nix-instantiate", "--eval", "--strict", "--json", "--store", "dummy://", "-E",
            $"import {Publication.Repository}/deps.nix {{ fetchNuGet = package: package; }}");
        return JsonSerializer.Deserialize<List<LockedPackage>>(json.Succeeded(), Json) ?? [];
    }

    /// <summary>The files of <c>nix/package.nix</c>, without what builds have left among them.</summary>
    async Task<string> CopySourceAsync()
    {
        var source = Directory.CreateDirectory(Path.Combine(_folder, "source")).FullName;
        (await Shell.RunAsync("sh", "-c", $"""
            cd '{Publication.Repository}' && tar -c --exclude=bin --exclude=obj --exclude=node_modules .editorconfig Directory.Build.props Directory.Packages.props src | tar -x -C '{source}'
            """)).Succeeded();
        return source;
    }

    async Task DotnetAsync(string source, params string[] arguments)
        => (await Shell.RunAsync("env", ["-C", source, $"NUGET_PACKAGES={Path.Combine(_folder, "packages")}", "dotnet", arguments[0],
            "src/TeslaMate/TeslaMate.csproj", .. arguments[1..],
            "--nologo", "-v", "quiet", "-p:ContinuousIntegrationBuild=true", "-p:Deterministic=true", "-p:NuGetAudit=false",
            "-p:UseSharedCompilation=false",
            $"-p:WebNodeModules={Path.Combine(Publication.Repository, "src/TeslaMate.Web/node_modules")}"])).Succeeded();

    static bool IsCompiledAhead(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        return file.PEHeaders.CorHeader?.ManagedNativeHeaderDirectory.Size > 0;
    }

    sealed record LockedPackage(string Pname, string Version, string Hash);
}
