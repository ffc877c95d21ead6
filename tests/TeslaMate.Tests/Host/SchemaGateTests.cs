using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database.Migrations;
using TeslaMate.Hosting;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Database.Migrations;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Systemd;

namespace TeslaMate.Tests.Host;

public sealed class SchemaGateTests
{
    [Theory]
    [InlineData(140022, false, "PostgreSQL 14 is too old")]
    [InlineData(150000, true, null)]
    [InlineData(170003, true, null)]
    [InlineData(180001, true, null)]
    [InlineData(190000, true, "19")]
    public async Task Servers_that_are_too_old_are_refused_and_unknown_ones_are_used_with_a_warning(int version, bool passes, string? told)
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        using var log = new RecordedLog();
        var migrator = new Migrator(database.Settings(), new Variables(new Dictionary<string, string>()), TimeProvider.System);
        var gate = new SchemaGate(source, migrator, Notifiers.At(null), TimeProvider.System, log.For<SchemaGate>());

        (await gate.PassAsync(version, migrate: false, CancellationToken.None)).ShouldBe(passes);

        if (told is null)
            log.Lines.ShouldBeEmpty();
        else
            log.Everything.ShouldContain(told);
    }

    [Fact]
    public async Task Somebody_elses_function_in_front_of_one_of_the_servers_is_told_and_no_reason_to_stop_logging()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        var role = "stranger_" + Guid.NewGuid().ToString("N")[..8];
        await ExecuteAsync(source, $"""
            create role {role};
            grant create on schema public to {role};
            set role {role};
            create function public.concat_ws(text, text, varchar) returns text language sql as $$ select 'theirs' $$;
            reset role;
            """);
        try
        {
            using var log = new RecordedLog();
            var migrator = new Migrator(database.Settings(), new Variables(new Dictionary<string, string>()), TimeProvider.System);
            var gate = new SchemaGate(source, migrator, Notifiers.At(null), TimeProvider.System, log.For<SchemaGate>());

            (await gate.PassAsync(150000, migrate: true, CancellationToken.None)).ShouldBeTrue();
            log.Everything.ShouldContain("concat_ws");
            log.Everything.ShouldContain("revoke create on schema public");
        }
        finally
        {
            await ExecuteAsync(source, $"drop owned by {role}; drop role {role};");
        }
    }

    static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
