using TeslaMate.SystemTests.Machines;

namespace TeslaMate.SystemTests;

/// <summary>Upgrades on a booted machine: from an old version, slowly, and when they fail.</summary>
[Collection(MachineTests.Name)]
public sealed class UpgradeTests
{
    /// <summary>A version of 2022: charges, positions and geofences exist, much of what follows does not.</summary>
    const string OldVersion = "20220422132017";

    const string Count = "select count(*) from schema_migrations";

    [SkippableFact]
    public async Task An_old_database_is_backed_up_and_taken_to_the_newest_version()
    {
        await using var machine = await OldMachineAsync();
        (await machine.RunAsync("systemctl", "start", Machine.Unit)).ExitCode.ShouldBe(0, await machine.JournalAsync());

        (await machine.QueryAsync(Count)).ShouldBe(Machine.Versions);
        (await machine.QueryAsync("select name from geofences")).ShouldBe("Home");
        var backup = await machine.ShellAsync("ls /var/lib/teslamate/backups/before-upgrade-*.dump");
        (await machine.JournalAsync()).ShouldContain(backup);
        // The backup holds the database as it was before.
        await machine.ShellAsync($"teslamate-restore {backup}");
        await machine.UntilActiveAsync();
        (await machine.QueryAsync("select name from geofences")).ShouldBe("Home");
        // The field that finds what was applied.
        (await machine.JournalAsync("MIGRATION_VERSION=20250407155134")).ShouldContain("20250407155134");
    }

    [SkippableFact]
    public async Task A_slow_migration_outlives_the_start_limit()
    {
        await using var machine = await OldMachineAsync();
        await machine.EditUnitAsync("TimeoutStartSec=10");
        // A reader: the backup passes it, the migration waits for it.
        await machine.ShellAsync("systemd-run -q --uid=postgres psql -X -d teslamate -c 'begin; lock table positions in access share mode; select "
            + "pg_sleep(1000)'");
        await machine.UntilAsync("the table is being read",
            async () => await machine.QueryAsync("select count(*) from pg_stat_activity where wait_event = 'PgSleep'") == "1");
        await machine.ShellAsync("systemctl start --no-block teslamate.service");
        await machine.UntilAsync("the migration waits",
            async () => (await machine.JournalAsync()).Contains("are in use by", StringComparison.Ordinal));
        await Task.Delay(TimeSpan.FromSeconds(18));
        (await machine.UnitAsync("ActiveState")).ShouldBe("activating");
        await machine.QueryAsync("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'");
        await machine.UntilActiveAsync();
        (await machine.UnitAsync("NRestarts")).ShouldBe("0");
        (await machine.QueryAsync(Count)).ShouldBe(Machine.Versions);
    }

    [SkippableFact]
    public async Task A_failing_migration_stays_down_with_the_old_data_intact_and_one_clear_message()
    {
        await using var machine = await OldMachineAsync();
        await machine.EditUnitAsync("RestartSec=1");
        // A table of somebody's own, with the name of one that a later version makes.
        await machine.QueryAsync("create table import_runs (mine int); alter table import_runs owner to teslamate");
        await machine.RunAsync("systemctl", "start", Machine.Unit);
        await machine.UntilAsync("systemd gives up", async () => await machine.UnitAsync("ActiveState") == "failed", seconds: 120);

        await Task.Delay(TimeSpan.FromSeconds(3));
        (await machine.UnitAsync("ActiveState")).ShouldBe("failed");
        (await machine.QueryAsync("select name from geofences")).ShouldBe("Home");
        var errors = (await machine.JournalAsync("-p", "err")).Split('\n').Where(line => line.Contains("import_runs", StringComparison.Ordinal))
            .ToList();
        errors.ShouldNotBeEmpty(await machine.JournalAsync());
        errors.ShouldContain(line => line.Contains("Remedy", StringComparison.Ordinal));

        // What the message asks for helps.
        await machine.QueryAsync("drop table import_runs");
        await machine.ShellAsync("systemctl reset-failed teslamate.service && systemctl start teslamate.service");
        (await machine.QueryAsync(Count)).ShouldBe(Machine.Versions);
    }

    [SkippableFact]
    public async Task A_backup_is_taken_too_when_only_our_own_schema_lags_behind()
    {
        // In a folder of its own, whose name begins as the service's does, and which the service cannot make.
        await using var machine = await Machine.BootAsync("backup.directory = \"/var/lib/teslamate backups\";");
        await machine.ShellAsync("systemctl start teslamate.service && systemctl stop teslamate.service");
        await machine.ShellAsync("! ls '/var/lib/teslamate backups/'before-upgrade-*");
        // As an older version of this program left it.
        await machine.QueryAsync("""
            do $$
            declare
                later text;
            begin
                for later in
                    select format('drop routine if exists %s cascade', oid::regprocedure) from pg_proc
                    where pronamespace = 'teslamate'::regnamespace and proname not in ('claim_batches', 'apply_telemetry')
                loop
                    execute later;
                end loop;
                -- Back by the versions' own scripts, as they stand beside the tables.
                for later in select sql from teslamate.undo_scripts where own and version >= 2 order by version desc
                loop
                    execute later;
                end loop;
            end
            $$;
            delete from teslamate.undo_scripts where own and version >= 2;
            delete from teslamate.changelog where version::int >= 2;
            """);

        (await machine.RunAsync("systemctl", "start", Machine.Unit)).ExitCode.ShouldBe(0, await machine.JournalAsync());
        (await machine.QueryAsync("select to_regclass('teslamate.web_access') is not null")).ShouldBe("t");
        var contents = await machine.ShellAsync("pg_restore --list '/var/lib/teslamate backups/'before-upgrade-*.dump");
        contents.ShouldContain("TABLE DATA teslamate changelog");
        contents.ShouldNotContain("web_access");
    }

    [SkippableFact]
    public async Task An_older_generation_undoes_what_it_does_not_know_and_nothing_else()
    {
        const string Everything = "select string_agg(version::text, ',' order by version) from schema_migrations";
        await using var machine = await Machine.BootAsync("migrations.rollbackUnknown = true;");
        await machine.ShellAsync("systemctl start teslamate.service");
        await machine.QueryAsync("insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at) values ('Home', 52.5, 13.4, "
            + "50, now(), now())");
        var (versions, own) = (await machine.QueryAsync(Everything), await machine.QueryAsync("select count(*) from teslamate.changelog"));

        // With everything known, a start takes nothing back and needs no backup.
        await machine.ShellAsync("systemctl restart teslamate.service");
        (await machine.QueryAsync(Everything)).ShouldBe(versions);
        await machine.ShellAsync("! ls /var/lib/teslamate/backups/before-upgrade-*");

        // As a newer generation leaves it.
        await machine.QueryAsync("""
            alter table cars add colour text;
            create table teslamate.remarks (id int);
            alter table teslamate.remarks owner to teslamate;
            insert into schema_migrations values (20990101000000, now());
            insert into public.changelog (type, version, description, name, checksum, installed_by, success)
                values (0, '20990101000000', 'add colour', 'V20990101000000__add_colour.sql', 'x', 'teslamate', true);
            insert into teslamate.changelog (type, version, description, name, checksum, installed_by, success)
                values (0, '900', 'remarks', 'V900__remarks.sql', 'x', 'teslamate', true);
            insert into teslamate.undo_scripts (own, version, name, checksum, sql)
            select own, version, name, upper(md5(sql)), sql
            from (values (false, 20990101000000, 'U20990101000000__add_colour.sql', 'alter table cars drop colour;'),
                (true, 900, 'U900__remarks.sql', 'drop table teslamate.remarks;'))
                as script (own, version, name, sql);
            """);
        await machine.ShellAsync("systemctl restart teslamate.service");

        (await machine.QueryAsync(Everything)).ShouldBe(versions);
        (await machine.QueryAsync("select count(*) from teslamate.changelog")).ShouldBe(own);
        (await machine.QueryAsync("select to_regclass('teslamate.remarks') is null and not exists (select from information_schema.columns where "
            + "column_name = 'colour')")).ShouldBe("t");
        (await machine.QueryAsync("select name from geofences")).ShouldBe("Home");
        // The backup that was taken first holds what is gone.
        (await machine.ShellAsync("pg_restore --list /var/lib/teslamate/backups/before-upgrade-*.dump")).ShouldContain(
            "TABLE DATA teslamate remarks");
    }

    /// <summary>A machine whose database was left at <see cref="OldVersion"/> with a geofence in it.</summary>
    static async Task<Machine> OldMachineAsync()
    {
        var machine = await Machine.BootAsync();
        await machine.ShellAsync($"""
            systemctl start postgresql.target
            systemd-run -q --wait --collect --uid=teslamate -p Environment=DATABASE_SOCKET_DIR=/run/postgresql -p Environment=DATABASE_NAME=teslamate \
                -p Environment=DATABASE_USER=teslamate /opt/teslamate/teslamate migrate --to {OldVersion}
            """);
        await machine.QueryAsync("insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at) values ('Home', 52.5, 13.4, "
            + "50, now(), now())");
        return machine;
    }
}
