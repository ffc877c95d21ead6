using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using TeslaMate.Database.Clusters;

namespace TeslaMate.Benchmarks.Backup;

/// <summary>
/// A backup as <c>teslamate-backup</c> takes it and <c>teslamate restore</c> beside plain <c>pg_dump</c> and <c>psql</c>, as the reference's
/// documentation has them, on one database in one run: <c>backup FOLDER [positions]</c>. The folder holds a published program, which makes the
/// schema.
/// </summary>
static class BackupMeasurements
{
    public static async Task RunAsync(string program, int positions)
    {
        await using var cluster = await PrivateCluster.StartAsync(settings: ["shared_buffers = 512MB", "max_wal_size = 8GB"]);
        var plain = Path.Combine(cluster.Folder, "plain.sql");
        var backup = Path.Combine(cluster.Folder, "backup.dump");
        async Task<TimeSpan> TimeAsync(string command)
        {
            var start = new ProcessStartInfo("/bin/bash", ["-euo", "pipefail", "-c", command]) { RedirectStandardOutput = true };
            foreach (var (name, value) in new[]
            {
                ("PGHOST", cluster.Socket), ("PGUSER", "owner"), ("PGDATABASE", "cars"), ("DATABASE_SOCKET_DIR", cluster.Socket),
                ("DATABASE_USER", "owner"), ("DATABASE_NAME", "cars"),
                ("ENCRYPTION_KEY", "a key of the measurement's"),
            })
                start.Environment[name] = value;
            var clock = Stopwatch.StartNew();
            using var process = Process.Start(start) ?? throw new InvalidOperationException("bash did not start.");
            await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? clock.Elapsed : throw new InvalidOperationException($"{command} failed.");
        }

        // A restore runs neither as root nor as the server's administrator.
        var asUser = Environment.IsPrivilegedProcess ? "setpriv --reuid=postgres --regid=postgres --clear-groups" : "";
        await TimeAsync("psql -U postgres -d postgres -qc 'create role owner login createdb' && psql -U postgres -d template1 -qc 'create "
            + "extension cube; create extension earthdistance'");
        await TimeAsync($"createdb cars && '{program}/teslamate' migrate");
        await TimeAsync($"psql -Xq -v ON_ERROR_STOP=1 -v positions={positions} -f '{SourceFolder()}/household.sql'");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{positions:N0} positions are there"));
        // Once unmeasured, so that everybody finds the same cache.
        await TimeAsync("pg_dump >/dev/null");

        var plainDump = await TimeAsync($"pg_dump >'{plain}'");
        var ours = await TimeAsync($"pg_dump --format=custom --compress=1 >'{backup}'");
        var (plainSize, size) = (new FileInfo(plain).Length, new FileInfo(backup).Length);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"backup: pg_dump {plainDump.TotalSeconds:0.0} s, teslamate-backup {ours.TotalSeconds:0.0} s ({plainDump / ours:0.00} times as fast); "
            + $"{plainSize / 1e6:0} MB and {size / 1e6:0} MB ({(double)size / plainSize:0.000})"));

        var plainRestore = await TimeAsync($"createdb -U postgres -O owner -T template0 plain && psql -U postgres -Xq -d plain <'{plain}'");
        await TimeAsync("dropdb -U postgres plain && psql -U postgres -d postgres -Xqc checkpoint");
        var restore = await TimeAsync($"{asUser} '{program}/teslamate' restore '{backup}'");
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture,
                $"restore: psql {plainRestore.TotalSeconds:0.0} s, teslamate restore {restore.TotalSeconds:0.0} s ({plainRestore / restore:0.00} "
                    + $"times as fast); {Environment.ProcessorCount} processors"));
    }

    static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
