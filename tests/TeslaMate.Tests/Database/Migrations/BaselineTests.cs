namespace TeslaMate.Tests.Database.Migrations;

public sealed class BaselineTests
{
    [Fact]
    public async Task The_baseline_gives_the_newest_schema()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.ExecuteAsync(MigrationFiles.Baseline);
        (await database.LinesAsync(TestFiles.Text("fingerprint.sql"))).ShouldBe(RecordedSteps.SchemaAt(RecordedSteps.Newest));
    }

    [Fact]
    public async Task A_database_made_from_the_template_has_one_row_of_settings_and_all_versions()
    {
        await using var database = await Schema.CreateDatabaseAsync();
        (await database.LinesAsync("""
            select to_jsonb(settings) - 'inserted_at' - 'updated_at' || jsonb_build_object('age',
                inserted_at > now() at time zone 'utc' - interval '1 day')
            from settings
            """)).ShouldBe(["""
            {"id": 1, "age": true, "base_url": null, "language": "en", "theme_mode": "system", "grafana_url": null, "unit_of_length": "km", "preferred_range": "rated", "unit_of_pressure": "bar", "unit_of_temperature": "C"}
            """]);
        (await database.ScalarAsync<long>("select count(*) from schema_migrations")).ShouldBe(RecordedSteps.Count);
        (await database.ScalarAsync<long>("select count(*) from cars")).ShouldBe(0);
    }
}
