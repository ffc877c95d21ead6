using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>Views and functions of schema <c>teslamate</c>, from files of their own in these tests.</summary>
public sealed class RepeatableTests
{
    static readonly (string Name, string Text)[] Remarks =
    [
        ("V1__remarks.sql", "create table teslamate.remarks (drive_id integer references public.drives (id), text text);"),
        ("U1__remarks.sql", "drop table teslamate.remarks;"),
    ];

    static readonly (string Name, string Text)[] Views =
    [
        ("R__b_lengths.sql", "create or replace view teslamate.lengths as select id, teslamate.shorten(distance) as distance from public.drives;"),
        ("R__a_shorten.sql", "create or replace function teslamate.shorten(km double precision) returns double precision language sql as 'select "
            + "km / 2';"),
        ("R__c_remarked.sql", "create or replace view teslamate.remarked as select text, lengths.distance from teslamate.remarks join "
            + "teslamate.lengths on id = drive_id;"),
    ];

    [Fact]
    public async Task They_run_after_the_versions_in_the_order_of_their_names_and_once()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        (await MigrateAsync(database, Views)).ShouldBe(new MigrationOutcome.Done(RecordedSteps.Count));
        (await RecordsAsync(database)).ShouldBe(Rows(Views));
        (await database.ScalarAsync<long>("select count(*) from teslamate.remarked")).ShouldBe(0);
        var told = new Told();
        (await database.Migrator(own: Folder(Views)).MigrateAsync(told, CancellationToken.None)).ShouldBe(new MigrationOutcome.Done(0));
        told.All.OfType<MigrationProgress.Started>().ShouldBeEmpty();
        (await database.Migrator(own: Folder(Views)).StateAsync(CancellationToken.None)).IsCurrent.ShouldBeTrue();
    }

    [Theory]
    [InlineData("create view teslamate.lengths as select id, distance, car_id as car from public.drives;")]
    [InlineData("create view teslamate.lengths as select distance from public.drives where id = 0;")]
    public async Task A_file_that_changed_is_run_again_with_those_that_build_on_it(string lengths)
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await MigrateAsync(database, Views);
        (string, string)[] changed = [("R__b_lengths.sql", lengths), ("R__a_shorten.sql", Views[1].Text),
            ("R__c_remarked.sql", "create view teslamate.remarked as select distance from teslamate.lengths;")];
        (await database.Migrator(own: Folder(changed)).StateAsync(CancellationToken.None)).PendingRepeatables.ShouldBe(["R__b_lengths.sql",
            "R__c_remarked.sql"]);
        await MigrateAsync(database, changed);
        (await RecordsAsync(database)).ShouldBe(Rows(changed));
        (await database.ScalarAsync<string>("select pg_get_viewdef('teslamate.lengths'::regclass)")).ShouldNotBeNull().ShouldNotContain("shorten");
        // And back, as an older program does.
        await MigrateAsync(database, Views);
        (await database.ScalarAsync<string>("select pg_get_viewdef('teslamate.lengths'::regclass)")).ShouldNotBeNull().ShouldContain("shorten");
        (await RecordsAsync(database)).ShouldBe(Rows(Views));
    }

    [Fact]
    public async Task A_file_that_is_gone_takes_its_views_along_when_something_else_changes()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await MigrateAsync(database, Views);
        await MigrateAsync(database, [Views[1], ("R__b_lengths.sql", "create view teslamate.lengths as select 1 as one;")]);
        (await database.ScalarAsync<bool>("select to_regclass('teslamate.remarked') is null")).ShouldBeTrue();
    }

    [Theory]
    [InlineData(20260808090000)]
    [InlineData(20200203120311)]
    [InlineData(1)]
    public async Task Going_back_takes_the_views_away_first_and_going_forward_brings_them(long version)
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await MigrateAsync(database, Views);
        var outcome = await database.Migrator(own: Folder(Views)).RollbackAsync(version, new Told(), CancellationToken.None);
        outcome.ShouldBeOfType<MigrationOutcome.Done>(outcome.ToString());
        (await database.ScalarAsync<bool>(
            "select to_regclass('teslamate.lengths') is null and to_regclass('teslamate.remarks') is null")).ShouldBeTrue();
        (await database.ScalarAsync<long>("select count(*) from pg_proc where proname = 'shorten'")).ShouldBe(0);
        await MigrateAsync(database, Views);
        (await RecordsAsync(database)).ShouldBe(Rows(Views));
    }

    [Fact]
    public async Task An_older_program_goes_back_although_it_does_not_know_the_views()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await MigrateAsync(database, Views);
        var older = MigrationFiles.Folder([("R__totals.sql", "create view teslamate.totals as select count(*) from public.drives;")]);
        (await database.Migrator(own: older).RollbackAsync(version: null, new Told(), CancellationToken.None)).ShouldBe(new MigrationOutcome.Done(1));
        (await database.LinesAsync("select relname from pg_class where relnamespace = 'teslamate'::regnamespace and relkind = 'v'")).ShouldBe(
            ["totals"]);
        (await database.Migrator(own: older).StateAsync(CancellationToken.None)).IsCurrent.ShouldBeTrue();
    }

    [Fact]
    public async Task A_version_of_the_reference_that_changes_what_a_view_shows_runs()
    {
        await using var database = await OldDatabase.CreateAsync(20260718160000);
        await database.Migrator(own: Folder()).MigrateAsync(new Told(), CancellationToken.None, to: 20260718160000);
        await MigrateAsync(database, Views);
        var newer = MigrationFiles.Folder(MigrationFolder.Embedded("").All.SelectMany(migration => new[] { migration.Up, migration.Down })
            .Select(script => (script.FileName, script.Text))
            .Append(("V20270101000000__exact.sql", "alter table drives alter distance type numeric(9,3);"))
            .Append(("U20270101000000__exact.sql", "alter table drives alter distance type double precision;")));
        (string, string)[] views = [("R__b_lengths.sql", "create or replace view teslamate.lengths as select id, distance from public.drives;")];
        (await database.Migrator(reference: newer, own: Folder(views)).MigrateAsync(new Told(), CancellationToken.None)).ShouldBe(
            new MigrationOutcome.Done(1));
        (await RecordsAsync(database)).ShouldBe(Rows(views));
        (await database.Migrator(reference: newer, own: Folder(views)).RollbackAsync(20270101000000, new Told(),
            CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
    }

    [Fact]
    public async Task What_others_built_on_a_view_stops_the_run_with_its_name_and_nothing_done()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await MigrateAsync(database, Views);
        await database.ExecuteAsync("create view my_lengths as select distance from teslamate.lengths");
        var failed = await database.Migrator(own: Folder(Views)).RollbackAsync(20260808090000, new Told(), CancellationToken.None);
        failed.ToString().ShouldContain("my_lengths");
        (await database.ScalarAsync<long>("select count(*) from teslamate.lengths")).ShouldBe(0);
        (await RecordsAsync(database)).ShouldBe(Rows(Views));
    }

    [Fact]
    public async Task Dropping_our_schema_leaves_the_reference_what_it_had_and_this_program_makes_it_again()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await MigrateAsync(database, Views);
        await database.ExecuteAsync("drop schema teslamate cascade");
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(RecordedSteps.Newest));
        await MigrateAsync(database, Views);
        (await RecordsAsync(database)).ShouldBe(Rows(Views));
    }

    [Fact]
    public async Task A_view_that_somebody_dropped_is_missed()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await MigrateAsync(database, Views);
        (await database.Migrator(own: Folder(Views)).CheckAsync(CancellationToken.None)).ShouldBeEmpty();
        await database.ExecuteAsync("drop view teslamate.remarked");
        var missing = (await database.Migrator(own: Folder(Views)).CheckAsync(CancellationToken.None)).ShouldHaveSingleItem();
        missing.Description.ShouldContain("teslamate.remarked");
        await database.ExecuteAsync(missing.Repair!);
        await MigrateAsync(database, Views);
        (await database.Migrator(own: Folder(Views)).CheckAsync(CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_fails_leaves_the_versions_and_says_its_name()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await MigrateAsync(database);
        var failed = (await database.Migrator(
            own: Folder(Views[1], ("R__b_wrong.sql", "create view teslamate.wrong as select nothing from public.drives;")))
            .MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Failed>();
        failed.At.ShouldContain("R__b_wrong");
        failed.Statement.ShouldBe("create view teslamate.wrong as select nothing from public.drives");
        await MigrateAsync(database, Views);
        (await RecordsAsync(database)).ShouldBe(Rows(Views));
    }

    static Task<MigrationOutcome> MigrateAsync(TestDatabase database, params (string, string)[] views)
        => ExpectDoneAsync(database.Migrator(own: Folder(views)));

    static async Task<MigrationOutcome> ExpectDoneAsync(Migrator migrator)
    {
        var outcome = await migrator.MigrateAsync(new Told(), CancellationToken.None);
        outcome.ShouldBeOfType<MigrationOutcome.Done>(outcome.ToString());
        return outcome;
    }

    static MigrationFolder Folder(params (string, string)[] views) => MigrationFiles.Folder([.. Remarks, .. views]);

    /// <summary>As Evolve writes them, in the order in which they were run.</summary>
    static Task<List<string>> RecordsAsync(TestDatabase database) => database.LinesAsync(@"
        select concat_ws('|', coalesce(version, 'none'), regexp_replace(description, ' \(\d+ ms\)', ''), name, checksum, success)
        from teslamate.changelog where type = 4 order by id");

    static string[] Rows((string Name, string Text)[] views) => [.. views.OrderBy(view => view.Name, StringComparer.Ordinal)
        .Select(view => $"none|{view.Name[3..^4].Replace('_', ' ')}|{view.Name}|{new MigrationFile(view.Name, view.Text).Checksum}|t")];
}
