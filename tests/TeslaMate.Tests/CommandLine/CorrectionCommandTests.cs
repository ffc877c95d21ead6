using Npgsql;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Corrections;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.CommandLine;

public sealed class CorrectionCommandTests : IDisposable
{
    readonly StringWriter _output = new();
    readonly StringWriter _error = new();

    [Fact]
    public async Task What_is_not_there_is_as_good_as_deleted_but_cannot_be_closed()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        await database.ExecuteAsync("""
            insert into car_settings (id) values (1);
            insert into cars (id, eid, vid, vin, settings_id, inserted_at, updated_at) values (1, 1, 1, 'V', 1, now(), now());
            insert into drives (id, car_id, start_date) values (7, 1, now())
            """);

        (await RunAsync("deleted", (corrections, id, stop) => corrections.DeleteDriveAsync(new DriveId(id), stop))).ShouldBe(ExitCode.Ok);
        _output.ToString().ShouldBe("The drive with ID 7 is deleted.\n");
        (await database.ScalarAsync<long>("select count(*) from drives")).ShouldBe(0);

        (await RunAsync("deleted", (corrections, id, stop) => corrections.DeleteDriveAsync(new DriveId(id), stop))).ShouldBe(ExitCode.Ok);
        _error.ToString().ShouldBe("Warning: there is no drive with ID 7. Nothing to delete.\n");

        (await RunAsync("closed", (corrections, id, stop) => corrections.CloseDriveAsync(new DriveId(id), stop))).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldContain("There is no drive with ID 7.");

        Task<int> RunAsync(string done, Func<ICorrections, int, CancellationToken, Task<bool>> correct)
            => CorrectionCommands.RunAsync(Settings(database.ConnectionString), "drive", 7, correct, done, _output, _error, CancellationToken.None);
    }

    internal static Variables Settings(string connectionString)
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        return new Variables(new Dictionary<string, string>
        {
            ["DATABASE_NAME"] = server.Database!,
            ["DATABASE_USER"] = server.Username!,
            ["DATABASE_PASS"] = server.Password ?? "none",
            ["DATABASE_SOCKET_DIR"] = server.Host!,
            ["DATABASE_PORT"] = $"{server.Port}",
        });
    }

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }
}
