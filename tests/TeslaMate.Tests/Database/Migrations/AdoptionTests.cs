using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Clusters;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

public sealed class AdoptionTests
{
    const long Newest = 20260808090000;

    [Fact]
    public async Task A_database_of_the_reference_goes_on_from_where_it_stands_with_its_times()
    {
        await using var database = await OldDatabase.CreateAsync(20190812191616);
        await database.ExecuteAsync("update schema_migrations set inserted_at = '2019-08-12 20:00:00'");
        await database.MigrateAsync();
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(Newest));
        (await database.ScalarAsync<long>("select count(*) from changelog where installed_on = '2019-08-12 20:00:00'"))
            .ShouldBe(RecordedSteps.Versions.Count(version => version <= 20190812191616));
        (await database.ScalarAsync<long>("select count(*) from changelog where type = 0 and success")).ShouldBe(RecordedSteps.Count);
        (await database.ScalarAsync<long>("select count(*) from positions")).ShouldBe(20_000);
    }

    [Fact]
    public async Task A_database_of_the_reference_at_the_newest_version_is_only_recorded()
    {
        await using var database = await Schema.CreateDatabaseAsync();
        var versions = await database.RowsAsync("schema_migrations");
        await database.MigrateAsync();
        (await database.RowsAsync("schema_migrations")).ShouldBe(versions);
        (await database.ScalarAsync<long>("select count(*) from changelog where type = 0")).ShouldBe(RecordedSteps.Count);
        (await database.ScalarAsync<long>("select count(*) from teslamate.undo_scripts where not own")).ShouldBe(RecordedSteps.Count);
    }

    [Fact]
    public async Task A_gap_is_filled_and_nothing_else_is_run()
    {
        await using var database = await Schema.CreateDatabaseAsync();
        await database.ExecuteAsync("alter table car_settings drop enabled; delete from schema_migrations where version = 20240603152807");
        var told = new Told();
        (await database.Migrator().MigrateAsync(told, CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        told.All.OfType<MigrationProgress.Finished>().First().Version.ShouldBe("20240603152807 add_enabled_to_car_settings");
        told.All.OfType<MigrationProgress.Finished>().Count(version => !version.Version.StartsWith("teslamate", StringComparison.Ordinal))
            .ShouldBe(1);
        (await database.VersionsAsync()).Count.ShouldBe(RecordedSteps.Count);
    }

    [Fact]
    public async Task A_version_of_a_newer_program_is_refused_and_nothing_changes()
    {
        await using var database = await Schema.CreateDatabaseAsync();
        await database.ExecuteAsync("insert into schema_migrations values (20270101000000, now())");
        var refused = (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        refused.Errors.ShouldHaveSingleItem().Cause.ShouldContain("20270101000000");
        (await database.ScalarAsync<bool>("select to_regclass('changelog') is null and to_regnamespace('teslamate') is null")).ShouldBeTrue();
        (await database.Migrator().StateAsync(CancellationToken.None)).Newer.ShouldHaveSingleItem().Version.ShouldBe(20270101000000);
    }

    [Fact]
    public async Task A_version_that_no_file_names_below_the_newest_is_left_alone()
    {
        await using var database = await Schema.CreateDatabaseAsync();
        await database.ExecuteAsync("insert into schema_migrations values (20260101000000, now())");
        var told = new Told();
        (await database.Migrator().MigrateAsync(told, CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        told.Notes.ShouldContain("The database has version 20260101000000, which this program does not know. It is left alone.");
        (await database.VersionsAsync()).Count.ShouldBe(106);
    }

    [Fact]
    public async Task A_row_removed_by_hand_is_written_again_when_the_work_is_there()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        await database.ExecuteAsync("delete from schema_migrations where version = 20240603152807");
        var told = new Told();
        (await database.Migrator().MigrateAsync(told, CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        told.Notes.ShouldContain(note => note.Contains("lacked version 20240603152807", StringComparison.Ordinal));
        (await database.VersionsAsync()).Count.ShouldBe(RecordedSteps.Count);
    }

    [Fact]
    public async Task A_row_missing_in_the_changelog_only_is_written_again()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        await database.ExecuteAsync("delete from changelog where version = '20240603152807'");
        await database.MigrateAsync();
        (await database.ScalarAsync<long>("select count(*) from changelog where type = 0")).ShouldBe(RecordedSteps.Count);
    }

    [Fact]
    public async Task With_both_rows_gone_and_the_work_there_the_version_is_said_and_its_row_offered()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        await database.ExecuteAsync("delete from schema_migrations where version = 20240603152807; delete from changelog where version = "
            + "'20240603152807'");
        var refused = (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        refused.Errors.ShouldHaveSingleItem().Cause.ShouldContain("lacks version 20240603152807");
        (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None, writesLostRows: true)).ShouldBeOfType<MigrationOutcome.Done>();
        (await database.VersionsAsync()).Count.ShouldBe(RecordedSteps.Versions.Length);
    }

    [Theory]
    [InlineData(20260808090000, "truncate schema_migrations")]
    [InlineData(20260808090000, "drop table schema_migrations")]
    [InlineData(20260808090000, "delete from schema_migrations where version > 20200101000000")]
    [InlineData(20260808090000, "delete from schema_migrations where version in (20190821143938, 20240627021414, 20251207212310)")]
    [InlineData(20260718160000, "truncate schema_migrations; create table my_notes (id int); create view totals as select count(*) from "
        + "positions; alter table drives add mine text")]
    [InlineData(20200502140646, "truncate schema_migrations")]
    [InlineData(20190812191616, "delete from schema_migrations where version = 20190330170000")]
    public async Task Lost_rows_of_a_database_without_changelog_are_offered_and_no_table_is_to_be_dropped(long version, string change)
    {
        await using var database = await OldDatabase.CreateAsync(version);
        var lost = await database.VersionsAsync();
        await database.ExecuteAsync(change);
        var error = (await database.Migrator().ForecastAsync(CancellationToken.None)).Errors.ShouldHaveSingleItem();
        error.Cause.ShouldContain("The tables are those of version");
        error.Remedy.ShouldNotContain("drop");
        (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None, writesLostRows: true)).ShouldBeOfType<MigrationOutcome.Done>();
        (await database.VersionsAsync()).ShouldBe(RecordedSteps.Versions.Select(known => $"{known}"));
        (await database.Migrator().CheckAsync(CancellationToken.None)).Where(difference => difference.Kind is not DifferenceKind.Extra)
            .ShouldBeEmpty();
        (await database.ScalarAsync<long>("select count(*) from positions")).ShouldBe(20_000);
        (await database.ScalarAsync<string>("select string_agg(efficiency::text, ' ') from cars")).ShouldBe("0.153 0.153");
    }

    [Fact]
    public async Task What_the_offer_says_as_SQL_is_enough()
    {
        await using var database = await Schema.CreateDatabaseAsync();
        await database.ExecuteAsync("truncate schema_migrations");
        var remedy = (await database.Migrator().ForecastAsync(CancellationToken.None)).Errors.ShouldHaveSingleItem().Remedy;
        await database.ExecuteAsync(remedy[remedy.IndexOf("insert into", StringComparison.Ordinal)..]);
        await database.MigrateAsync();
        (await database.VersionsAsync()).Count.ShouldBe(RecordedSteps.Versions.Length);
    }

    [Fact]
    public async Task Two_lost_rows_of_which_one_was_undone_are_told_apart()
    {
        await using var database = await Schema.CreateDatabaseAsync();
        await database.ExecuteAsync("alter table car_settings drop enabled; delete from schema_migrations where version in (20240603152807, "
            + "20240627021414, 20251207212310)");
        (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None, writesLostRows: true)).ShouldBeOfType<MigrationOutcome.Done>();
        (await database.Migrator().CheckAsync(CancellationToken.None)).ShouldBeEmpty();
        (await database.VersionsAsync()).Count.ShouldBe(RecordedSteps.Versions.Length);
    }

    [Fact]
    public async Task What_the_reference_took_back_is_run_again()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        await database.ExecuteAsync("alter table car_settings drop enabled; delete from schema_migrations where version = 20240603152807");
        await database.MigrateAsync();
        (await database.ScalarAsync<long>("select count(*) from information_schema.columns where table_name = 'car_settings' and column_name = "
            + "'enabled'")).ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from changelog where version = '20240603152807'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_database_that_only_Evolve_migrated_is_taken_over()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        await database.ExecuteAsync("drop table schema_migrations");
        await database.MigrateAsync();
        (await database.VersionsAsync()).Count.ShouldBe(RecordedSteps.Count);
    }

    [Fact]
    public async Task A_file_changed_after_it_was_applied_stops_the_run_and_is_shown()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        await database.ExecuteAsync("update changelog set checksum = 'ABC' where version = '20240603152807'");
        var refused = (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        refused.Errors.ShouldHaveSingleItem().Cause.ShouldContain(
            "V20240603152807__add_enabled_to_car_settings.sql is not the file that was applied");
        (await database.Migrator().StateAsync(CancellationToken.None)).ChecksumMismatches.ShouldHaveSingleItem().Recorded.ShouldBe("ABC");
    }

    [Fact]
    public async Task The_usual_role_finds_the_tables_of_the_reference_and_not_our_schema_of_its_name()
    {
        await using var cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]);
        await TestServer.ExecuteAsync(cluster.ConnectionString(), "create role teslamate superuser login");
        await TestServer.ExecuteAsync(cluster.ConnectionString(), "create database teslamate owner teslamate");
        var settings = new DatabaseSettings { Host = cluster.Socket, Name = "teslamate", User = "teslamate" };
        var migrator = new Migrator(settings, new Variables(new Dictionary<string, string>()), TimeProvider.System);
        (await migrator.MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();

        // As the reference connects: no search path of its own.
        await using var reference = new NpgsqlConnection($"Host={cluster.Socket};Database=teslamate;Username=teslamate;Pooling=false");
        await reference.OpenAsync();
        await using var command = new NpgsqlCommand("""
            create table if not exists schema_migrations (version bigint primary key);
            select count(*) from schema_migrations
            """, reference);
        (await command.ExecuteScalarAsync()).ShouldBe((long)RecordedSteps.Count);
    }
}
