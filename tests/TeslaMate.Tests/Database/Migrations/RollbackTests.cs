using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

public sealed class RollbackTests
{
    const long Newest = 20260808090000;
    const long Future = 20270101000000;

    [Fact]
    public async Task An_older_program_goes_back_by_the_scripts_that_the_newer_one_left()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        var newer = Newer(("V20270101000000__add_colour.sql", "alter table cars add colour text;"),
            ("U20270101000000__add_colour.sql", "-- Loses: colours\nalter table cars drop colour;"));
        (await database.Migrator(reference: newer).MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        var refused = (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        refused.Errors.ShouldHaveSingleItem().Remedy.ShouldContain("teslamate rollback --to-known");

        (await database.Migrator().ForecastRollbackAsync(null, CancellationToken.None)).Losses.ShouldBe(["20270101000000 add_colour: colours"]);
        (await database.Migrator().RollbackAsync(version: null, new Told(), CancellationToken.None)).ShouldBe(new MigrationOutcome.Done(1));
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(Newest));
        (await database.Migrator().StateAsync(CancellationToken.None)).IsCurrent.ShouldBeTrue();
        (await database.Migrator().RollbackAsync(version: null, new Told(), CancellationToken.None)).ShouldBe(new MigrationOutcome.Done(0));
    }

    [Fact]
    public async Task A_table_that_gets_its_old_name_back_on_the_way_is_counted_under_the_name_it_has()
    {
        await using var database = await OldDatabase.CreateAsync(20190812191616);
        var forecast = await database.Migrator().ForecastRollbackAsync(20190729181314, CancellationToken.None);
        forecast.Versions[^1].Scans.Select(table => (table.Name, table.Rows)).ShouldBe([("drives", 200L)]);
    }

    [Fact]
    public async Task Our_own_newer_versions_go_back_too()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        var own = MigrationFiles.Folder([("V900__remarks.sql", "create table teslamate.remarks (id int);"),
            ("U900__remarks.sql", "drop table teslamate.remarks;")]);
        (await database.Migrator(own: own).MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        (await database.ScalarAsync<long>("select count(*) from teslamate.changelog")).ShouldBe(1);
        (await database.Migrator().StateAsync(CancellationToken.None)).Newer.ShouldHaveSingleItem().Version.ShouldBe(900);
        (await database.Migrator().RollbackAsync(version: null, new Told(), CancellationToken.None)).ShouldBe(new MigrationOutcome.Done(1));
        (await database.ScalarAsync<bool>("select to_regclass('teslamate.remarks') is null")).ShouldBeTrue();
    }

    [Fact]
    public async Task Without_the_script_of_an_unknown_version_nothing_is_undone()
    {
        await using var database = await Schema.CreateDatabaseAsync();
        await database.ExecuteAsync($"insert into schema_migrations values ({Future}, now())");
        var refused = (await database.Migrator().RollbackAsync(version: null, new Told(), CancellationToken.None))
            .ShouldBeOfType<MigrationOutcome.Refused>();
        refused.Errors.ShouldHaveSingleItem().Cause.ShouldContain("does not hold the script");
    }

    [Fact]
    public async Task Tokens_come_back_in_plain_text_with_the_key_and_go_without_it()
    {
        await using var database = await OldDatabase.CreateAsync(20190812191616);
        await database.MigrateAsync();
        (await database.ScalarAsync<int>("select length(refresh) from private.tokens")).ShouldBe("refresh-token-1".Length + 40);
        await RollbackAsync(database, 20220123131732);
        (await database.LinesAsync("select access || ' ' || refresh from tokens")).ShouldBe(["access-token-1 refresh-token-1"]);
        await database.MigrateAsync();

        var keyless = new Migrator(database.Settings(),
            new(new Dictionary<string, string> { ["TMPDIR"] = "/nowhere", ["ENCRYPTION_KEY"] = "another" }), TimeProvider.System);
        var told = new Told();
        (await keyless.RollbackAsync(20220123131732, told, CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        told.Notes.ShouldContain(note => note.Contains("ENCRYPTION_KEY does not open them", StringComparison.Ordinal));
        (await database.ScalarAsync<long>("select count(*) from tokens")).ShouldBe(0);
    }

    [Fact]
    public async Task Without_a_key_one_is_made_shown_and_kept_in_files()
    {
        var folder = Directory.CreateTempSubdirectory("teslamate-key-");
        try
        {
            await using var database = await OldDatabase.CreateAsync(20190812191616);
            var keyless = new Migrator(database.Settings(),
                new(new Dictionary<string, string> { ["TMPDIR"] = folder.FullName, ["IMPORT_DIR"] = "/nowhere" }), TimeProvider.System);
            var told = new Told();
            (await keyless.MigrateAsync(told, CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
            var file = Path.Combine(folder.FullName, "tm_encryption.key");
            var key = await File.ReadAllTextAsync(file);
            key.Length.ShouldBe(64);
            var made = told.All.OfType<MigrationProgress.NewKey>().ShouldHaveSingleItem();
            made.Key.Reveal().ShouldBe(key);
            made.Files.ShouldBe([file]);
            made.Advice.ShouldContain(file);
            made.Advice.ShouldNotContain(key);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(20200120142602)]
    [InlineData(20200502140646)]
    public async Task Versions_that_leave_work_out_are_there_together_with_the_one_that_undoes_it_or_not_at_all(long failing)
    {
        await using var database = await OldDatabase.CreateAsync(20190812191616);
        // What stops a version in the middle of them, or the last one.
        await database.ExecuteAsync($"""
            create function refuse() returns trigger language plpgsql as $$ begin if new.version = {failing} then raise exception 'not this one'; end if; return new; end $$;
            create trigger refuse before insert on schema_migrations for each row execute function refuse()
            """);
        var failed = (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Failed>();
        failed.At.ShouldContain($"{failing}");
        failed.Statement.ShouldNotBeNull().ShouldStartWith($"insert into public.schema_migrations (version, inserted_at) values ({failing}");
        await database.ExecuteAsync("drop trigger refuse on schema_migrations; drop function refuse()");
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(20190928155641));

        // A run that ends between them has nothing to leave out but what ends there as well.
        await database.MigrateAsync(to: 20191007105010);
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(20191007105010));
        await database.MigrateAsync();
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(Newest));
    }

    [Fact]
    public async Task Going_back_in_one_run_leads_where_single_steps_lead()
    {
        await using var database = await OldDatabase.CreateAsync(20190812191616);
        await database.MigrateAsync();
        // Stops between the versions whose index work is left out on the way.
        foreach (var version in new long[] { 20200502140646, 20191003130650, 20190903151524 })
        {
            await RollbackAsync(database, version);
            (await database.FingerprintAsync()).Select(RecordedLine).Order(StringComparer.Ordinal)
                .ShouldBe(RecordedSteps.SchemaBefore(version).Select(RecordedLine).Order(StringComparer.Ordinal));
        }

        (await database.ScalarAsync<long>("select count(*) from positions")).ShouldBe(20_000);
        await database.MigrateAsync();
        (await database.Migrator().CheckAsync(CancellationToken.None)).ShouldBeEmpty();
    }

    // Columns that went and came back stand at the end.
    static string RecordedLine(string line) => System.Text.RegularExpressions.Regex.Replace(line, "#[0-9]+ ", "");

    static async Task RollbackAsync(TestDatabase database, long version)
        => (await database.Migrator().RollbackAsync(version, new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();

    static MigrationFolder Newer(params (string Name, string Text)[] more)
    {
        var known = MigrationFolder.Embedded("");
        return MigrationFiles.Folder([
            .. known.All.SelectMany(migration =>
                new[] { (migration.Up.FileName, migration.Up.Text), (migration.Down.FileName, migration.Down.Text) }), .. more]);
    }
}
