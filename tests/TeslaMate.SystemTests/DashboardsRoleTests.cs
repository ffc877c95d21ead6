using TeslaMate.SystemTests.Machines;

namespace TeslaMate.SystemTests;

/// <summary>The role that Grafana reads the database of its own machine with, as the system user of that name.</summary>
[Collection(MachineTests.Name)]
public sealed class DashboardsRoleTests
{
    [SkippableFact]
    public async Task It_reads_what_is_logged_and_nothing_else_before_and_after_a_restore()
    {
        await using var machine = await Machine.BootAsync("grafana.enable = true;",
            async root => (await Shell.RunAsync("useradd", "--root", root, "--system", "--user-group", "grafana")).Succeeded());
        // PostgreSQL's set-up ran before the migrations made any table.
        (await machine.RunAsync("systemctl", "start", Machine.Unit)).ExitCode.ShouldBe(0, await machine.JournalAsync());
        await RightsAsync("after the first start");

        // One backup holds the rights, the other knows of no role, like one made elsewhere.
        await machine.ShellAsync("""
            teslamate-backup /root/with.dump
            setpriv --reuid=teslamate --regid=teslamate --init-groups pg_dump --no-privileges teslamate >/root/without.sql
            """);
        foreach (var file in new[] { "/root/with.dump", "/root/without.sql" })
        {
            (await machine.RunAsync("teslamate-restore", file)).Succeeded();
            await machine.UntilActiveAsync();
            await RightsAsync(file);
        }

        // A database that was there before its rights were.
        await machine.QueryAsync("drop owned by grafana");
        (await AsGrafanaAsync("select count(*) from positions")).ExitCode.ShouldNotBe(0);
        (await machine.RunAsync("systemctl", "restart", "postgresql-setup.service")).Succeeded();
        await RightsAsync("after the set-up");

        async Task RightsAsync(string when)
        {
            (await AsGrafanaAsync("select count(*), convert_km(1, 'km') from positions")).Succeeded().ShouldBe("0|1", when);
            await machine.ShellAsync("setpriv --reuid=teslamate --regid=teslamate --init-groups psql -Xq -d teslamate -c 'create table later (id "
                + "int)'");
            (await AsGrafanaAsync("select count(*) from later")).Succeeded().ShouldBe("0", when);
            (await AsGrafanaAsync("select current_setting('default_transaction_read_only'), current_setting('search_path')")).Succeeded()
                .ShouldBe("on|public", when);
            await machine.QueryAsync("drop table later");
            foreach (var refused in new[]
            {
                "insert into geofences (name) values ('x')", "update settings set language = 'de'", "delete from states", "truncate cars",
                "drop table states",
                "create table mine (id int)", "select * from private.tokens", "select * from teslamate.changelog",
            })
            {
                // Rights refuse it also where the role has asked for more than reading.
                var result = await AsGrafanaAsync(refused, "PGOPTIONS=-c default_transaction_read_only=off");
                result.ExitCode.ShouldNotBe(0, $"{when}: {refused}");
                result.Errors.ShouldMatch("permission denied|must be owner", $"{when}: {refused}");
            }
        }

        Task<CommandResult> AsGrafanaAsync(string sql, string variable = "PGOPTIONS=")
            => machine.RunAsync("setpriv", "--reuid=grafana", "--regid=grafana", "--init-groups", "env", variable, "psql", "-XqAt", "-v",
                "ON_ERROR_STOP=1", "-d", "teslamate", "-c", sql);
    }
}
