using TeslaMate.SystemTests.Machines;

namespace TeslaMate.SystemTests;

/// <summary>Backup and restore on a booted machine, above all where something goes wrong.</summary>
public sealed class BackupTests
{
    const string Rows = "select (select count(*) from positions) || ' ' || (select count(*) from geofences)";

    [SkippableFact]
    public async Task A_backup_comes_back_and_nothing_bad_touches_the_database()
    {
        await using var machine = await Machine.BootAsync();
        (await machine.RunAsync("systemctl", "start", Machine.Unit)).ExitCode.ShouldBe(0, await machine.JournalAsync());
        await machine.QueryAsync("""
            with settings as (insert into car_settings default values returning id)
            insert into cars (eid, vid, vin, model, settings_id, inserted_at, updated_at) select 1, 1, '5YJ3E7EA0KF000001', '3', id, now(), now() from settings;
            insert into positions (date, latitude, longitude, car_id) select now() - n * interval '1 s', 52.5, 13.4, (select id from cars) from generate_series(1, 20000) n;
            insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at) values ('Home', 52.5, 13.4, 50, now(), now());
            """);
        var before = await machine.QueryAsync(Rows);

        var backup = (await machine.ShellAsync("teslamate-backup")).Split('\n')[^1];
        await machine.ShellAsync("teslamate-backup --plain /root/plain.sql.gz");
        await machine.ShellAsync("pg_dump --version >/dev/null; setpriv --reuid=teslamate --regid=teslamate --init-groups pg_dump teslamate >/root/reference.bck");
        await machine.QueryAsync("delete from geofences; insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at) values ('Later', 1, 1, 50, now(), now())");

        // Everything that must fail, each time with the database as it was and the service running.
        await machine.ShellAsync($"""
            head -c 20000 {backup} >/root/truncated.dump
            (gzip -dc /root/plain.sql.gz || true) | head -n 500 >/root/truncated.sql
            echo hello >/root/text.txt
            head -c 100000 /dev/urandom >/root/noise
            setpriv --reuid=postgres --regid=postgres --init-groups pg_dump -Fc postgres >/root/other.dump
            """);
        foreach (var file in new[] { "/root/truncated.dump", "/root/truncated.sql", "/root/text.txt", "/root/noise", "/root/other.dump", "/root/missing", "/etc" })
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
        await machine.ShellAsync($"timeout -s KILL 0.7 teslamate-restore {backup} || true");
        (await machine.QueryAsync("select name from geofences")).ShouldBe("Later");
        (await machine.RunAsync("teslamate-restore", "--dry-run", backup)).ExitCode.ShouldBe(0);
        (await machine.QueryAsync("select name from geofences")).ShouldBe("Later");
        (await machine.QueryAsync("select count(*) from pg_database where datname like 'teslamate_restore_%'", "postgres")).ShouldBe("0");

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
        (await machine.QueryAsync("select count(*) from pg_database where datname like 'teslamate_before_%'", "postgres")).ShouldNotBe("0");
        await machine.ShellAsync("teslamate-restore --drop-old");
        (await machine.QueryAsync("select count(*) from pg_database where datname like 'teslamate_before_%'", "postgres")).ShouldBe("0");
    }
}
