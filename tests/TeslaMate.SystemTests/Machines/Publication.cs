using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace TeslaMate.SystemTests.Machines;

/// <summary>
/// The program as it is shipped: the folder named by <c>TESLAMATE_TEST_PROGRAM</c>, otherwise built from the sources once per test run, in the steps
/// of <c>nix/package.nix</c>: without a network, from the packages of <c>deps.nix</c> and those that come with nixpkgs' SDK.
/// </summary>
static class Publication
{
    const string Project = "src/TeslaMate/TeslaMate.csproj";

    static readonly string Runtime = $"linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";

    /// <summary>Delivered with nixpkgs' SDK in the SDK's own version; an entry in <c>deps.nix</c> would pin another one.</summary>
    static readonly string[] Packs =
    [
        $"microsoft.aspnetcore.app.runtime.{Runtime}", "microsoft.dotnet.ilcompiler", "microsoft.net.illink.tasks",
        $"microsoft.netcore.app.runtime.{Runtime}", $"microsoft.netcore.app.runtime.nativeaot.{Runtime}",
        $"runtime.{Runtime}.microsoft.dotnet.ilcompiler",
    ];

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    static readonly Lazy<Task<Build>> Built = new(BuildAsync);

    /// <summary>The folder with the program <c>teslamate</c>.</summary>
    public static async Task<string> FolderAsync()
        => Environment.GetEnvironmentVariable("TESLAMATE_TEST_PROGRAM") is { Length: > 0 } given ? given : (await BuiltAsync()).Folder;

    /// <summary>The build of this test run.</summary>
    public static Task<Build> BuiltAsync() => Built.Value;

    /// <summary>The repository's root.</summary>
    public static string Repository { get; } = FindRepository();

    static string FindRepository([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../../.."));

    /// <summary>Copies the files of <c>nix/package.nix</c> to <paramref name="folder"/>, without what builds have left among them.</summary>
    public static async Task CopySourceAsync(string folder)
        => (await Shell.RunAsync("sh", "-c", $"""
            cd '{Repository}'
            tar -c --exclude=bin --exclude=obj --exclude=node_modules .editorconfig Directory.Build.props Directory.Packages.props src \
                | tar -x -C '{folder}'
            """)).Succeeded();

    /// <summary>The packages of <c>deps.nix</c>.</summary>
    public static async Task<IReadOnlyList<LockedPackage>> LockedAsync()
    {
        var json = await Shell.RunAsync("nix-instantiate", "--eval", "--strict", "--json", "--store", "dummy://", "-E",
            $"import {Repository}/deps.nix {{ fetchNuGet = package: package; }}");
        return JsonSerializer.Deserialize<List<LockedPackage>>(json.Succeeded(), Json) ?? [];
    }

    /// <summary>The name of a package's file.</summary>
    public static string FileOf(string package, string version) => $"{package.ToLowerInvariant()}.{version}.nupkg";

    static async Task<Build> BuildAsync()
    {
        var folder = Directory.CreateTempSubdirectory("teslamate-published-").FullName;
        // By a process of its own: this one is given no time for two gigabytes.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Process.Start("rm", ["-rf", folder]);
        // Machines of their own look into it, as whoever they are.
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        var (program, source, deps, sdk, packages) = (Folder("program"), Folder("source"), Folder("deps"), Folder("sdk"), Folder("packages"));
        var cache = (await Shell.RunAsync("dotnet", "nuget", "locals", "global-packages", "--list", "--force-english-output")).Succeeded()
            .Split(": ")[^1].Trim();
        await CopySourceAsync(source);
        // What only a publication needs is not there yet on a machine that has built and nothing else.
        if (!Packs.All(pack => File.Exists(Cached(pack, Environment.Version.ToString()))))
            (await Shell.RunAsync("env", "-C", source, "dotnet", "restore", Project, "--runtime", Runtime, "-v", "quiet")).Succeeded();
        foreach (var package in await LockedAsync())
            File.Copy(Cached(package.Pname, package.Version), Path.Combine(deps, FileOf(package.Pname, package.Version)));
        foreach (var pack in Packs)
            File.Copy(Cached(pack, Environment.Version.ToString()), Path.Combine(sdk, FileOf(pack, Environment.Version.ToString())));
        await File.WriteAllTextAsync(Path.Combine(source, "nuget.config"), $"""
            <configuration>
              <packageSources><clear /><add key="deps" value="{deps}" /><add key="sdk" value="{sdk}" /></packageSources>
              <fallbackPackageFolders><clear /></fallbackPackageFolders>
            </configuration>
            """);
        await DotnetAsync("restore", "--runtime", Runtime, "-p:SelfContained=true");
        await DotnetAsync("build", "--no-restore", "--configuration", "Release", "--runtime", Runtime, "-p:SelfContained=true");
        await DotnetAsync("publish", "--no-restore", "--no-build", "--configuration", "Release", "--runtime", Runtime, "--self-contained",
            "--output", program);
        return new Build(program, deps, sdk, packages);

        string Folder(string name) => Directory.CreateDirectory(Path.Combine(folder, name)).FullName;

        string Cached(string name, string version) => Path.Combine(cache, name.ToLowerInvariant(), version, FileOf(name, version));

        // The package's own flags, and those of nixpkgs.
        async Task DotnetAsync(string verb, params string[] arguments)
            => (await Shell.RunAsync("env", ["-C", source, $"NUGET_PACKAGES={packages}", "dotnet", verb, Project, .. arguments,
                "--nologo", "-v", "quiet", "-p:ContinuousIntegrationBuild=true", "-p:Deterministic=true", "-p:NuGetAudit=false",
                "-p:UseSharedCompilation=false", "-p:TreatWarningsAsErrors=false", "-p:EnforceCodeStyleInBuild=false", "-p:RunAnalyzers=false",
                $"-p:WebNodeModules={Path.Combine(Repository, "src/TeslaMate.Web/node_modules")}"])).Succeeded();
    }

    /// <summary>What a build has left behind; gone with this process.</summary>
    /// <param name="Folder">With the program <c>teslamate</c>.</param>
    /// <param name="Deps">The packages of <c>deps.nix</c>, from which it was built.</param>
    /// <param name="Sdk">Those that come with the SDK.</param>
    /// <param name="Packages">Those that the build took of both.</param>
    public sealed record Build(string Folder, string Deps, string Sdk, string Packages);

    /// <summary>An entry of <c>deps.nix</c>.</summary>
    public sealed record LockedPackage(string Pname, string Version, string Hash);
}
