using System.Globalization;
using TeslaMate.SystemTests.Machines;

namespace TeslaMate.SystemTests;

/// <summary>Backup and restore on a booted machine, above all where something goes wrong.</summary>
[Collection(MachineTests.Name)]
public sealed class BackupTests
{
    const string Rows = "select (select count(*) from positions) || ' ' || (select count(*) from geofences)";

    [SkippableFact]
    public async Task A_backup_comes_back_and_nothing_bad_touches_the_database()
    {
        await using var machine = await BootAsync();
        var before = await machine.QueryAsync(Rows);
        // Of somebody else, by names that begin like those which restores make.
        string[] foreign = ["teslamate_before_the_move", "teslamate_restore_of_mine"];
        foreach (var name in foreign)
            await machine.QueryAsync($"create database {name}", "postgres");

        var backup = (await machine.ShellAsync("teslamate-backup")).Split('\n')[^1];
        await machine.ShellAsync("teslamate-backup --plain /root/plain.sql.gz");
        await machine.ShellAsync("pg_dump --version >/dev/null; setpriv --reuid=teslamate --regid=teslamate --init-groups pg_dump teslamate "
            + ">/root/reference.bck");
        await machine.QueryAsync("delete from geofences; insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at) "
            + "values ('Later', 1, 1, 50, now(), now())");

        // Everything that must fail, each time with the database as it was and the service running.
        await machine.ShellAsync($"""
            head -c 20000 {backup} >/root/truncated.dump
            (gzip -dc /root/plain.sql.gz || true) | head -n 500 >/root/truncated.sql
            echo hello >/root/text.txt
            head -c 100000 /dev/urandom >/root/noise
            setpriv --reuid=postgres --regid=postgres --init-groups pg_dump -Fc postgres >/root/other.dump
            """);
        foreach (var file in new[] { "/root/truncated.dump", "/root/truncated.sql", "/root/text.txt", "/root/noise", "/root/other.dump",
            "/root/missing", "/etc" })
        {
            var result = await machine.RunAsync("teslamate-restore", file);
            result.ExitCode.ShouldNotBe(0, file);
            result.Errors.ShouldNotBeEmpty();
            (await machine.QueryAsync("select name from geofences")).ShouldBe("Later", file);
            (await machine.UnitAsync("ActiveState")).ShouldBe("active", file);
        }

        // A full disk: for the backup early and without a trace.
        await machine.ShellAsync("mkdir -p /mnt/small && mount -t tmpfs -o size=1m tmpfs /mnt/small");
        (await machine.RunAsync("teslamate-backup", "/mnt/small/x.dump")).ExitCode.ShouldNotBe(0);
        (await machine.ShellAsync("ls -A /mnt/small")).ShouldBeEmpty();

        // Killed in the middle; the next run clears away what is left.
        (await KilledAsync(machine, "loading=", $"teslamate-restore {backup}")).ExitCode.ShouldBe(137);
        (await machine.QueryAsync("select name from geofences")).ShouldBe("Later");
        // What the killed one had started notices that a moment later, and holds the lock until then.
        await machine.ShellAsync("timeout 60 sh -c 'while pgrep -f \"[t]eslamate restore\" >/dev/null; do sleep 0.2; done'");
        var dry = await machine.RunAsync("teslamate-restore", "--dry-run", backup);
        dry.ExitCode.ShouldBe(0, dry.Errors);
        (await machine.QueryAsync("select name from geofences")).ShouldBe("Later");
        (await machine.QueryAsync("select count(*) from pg_database where datname like 'teslamate_restore_2%'", "postgres")).ShouldBe("0");

        // And what must work: our own backup, a plain one, and one made as the reference's documentation says.
        foreach (var file in new[] { backup, "/root/plain.sql.gz", "/root/reference.bck" })
        {
            var result = await machine.RunAsync("teslamate-restore", file);
            result.ExitCode.ShouldBe(0, $"{file}: {result.Errors}");
            (await machine.QueryAsync(Rows)).ShouldBe(before, file);
            (await machine.QueryAsync("select name from geofences")).ShouldBe("Home", file);
            await machine.UntilActiveAsync();
            await machine.QueryAsync("update geofences set name = 'Later'");
        }

        // The former databases are kept until they are told to go.
        (await machine.QueryAsync("select count(*) from pg_database where datname like 'teslamate_before_2%'", "postgres")).ShouldBe("3");
        await machine.ShellAsync("teslamate-restore --drop-old");
        (await machine.QueryAsync("select string_agg(datname, ' ' order by datname) from pg_database where datname like 'teslamate_%'",
            "postgres")).ShouldBe(string.Join(' ', foreign));
    }

    [SkippableFact]
    public async Task A_restore_that_is_killed_at_whatever_moment_costs_no_row_and_no_service()
    {
        await using var machine = await BootAsync();
        var backup = (await machine.ShellAsync("teslamate-backup")).Split('\n')[^1];
        await LaterAsync();
        foreach (var moment in new[] { "load=", "administrator_process=", "loading=", "loaded=", "say \"Stopping teslamate.service" })
        {
            (await KilledAsync(machine, moment, $"teslamate-restore {backup}")).ExitCode.ShouldBe(137, moment);
            (await machine.QueryAsync("select name from geofences")).ShouldBe("Later", moment);
            (await machine.UnitAsync("ActiveState")).ShouldBe("active", moment);
            await NothingRunsAsync();
        }

        // The program itself, in either of its two parts, wherever it happens to be. Killing is repeated until it has hit something: while a process
        // replaces itself by another program its command line reads as empty. A part that ended before its moment came is killed earlier next time.
        foreach (var (part, moment) in new[] { ("--load-only", 0.0), ("--load-only", 0.4), ("--load-only", 1.2), ("--administrator --owner", 0.3),
            ("--administrator --owner", 0.9) })
        {
            CommandResult killed;
            for (var delay = moment; ; delay /= 2)
            {
                killed = await machine.RunAsync("/bin/bash", "-c", string.Create(CultureInfo.InvariantCulture, $"""
                    teslamate-restore {backup} & restoring=$!
                    until pgrep -f '[r]estore {part}' >/dev/null || ! kill -0 $restoring 2>/dev/null; do sleep 0.02; done
                    sleep {delay:0.000}
                    while kill -0 $restoring 2>/dev/null; do pkill -KILL -f '[r]estore {part}' && break; sleep 0.01; done
                    wait $restoring
                    """));
                if (killed.ExitCode != 0 || delay < 0.01)
                    break;
                await LaterAsync();
            }

            killed.ExitCode.ShouldBe(1, $"{part} {moment}: {killed.Errors}");
            (await machine.QueryAsync("select name from geofences")).ShouldBe("Later", part);
            (await machine.UnitAsync("ActiveState")).ShouldBe("active", part);
            await NothingRunsAsync();
        }

        // From here on the service is stopped for a moment; a unit of its own brings it back.
        foreach (var (moment, name) in new[] { ("systemctl reset-failed", "Later"), ("as_administrator \"$program\" restore --swap", "Later"),
            ("exit 0", "Home") })
        {
            await machine.ShellAsync($"systemctl set-environment BASH_ENV={KillAt} KILL_AT={Quoted(moment)}");
            var result = await machine.RunAsync("teslamate-restore", backup);
            await machine.ShellAsync("systemctl unset-environment BASH_ENV KILL_AT");
            result.ExitCode.ShouldBe(name == "Home" ? 0 : 1, $"{moment}: {result.Errors}");
            await machine.UntilActiveAsync();
            (await machine.QueryAsync("select name from geofences")).ShouldBe(name, moment);
        }

        await LaterAsync();
        (await KilledAsync(machine, "say \"Starting teslamate.service\"", $"teslamate-restore {backup}")).ExitCode.ShouldBe(137);
        await machine.UntilActiveAsync();
        (await machine.QueryAsync("select name from geofences")).ShouldBe("Home");

        // After all that a restore still works, and clears up.
        await LaterAsync();
        (await machine.RunAsync("teslamate-restore", backup)).Succeeded();
        (await machine.QueryAsync(Rows)).ShouldBe("20000 1");
        (await machine.QueryAsync("select name from geofences")).ShouldBe("Home");
        (await machine.QueryAsync("select count(*) from pg_database where datname like 'teslamate_restore_%'", "postgres")).ShouldBe("0");

        Task LaterAsync() => machine.QueryAsync("update geofences set name = 'Later'");

        Task NothingRunsAsync() => machine.UntilAsync("nothing of it runs",
            async () => (await machine.RunAsync("pgrep", "-f", "[t]eslamate.* restore ")).ExitCode != 0);
    }

    [SkippableFact]
    public async Task A_backup_that_is_killed_at_whatever_moment_leaves_no_half_file_and_the_next_one_clears_up()
    {
        await using var machine = await BootAsync();
        await machine.ShellAsync("mkdir /srv/backups");
        foreach (var moment in new[] { "partial=", "work=", "wait \"$work\"", "contents=", "sync \"$partial\"", "mv -f", "sync \"$folder\"" })
        {
            (await KilledAsync(machine, moment, "teslamate-backup /srv/backups/a.dump")).ExitCode.ShouldBe(137, moment);
            // What it had started goes on for a moment, and holds its lock meanwhile.
            await machine.ShellAsync("while pgrep -f '[t]eslamate-backup|[p]g_dump' >/dev/null; do sleep 0.1; done");
            var files = (await machine.ShellAsync("ls /srv/backups")).Split('\n');
            files.Contains("a.dump").ShouldBe(moment == "sync \"$folder\"", moment);
            files.Length.ShouldBeLessThan(2, moment);
        }

        await machine.ShellAsync("teslamate-backup /srv/backups/a.dump");
        (await machine.ShellAsync("ls -A /srv/backups")).ShouldBe("a.dump");
    }

    [SkippableFact]
    public async Task Restores_and_backups_at_the_same_time_do_not_disturb_one_another()
    {
        await using var machine = await BootAsync();
        var backup = (await machine.ShellAsync("teslamate-backup")).Split('\n')[^1];
        await machine.QueryAsync("update geofences set name = 'Later'");

        // The first restore is held up before its end, where it counts the present rows, and has its database by then.
        await LockAsync(machine, "positions", 1000);
        await machine.ShellAsync($"systemd-run -q --unit=first -p RemainAfterExit=yes -E PATH -- bash -c 'teslamate-restore {backup}'");
        await machine.UntilAsync("the first restore is held up", async ()
            => await machine.QueryAsync("select count(*) from pg_stat_activity where application_name = 'teslamate-restore' and wait_event_type = "
                + "'Lock'") == "1");
        var second = await machine.RunAsync("teslamate-restore", backup);
        second.ExitCode.ShouldBe(1);
        second.Errors.ShouldContain("another restore of teslamate is running");
        (await machine.QueryAsync("select count(*) from pg_database where datname like 'teslamate_restore_%'", "postgres")).ShouldBe("1");

        // Meanwhile a backup has begun, and a table that somebody has locked keeps it.
        await LockAsync(machine, "settings", 2000);
        await machine.ShellAsync("systemd-run -q --unit=backup -p RemainAfterExit=yes -E PATH -- bash -c 'teslamate-backup /root/meanwhile.dump'");
        await machine.UntilAsync("the backup waits", async () => await machine.QueryAsync(
            "select count(*) from pg_stat_activity where application_name = 'teslamate-backup' and wait_event_type = 'Lock'") == "1");
        await machine.QueryAsync("select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(1000)%' and pid <> "
            + "pg_backend_pid()");
        await machine.UntilAsync("the restore waits for the backup", async () => (await machine.RunAsync("journalctl", "-u", "first", "-o",
            "cat")).Output.Contains("Waiting for the end of the backup", StringComparison.Ordinal));
        (await machine.QueryAsync("select name from geofences")).ShouldBe("Later");
        await machine.QueryAsync("select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(2000)%' and pid <> "
            + "pg_backend_pid()");

        foreach (var unit in new[] { "backup", "first" })
            await machine.UntilAsync($"{unit} is done",
                async () => (await machine.RunAsync("systemctl", "show", "--value", "-p", "SubState", unit)).Output.Trim() == "exited");
        await machine.ShellAsync("pg_restore --list /root/meanwhile.dump >/dev/null");
        (await machine.QueryAsync("select name from geofences")).ShouldBe("Home");
        await machine.UntilActiveAsync();
    }

    [SkippableFact]
    public async Task A_server_of_somebody_elses_is_backed_up_and_restored_with_the_rights_that_its_administrator_gave()
    {
        await using var machine = await Machine.BootAsync("""settings.DATABASE_SOCKET_DIR = "/run/postgresql";""", hasServer: false);
        await machine.ShellAsync("systemctl start postgresql.target");
        const string Extensions = "create extension cube; create extension earthdistance";
        await machine.QueryAsync(Extensions);
        await machine.ShellAsync("systemctl start teslamate.service");
        await machine.QueryAsync("insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at) values ('Home', 52.5, 13.4, "
            + "50, now(), now())");
        await machine.ShellAsync("teslamate-backup /root/a.dump");
        await machine.QueryAsync("update geofences set name = 'Later'");

        // Each refusal tells what the administrator has to run.
        (await machine.RunAsync("teslamate-restore", "/root/a.dump")).Errors.ShouldContain("ALTER ROLE \"teslamate\" CREATEDB;");
        await machine.QueryAsync("alter role teslamate createdb");
        (await machine.RunAsync("teslamate-restore", "/root/a.dump")).Errors.ShouldContain(
            "run in template1: CREATE EXTENSION cube; CREATE EXTENSION earthdistance;");
        await machine.QueryAsync(Extensions, "template1");
        (await machine.RunAsync("teslamate-restore", "/root/a.dump")).Succeeded();
        await machine.UntilActiveAsync();
        (await machine.QueryAsync("select name from geofences")).ShouldBe("Home");
    }

    [SkippableFact]
    public async Task A_hostile_backup_runs_nothing_here_or_as_root_and_links_lead_no_backup_astray()
    {
        await using var machine = await BootAsync();
        await machine.QueryAsync("""alter table geofences add column "x'; id > /tmp/pwned; echo '" text""");
        await machine.QueryAsync("""alter table positions add column "x'; id > /tmp/pwned; echo '" text""");
        await machine.ShellAsync("""
            teslamate-backup /root/hostile.dump
            teslamate-backup --plain /root/plain.sql
            { cat /root/plain.sql; echo '\! id > /tmp/pwned'; } >/root/shell.sql
            { cat /root/plain.sql; echo "copy geofences (name) from program 'id > /tmp/pwned';"; } >/root/program.sql
            """);
        foreach (var (file, code) in new[] { ("/root/hostile.dump", 0), ("/root/plain.sql", 0), ("/root/shell.sql", 1), ("/root/program.sql", 1) })
        {
            var result = await machine.RunAsync("teslamate-restore", "--dry-run", file);
            result.ExitCode.ShouldBe(code, $"{file}: {result.Errors}");
            (await machine.ShellAsync("find / -xdev -name pwned")).ShouldBeEmpty(file);
        }

        // Asked as root, the program passes a restore on to those who may do no harm.
        (await machine.RunAsync("teslamate", "restore", "--dry-run", "/root/hostile.dump")).Succeeded();
        (await machine.RunAsync("/opt/teslamate/teslamate", "restore", "/root/hostile.dump")).Errors.ShouldContain("does not run as root");

        // By a relative name, in a folder where the service has laid links; and in one that is anybody's.
        await machine.ShellAsync("""
            teslamate-backup; echo untouched >/etc/victim; mkdir -m 0755 /etc/victims
            cd /var/lib/teslamate/backups
            ln -s /etc/victim a.dump; ln -s /etc/victims b.dump
            chown -h teslamate: a.dump b.dump
            teslamate-backup a.dump; teslamate-backup ./b.dump
            mkdir /srv/anybody; chmod 0777 /srv/anybody; cd /srv/anybody
            ln -s /etc/victim c.dump; ln -s /etc/victims d.dump
            teslamate-backup c.dump; teslamate-backup d.dump
            """);
        (await machine.ShellAsync("cat /etc/victim; ls /etc/victims; find /var/lib/teslamate/backups -type l; find /srv/anybody -type l")).ShouldBe(
            "untouched");
        (await machine.ShellAsync("cd /srv/anybody && pg_restore --list c.dump | grep -c 'TABLE DATA public positions'")).ShouldBe("1");

        // A request to stop reaches what a backup has started, too.
        await LockAsync(machine, "settings", 1000);
        var stopped = await machine.RunAsync("/bin/bash", "-c", """
            teslamate-backup /root/stopped.dump & backup=$!
            until pgrep -f '[p]g_dump --format' >/dev/null || ! kill -0 $backup 2>/dev/null; do sleep 0.1; done
            kill -TERM $backup; wait $backup; code=$?
            for i in $(seq 50); do pgrep -f '[p]g_dump --format' >/dev/null || break; sleep 0.1; done
            pgrep -f '[p]g_dump --format'; ls /root/stopped.dump* ; exit $code
            """);
        (stopped.ExitCode, stopped.Output).ShouldBe((143, ""));
    }

    [SkippableFact]
    public async Task A_scheduled_backup_takes_the_place_of_older_scheduled_ones_and_of_nothing_else()
    {
        await using var machine = await Machine.BootAsync("""backup = { schedule = "daily"; retention = 3; };""");
        await machine.ShellAsync("systemctl start teslamate.service && teslamate-backup && teslamate-backup "
            + "/var/lib/teslamate/backups/scheduled-on-paper.txt");
        await machine.ShellAsync("for day in 3 4 5 6; do touch -d \"-$day days\" "
            + "/var/lib/teslamate/backups/{teslamate,scheduled,before-upgrade}-0.0.1-2026010$day-000000.dump; done");
        await machine.ShellAsync("chown teslamate: /var/lib/teslamate/backups/* && systemctl start teslamate-backup.service");

        var kept = (await machine.ShellAsync("cd /var/lib/teslamate/backups && ls | sed 's/-[0-9.]*-[0-9]*-[0-9]*.dump$//' | sort | uniq -c | awk "
            + "'{ print $2, $1 }'")).Split('\n');
        kept.ShouldBe(["before-upgrade 4", "scheduled 3", "scheduled-on-paper.txt 1", "teslamate 5"], ignoreOrder: true);
        (await machine.ShellAsync("systemctl show --value -p User teslamate-backup.service")).ShouldBe("teslamate");
        // One that fails says so at the priority of errors.
        await machine.ShellAsync("cd /var/lib/teslamate && mv backups kept && touch backups && (systemctl start teslamate-backup.service || true)");
        await machine.UntilAsync("the failure is told", async () => (await machine.RunAsync("journalctl", "-p", "err", "-u",
            "teslamate-backup-failed", "-o", "cat")).Output.Contains("scheduled backup of TeslaMate's database failed", StringComparison.Ordinal));
        await machine.ShellAsync("cd /var/lib/teslamate && rm backups && mv kept backups");
        // Root takes part in nothing there: whoever may write to the folder could lay links in its way.
        (await machine.ShellAsync("find /var/lib/teslamate/backups ! -user teslamate")).ShouldBeEmpty();
    }

    const string KillAt = "/usr/local/lib/kill-at";

    static async Task<Machine> BootAsync()
    {
        var machine = await Machine.BootAsync();
        (await machine.RunAsync("systemctl", "start", Machine.Unit)).ExitCode.ShouldBe(0, await machine.JournalAsync());
        await machine.QueryAsync("""
            with settings as (insert into car_settings default values returning id)
            insert into cars (eid, vid, vin, model, settings_id, inserted_at, updated_at) select 1, 1, '5YJ3E7EA0KF000001', '3', id, now(), now()
                from settings;
            insert into positions (date, latitude, longitude, car_id) select now() - n * interval '1 s', 52.5, 13.4, (select id from cars)
                from generate_series(1, 20000) n;
            insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at) values ('Home', 52.5, 13.4, 50, now(), now());
            """);
        // Read by every bash that is told to: it ends a script with SIGKILL before the command that begins with KILL_AT.
        await File.WriteAllTextAsync(machine.Outside(KillAt), """
            if [ -n "${KILL_AT:-}" ]; then
              set -T
              trap 'case $BASH_COMMAND in "$KILL_AT"*) kill -9 $$ ;; esac' DEBUG
            fi

            """);
        return machine;
    }

    /// <summary>Keeps everybody else from a table; returns when the lock is held. It lasts that long, or until its session is ended.</summary>
    static async Task LockAsync(Machine machine, string table, int seconds)
    {
        await machine.ShellAsync($"systemd-run -q --uid=postgres psql -X -d teslamate -c 'begin; lock table {table}; select pg_sleep({seconds})'");
        await machine.UntilAsync($"{table} is locked", async () => await machine.QueryAsync(
            $"select count(*) from pg_locks where relation = '{table}'::regclass and mode = 'AccessExclusiveLock' and granted") == "1");
    }

    static Task<CommandResult> KilledAsync(Machine machine, string moment, string command)
        // Its output is not waited for: what the script had started holds on to it.
        => machine.RunAsync("/bin/bash", "-c", $"BASH_ENV={KillAt} KILL_AT={Quoted(moment)} {command} >/dev/null 2>&1");

    static string Quoted(string text) => $"'{text}'";
}
