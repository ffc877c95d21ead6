using System.Runtime.CompilerServices;

namespace TeslaMate.SystemTests.Machines;

/// <summary>
/// The program as it is shipped: the folder named by <c>TESLAMATE_TEST_PROGRAM</c>, otherwise published from the sources once per test run.
/// </summary>
static class Publication
{
    static readonly Lazy<Task<string>> Published = new(PublishAsync);

    /// <summary>The folder with the program <c>teslamate</c>.</summary>
    public static Task<string> FolderAsync() => Published.Value;

    /// <summary>The repository's root.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The folder of the .NET runtime that the program needs.</summary>
    public static string DotnetRoot { get; } = Path.GetFullPath(Path.Combine(RuntimeFolder(), "../../.."));

    static string RuntimeFolder() => System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory();

    static string FindRepository([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../../.."));

    static async Task<string> PublishAsync()
    {
        if (Environment.GetEnvironmentVariable("TESLAMATE_TEST_PROGRAM") is { Length: > 0 } given)
            return given;
        var folder = Directory.CreateTempSubdirectory("teslamate-published-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        (await Shell.RunAsync("dotnet", "publish", Path.Combine(Repository, "src/TeslaMate"), "--nologo", "-v", "quiet", "-c", "Release",
            "-p:UseSharedCompilation=false", "-o", folder)).Succeeded();
        return folder;
    }
}
