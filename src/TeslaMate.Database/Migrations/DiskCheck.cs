using System.Globalization;
using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Whether a table that is written anew fits beside its old self. Only a server on this machine, and a role that may ask where its data is, let that
/// be known; elsewhere the forecast names the sizes and the operator judges.
/// </summary>
static class DiskCheck
{
    public static async Task RunAsync(NpgsqlConnection connection, Plan plan, DatabaseSettings settings, CancellationToken cancellationToken)
    {
        var rewriting = plan.Runs.Where(run => run.Script.Head.Rewrites.Count > 0).ToList();
        if (rewriting.Count == 0 || !(settings.Host.StartsWith('/') || settings.Host is "localhost" or "127.0.0.1" or "::1"))
            return;
        var folder = await connection.ScalarAsync<string>("""
            select coalesce(nullif(pg_tablespace_location(t.oid), ''), setting)
            from pg_database d join pg_tablespace t on t.oid = d.dattablespace, pg_settings
            where datname = current_database() and name = 'data_directory'
            """, cancellationToken);
        if (folder is null || !Directory.Exists(folder))
            return;
        foreach (var run in rewriting)
        {
            var needed = await connection.ScalarAsync<decimal>(
                "select coalesce(sum(pg_total_relation_size(to_regclass(name))), 0) from unnest($1) as name", cancellationToken,
                Value.Array<string>([.. run.Script.Head.Rewrites.Select(ScriptHead.Qualified)]));
            var free = new DriveInfo(folder).AvailableFreeSpace;
            // Once for the new tables, once for the log that protects the writing.
            if (2 * needed <= free)
                continue;
            plan.Refuse($"Version {run.Label} writes {string.Join(", ", run.Script.Head.Rewrites)} anew, which takes up to "
                    + $"{Megabytes(2 * needed)} for a while; {folder} has {Megabytes(free)} left.",
                "Make room there, then run the same command again.");
            return;
        }
    }

    static string Megabytes(decimal bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576:0} MB");
}
