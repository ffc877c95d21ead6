using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using TeslaMate.Database.Clusters;

namespace TeslaMate.Benchmarks.Backup;

/// <summary>
/// The scripts of <c>nix/backup</c> beside plain <c>pg_dump</c> and <c>psql</c>, as the reference's documentation has them, on one database in one run:
/// <c>backup FOLDER [positions]</c>. The folder holds a published program, which makes the schema.
/// </summary>
static class BackupMeasurements
{
    const string Configuration = """
        { services.teslamate = { enable = true; credentials = { ENCRYPTION_KEY = "/dev/null"; DATABASE_PASS = "/dev/null"; }; backup.directory = "/tmp"; }; }
        """;

    public static async Task RunAsync(string program, int positions)
    {
        await using var cluster = await PrivateCluster.StartAsync(settings: ["shared_buffers = 512MB", "max_wal_size = 8GB"]);
        var scripts = await RenderAsync(Path.Combine(cluster.Folder, "scripts"));
        var plain = Path.Combine(cluster.Folder, "plain.sql");
        var backup = Path.Combine(cluster.Folder, "backup.dump");
        async Task<TimeSpan> TimeAsync(string command)
        {
            var start = new ProcessStartInfo("/bin/bash", ["-euo", "pipefail", "-c", command]) { RedirectStandardOutput = true };
            foreach (var (name, value) in new[]
            {
                ("PGHOST", cluster.Socket), ("PGUSER", "postgres"), ("PGDATABASE", "cars"), ("DATABASE_SOCKET_DIR", cluster.Socket), ("DATABASE_USER", "postgres"), ("DATABASE_NAME", "cars"),
            })
                start.Environment[name] = value;
            var clock = Stopwatch.StartNew();
            using var process = Process.Start(start) ?? throw new InvalidOperationException("bash did not start.");
            await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? clock.Elapsed : throw new InvalidOperationException($"{command} failed.");
        }

        await TimeAsync($"createdb cars && '{program}/teslamate' migrate");
        await TimeAsync($"psql -Xq -v ON_ERROR_STOP=1 -v positions={positions} -f '{SourceFolder()}/household.sql'");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{positions:N0} positions are there"));
        // Once unmeasured, so that everybody finds the same cache.
        await TimeAsync("pg_dump >/dev/null");

        var plainDump = await TimeAsync($"pg_dump >'{plain}'");
        var ours = await TimeAsync($"'{scripts}/teslamate-backup' '{backup}'");
        var (plainSize, size) = (new FileInfo(plain).Length, new FileInfo(backup).Length);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"backup: pg_dump {plainDump.TotalSeconds:0.0} s, teslamate-backup {ours.TotalSeconds:0.0} s ({plainDump / ours:0.00} times as fast); "
            + $"{plainSize / 1e6:0} MB and {size / 1e6:0} MB ({(double)size / plainSize:0.000})"));

        var plainRestore = await TimeAsync($"createdb plain && psql -Xq -d plain <'{plain}'");
        await TimeAsync("dropdb plain && psql -Xqc checkpoint");
        var restore = await TimeAsync($"'{scripts}/teslamate-restore' '{backup}'");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"restore: psql {plainRestore.TotalSeconds:0.0} s, teslamate-restore {restore.TotalSeconds:0.0} s ({plainRestore / restore:0.00} times as fast); {Environment.ProcessorCount} processors"));
    }

    /// <summary>Writes the scripts as the module renders them; without the store's programs they find this machine's.</summary>
    static async Task<string> RenderAsync(string folder)
    {
        var start = new ProcessStartInfo("nix-instantiate",
            ["--eval", "--strict", "--json", Path.GetFullPath(Path.Combine(SourceFolder(), "../../../nix/tests/machine.nix")), "-A", "rendered.scripts", "--arg", "configuration", Configuration])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("nix-instantiate did not start.");
        var scripts = JsonSerializer.Deserialize<Dictionary<string, string>>(await process.StandardOutput.ReadToEndAsync()) ?? [];
        Directory.CreateDirectory(folder);
        foreach (var (path, text) in scripts)
        {
            var file = Path.Combine(folder, Path.GetFileName(path));
            await File.WriteAllTextAsync(file, text);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return folder;
    }

    static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
