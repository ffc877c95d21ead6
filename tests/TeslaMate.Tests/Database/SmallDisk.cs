using System.Diagnostics;
using Npgsql;

namespace TeslaMate.Tests.Database;

/// <summary>
/// A tablespace of the test server on a file system of its own that is full soon, and can be given room. Only root can make one, and only for a
/// server on this machine.
/// </summary>
sealed class SmallDisk : IAsyncDisposable
{
    static int _last;

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("teslamate-small-");

    SmallDisk()
    {
    }

    public static bool IsPossible
        => Environment.IsPrivilegedProcess && !TestServers.HasDocker
            && Environment.GetEnvironmentVariable("TESLAMATE_TEST_DATABASE") is not { Length: > 0 };

    /// <summary>The name of the tablespace.</summary>
    public string Name { get; } = $"small_{Environment.ProcessId}_{Interlocked.Increment(ref _last)}";

    public static async Task<SmallDisk> CreateAsync(long kilobytes)
    {
        var disk = new SmallDisk();
        await ShellAsync($"mount -t tmpfs -o size={kilobytes}k,mode=700 tmpfs {disk._folder.FullName} && chown postgres {disk._folder.FullName}");
        await TestServer.ExecuteAsync(await TestServer.ConnectionStringAsync(), $"create tablespace {disk.Name} location '{disk._folder.FullName}'");
        return disk;
    }

    /// <summary>A database on this disk.</summary>
    public async Task<TestDatabase> CopyAsync(TestDatabase template)
    {
        var administration = await TestServer.ConnectionStringAsync();
        await TestServer.ExecuteAsync(administration, $"create database {Name} template {template.Name} tablespace {Name} strategy file_copy");
        return new TestDatabase(new NpgsqlConnectionStringBuilder(administration) { Database = Name }.ConnectionString, administration, Name);
    }

    public Task GrowAsync() => ShellAsync($"mount -o remount,size=200m {_folder.FullName}");

    /// <summary>After the disposal of the databases on it.</summary>
    public async ValueTask DisposeAsync()
    {
        await TestServer.ExecuteAsync(await TestServer.ConnectionStringAsync(), $"drop tablespace if exists {Name}");
        await ShellAsync($"umount -l {_folder.FullName} || true");
        _folder.Delete(recursive: true);
    }

    static async Task ShellAsync(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, said);
    }
}
