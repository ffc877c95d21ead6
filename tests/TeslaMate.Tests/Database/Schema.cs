using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.Database;

/// <summary>Databases with the newest schema, as a new installation has them; copied from a template that is made once per test run.</summary>
public static class Schema
{
    static readonly Lazy<Task<TestDatabase>> Template = new(CreateTemplateAsync);

    /// <summary>Creates a database of the test's own: all tables, the one row of settings, no car.</summary>
    public static async Task<TestDatabase> CreateDatabaseAsync() => await TestServer.CreateDatabaseAsync((await Template.Value).Name);

    static async Task<TestDatabase> CreateTemplateAsync()
    {
        var template = await TestServer.CreateDatabaseAsync();
        await using (template.TestSource)
        {
            await template.ExecuteAsync(MigrationFiles.Baseline);
            await template.ExecuteAsync($"""
                create table schema_migrations (version bigint primary key, inserted_at timestamp(0));
                insert into schema_migrations
                select version, now() at time zone 'utc' from unnest(array[{string.Join(", ", RecordedSteps.Versions)}]::bigint[]) as version
                """);
        }

        // A server that outlives the tests gets its room back; a private one goes as a whole.
        if (Environment.GetEnvironmentVariable("TESLAMATE_TEST_DATABASE") is { Length: > 0 })
            AppDomain.CurrentDomain.ProcessExit += (_, _) => template.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return template;
    }
}
