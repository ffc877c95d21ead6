using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>Evolve itself, as its command line runs it on the folders of SQL, before and after this program.</summary>
public sealed class EvolveTests
{
    [Fact]
    public async Task After_the_baseline_Evolve_finds_everything_applied_and_valid()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        await EvolveFindsNothingToDoAsync(database);
        (await database.LinesAsync("select concat_ws('|', type, version, description, name, checksum, success) from changelog where type <> 0"))
            .ShouldBe(["2|0|Empty schema found: public.|public||t"]);
    }

    [Fact]
    public async Task After_adoption_Evolve_finds_everything_applied_and_valid()
    {
        await using var database = await OldDatabase.CreateAsync(20190812191616);
        await database.MigrateAsync();
        await EvolveFindsNothingToDoAsync(database);
    }

    [Fact]
    public async Task The_table_is_Evolves()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        (await database.LinesAsync("""
            select concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
                pg_get_expr(d.adbin, d.adrelid))
            from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
            where a.attrelid = 'public.changelog'::regclass and a.attnum > 0 order by a.attnum
            """)).ShouldBe([
            "id integer not null nextval('changelog_id_seq'::regclass)",
            "type smallint",
            "version character varying(50)",
            "description character varying(200) not null",
            "name character varying(300) not null",
            "checksum character varying(32)",
            "installed_by character varying(100) not null",
            "installed_on timestamp without time zone not null now()",
            "success boolean not null",
        ]);
    }

    [Theory]
    [InlineData(20200203120311)]
    [InlineData(20260411070212)]
    [InlineData(20190330150000)]
    public async Task Evolve_goes_on_where_this_program_went_back_and_this_program_where_Evolve_stopped(long version)
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        (await database.Migrator().RollbackAsync(version, new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        // A whole rollback leaves nothing of Evolve's; what is there may be read by it.
        await EvolveAsync(database, "public", evolve => evolve.Migrate(), count: RecordedSteps.Versions.Count(known => known >= version));
        (await database.FingerprintAsync()).Select(WithoutOrder).Order(StringComparer.Ordinal)
            .ShouldBe(RecordedSteps.SchemaAt(RecordedSteps.Newest).Select(WithoutOrder).Order(StringComparer.Ordinal));
        await database.MigrateAsync();
        (await database.VersionsAsync()).Count.ShouldBe(RecordedSteps.Versions.Length);
        (await database.Migrator().CheckAsync(CancellationToken.None)).ShouldBeEmpty();
        await EvolveFindsNothingToDoAsync(database);
    }

    [Fact]
    public async Task What_Evolve_made_from_an_empty_database_is_taken_over_with_both_schemas()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await EvolveAsync(database, "public", evolve => evolve.Migrate(), RecordedSteps.Versions.Length);
        await EvolveAsync(database, "teslamate", evolve => evolve.Migrate(),
            MigrationFolder.Embedded("teslamate/") is var own ? own.All.Count + own.Repeatables.Count : 0);
        await database.MigrateAsync();
        (await database.Migrator().StateAsync(CancellationToken.None)).IsCurrent.ShouldBeTrue();
        await EvolveFindsNothingToDoAsync(database);
        (await database.Migrator().RollbackAsync(20260808090000, new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        (await database.Migrator().RollbackAsync(1, new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
    }

    [Fact]
    public async Task What_a_kill_left_of_Evolve_is_swept_on_the_way_forward_and_back()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        const string Leave = """
            insert into public.changelog (type, version, description, name, checksum, installed_by, success) values
                (4, null, 'car priorities (3 ms)', 'U20210812173700__car_priorities.sql', 'ABC', 'somebody', true),
                (0, '20260808090000', 'recalc charge energy used (3 ms)', 'V20260808090000__recalc_charge_energy_used.sql', 'ABC', 'somebody', false);
            insert into teslamate.changelog (type, version, description, name, checksum, installed_by, success) values
                (0, '1', 'car logs (3 ms)', 'V1__car_logs.sql', 'ABC', 'somebody', false),
                    (4, null, 'car logs (3 ms)', 'U1__car_logs.sql', 'ABC', 'somebody', true)
            """;
        await database.ExecuteAsync(Leave);
        await database.MigrateAsync();
        await EvolveFindsNothingToDoAsync(database);
        await database.ExecuteAsync(Leave);
        (await database.Migrator().RollbackAsync(20260808090000, new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        (await database.ScalarAsync<long>("select count(*) from changelog where type = 4 or not success")).ShouldBe(0);
        await database.MigrateAsync();
        await EvolveFindsNothingToDoAsync(database);
    }

    [Theory]
    [InlineData("update {0}changelog set checksum = null")]
    [InlineData("update {0}changelog set checksum = '', description = '', installed_by = ''")]
    [InlineData("update {0}changelog set installed_on = 'infinity'")]
    [InlineData("update {0}changelog set installed_on = '4000-01-01 BC'")]
    [InlineData("insert into {0}changelog (type, version, description, name, installed_by, success) values (null, null, '', '', '', true)")]
    [InlineData("insert into {0}changelog (type, version, description, name, installed_by, success) values (0, 'newest', '', '', '', true)")]
    [InlineData("insert into {0}changelog (type, version, description, name, installed_by, success) values (0, '99999999999999999999999', '', '', "
        + "'', true)")]
    [InlineData("insert into {0}changelog (type, version, description, name, installed_by, success) values (77, '-1', '', '', '', true)")]
    [InlineData("insert into {0}changelog (type, version, description, name, checksum, installed_by, success) select type, version, description, "
        + "name, checksum, 'again', success from {0}changelog")]
    [InlineData("update schema_migrations set inserted_at = null")]
    [InlineData("update schema_migrations set inserted_at = 'infinity'")]
    [InlineData("update schema_migrations set inserted_at = '-infinity'")]
    [InlineData("update schema_migrations set inserted_at = '4000-01-01 BC'")]
    [InlineData("drop table changelog")]
    public async Task Whatever_people_wrote_into_the_tables_this_program_and_Evolve_read_them_afterwards(string change)
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        foreach (var schema in new[] { "", "teslamate." })
            await database.ExecuteAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture,
                change.Replace("drop table changelog", "drop table if exists changelog", StringComparison.Ordinal), schema));
        (await database.Migrator().StateAsync(CancellationToken.None)).Applied.Count.ShouldBe(RecordedSteps.Versions.Length);
        await database.MigrateAsync();
        (await database.Migrator().StateAsync(CancellationToken.None)).IsCurrent.ShouldBeTrue();
        await EvolveFindsNothingToDoAsync(database);
        (await database.Migrator().RollbackAsync(20260411070212, new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
    }

    static async Task EvolveFindsNothingToDoAsync(TestDatabase database)
    {
        (await database.ScalarAsync<long>("select count(*) from changelog where not success")).ShouldBe(0);
        foreach (var schema in new[] { "public", "teslamate" })
        {
            await EvolveAsync(database, schema, evolve => evolve.Validate(), count: 0);
            await EvolveAsync(database, schema, evolve => evolve.Migrate(), count: 0);
        }
    }

    static async Task EvolveAsync(TestDatabase database, string schema, Action<EvolveDb.Evolve> run, int count)
    {
        await using var connection = new Npgsql.NpgsqlConnection(database.ConnectionString + ";Search Path=public;Pooling=false");
        var evolve = new EvolveDb.Evolve(connection, dbms: EvolveDb.Dialect.DBMS.PostgreSQL)
        {
            Locations = [Path.Combine(SourceFolder(), schema)],
            Schemas = [schema]
        };
        run(evolve);
        evolve.NbMigration.ShouldBe(count);
    }

    // Columns that went and came back stand at the end.
    static string WithoutOrder(string line) => System.Text.RegularExpressions.Regex.Replace(line, "#[0-9]+ ", "");

    static string SourceFolder([System.Runtime.CompilerServices.CallerFilePath] string here = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../../src/TeslaMate.Database/Migrations/Sql"));
}
