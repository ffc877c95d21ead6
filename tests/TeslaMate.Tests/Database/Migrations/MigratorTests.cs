using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

public sealed class MigratorTests
{
    const long Newest = 20260808090000;

    [Fact]
    public async Task An_empty_database_gets_the_newest_schema_and_all_versions_at_once()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        var told = new Told();
        (await database.Migrator().MigrateAsync(told, CancellationToken.None)).ShouldBe(new MigrationOutcome.Done(RecordedSteps.Count));
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(Newest));
        (await database.VersionsAsync()).Count.ShouldBe(RecordedSteps.Count);
        (await database.LinesAsync("select version || ' ' || description from public.changelog order by id limit 2"))
            .ShouldBe(["0 Empty schema found: public.", "20190330150000 create car"]);
        (await database.ScalarAsync<long>("select count(*) from teslamate.undo_scripts where not own")).ShouldBe(RecordedSteps.Count);
        told.All.OfType<MigrationProgress.Finished>().Count().ShouldBe(1);
        (await database.Migrator().MigrateAsync(told, CancellationToken.None)).ShouldBe(new MigrationOutcome.Done(0));
    }

    [Theory]
    [InlineData("ALTER TABLE", 20190812191616, "alter table")]
    [InlineData("CREATE INDEX", 20190812191616, "create unique index")]
    [InlineData("CREATE TABLE", 0, "create table")]
    public async Task The_statement_that_an_event_trigger_refuses_is_shown(string command, long version, string statement)
    {
        await using var database = version == 0 ? await TestServer.CreateDatabaseAsync() : await OldDatabase.CreateAsync(version);
        await database.ExecuteAsync($"""
            create schema watch;
            create function watch.refuse() returns event_trigger language plpgsql as $$
            begin if coalesce(current_query(), '') !~ 'changelog|schema_migrations|undo_scripts' then raise exception 'no % today',
                tg_tag; end if; end $$;
            create event trigger refuse_{database.Name} on ddl_command_start when tag in ('{command}') execute function watch.refuse()
            """);
        var failed = (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Failed>();
        failed.Message.ShouldBe($"no {command} today");
        failed.Statement.ShouldNotBeNull().ShouldStartWith(statement);
    }

    [Fact]
    public async Task Step_by_step_leads_to_the_same_place()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync(to: 20190330150000);
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(20190330150000));
        await database.MigrateAsync();
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(Newest));
        (await database.VersionsAsync()).Count.ShouldBe(RecordedSteps.Count);
        (await database.Migrator().CheckAsync(CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Going_back_undoes_the_version_and_everything_newer()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        (await database.Migrator().RollbackAsync(20260807090000, new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        (await database.VersionsAsync())[^1].ShouldBe("20260718160000");
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(20260718160000));
        (await database.Migrator().RollbackAsync(20270101000000, new Told(), CancellationToken.None)).ShouldBe(new MigrationOutcome.Done(0));
    }

    [Fact]
    public async Task Going_back_to_the_start_leaves_an_empty_schema_migrations_and_nothing_else()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        (await database.Migrator().RollbackAsync(1, new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        (await database.VersionsAsync()).ShouldBeEmpty();
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.Empty);
        (await database.LinesAsync("select oid::regclass::text from pg_class where relnamespace in ('public'::regnamespace, "
            + "coalesce(to_regnamespace('teslamate'), 'public')) and relkind = 'r'"))
            .ShouldBe(["schema_migrations"]);
        await database.MigrateAsync();
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(Newest));
    }
}
