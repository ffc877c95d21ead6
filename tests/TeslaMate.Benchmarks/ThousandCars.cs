using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Clusters;
using TeslaMate.Database.Encryption;
using TeslaMate.Database.Migrations;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;

namespace TeslaMate.Benchmarks;

/// <summary>
/// The program with a thousand simulated cars at real-time polling: a third drives with the stream, a tenth charges, the others sleep. Prints what the
/// logger takes of processor and memory, and how long it is from an answer to its row.
/// </summary>
static class ThousandCars
{
    const string Key = "benchmark";

    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(60);

    /// <param name="cars">How many.</param>
    /// <param name="seconds">How long to measure.</param>
    public static async Task RunAsync(int cars, int seconds)
    {
        var start = TimeProvider.System.GetUtcNow();
        await using var cluster = await PrivateCluster.StartAsync();
        await using var cloud = new TeslaCloud(Enumerable.Range(0, cars).Select(number => Life(number, start)), TimeProvider.System, City.Berlin().Places);
        await cloud.StartAsync();
        var folder = Directory.CreateTempSubdirectory("tm-bench-").FullName;
        await using var database = NpgsqlDataSource.Create(cluster.ConnectionString());
        try
        {
            var environment = Environment(cluster, cloud, folder);
            await PrepareAsync(database, environment, cloud);
            using var logger = Serve(environment, Path.Combine(folder, "log"));
            try
            {
                await Task.Delay(WarmUp, TimeProvider.System);
                await MeasureAsync(logger, database, cars, seconds);
            }
            finally
            {
                logger.Kill();
                await logger.WaitForExitAsync();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static Life Life(int number, DateTimeOffset start)
    {
        var city = City.Berlin();
        var began = start - TimeSpan.FromSeconds(number % 300);
        var script = new LifeScript(CarIdentity.Number(number, $"Car {number}"), CarModel.Model3, city.Home, began, seed: number, level: 30 + number % 40);
        return (number % 30) switch
        {
            < 10 => script.Drive(city.ToCharger).Park(TimeSpan.FromMinutes(1)).Drive(city.ToCharger.Reversed()).Build(),
            < 13 => script.Charge(Charger.Wallbox, 90).Park(TimeSpan.FromHours(1)).Build(),
            // Arrived long enough ago to be asleep.
            _ => new LifeScript(CarIdentity.Number(number, $"Car {number}"), CarModel.Model3, city.Home, start.AddHours(-1), seed: number).Park(TimeSpan.FromHours(12)).Build(),
        };
    }

    static Dictionary<string, string> Environment(PrivateCluster cluster, TeslaCloud cloud, string folder) => new()
    {
        ["DATABASE_SOCKET_DIR"] = cluster.Socket,
        ["DATABASE_NAME"] = "postgres",
        ["DATABASE_USER"] = "postgres",
        ["ENCRYPTION_KEY"] = Key,
        ["DISABLE_MQTT"] = "true",
        ["HTTP_BINDING_ADDRESS"] = Path.Combine(folder, "pages"),
        ["TESLAMATE_SPOOL_DIR"] = Path.Combine(folder, "spool"),
        ["SRTM_CACHE"] = Path.Combine(folder, "elevation"),
        ["TESLA_API_HOST"] = Text(cloud.Address),
        ["TESLA_AUTH_HOST"] = Text(cloud.Address),
        ["TESLA_AUTH_PATH"] = "/oauth2/v3",
        ["TESLA_WSS_HOST"] = Text(cloud.StreamAddress),
        ["NOMINATIM_URL"] = Text(cloud.Address),
    };

    static async Task PrepareAsync(NpgsqlDataSource database, Dictionary<string, string> environment, TeslaCloud cloud)
    {
        var variables = new Variables(environment);
        var outcome = await new Migrator(DatabaseSettings.Read(variables), variables, TimeProvider.System)
            .MigrateAsync(new Progress<MigrationProgress>(), CancellationToken.None);
        if (outcome is not MigrationOutcome.Done)
            throw new InvalidOperationException(outcome.ToString());
        var cipher = new TokenCipher(Encoding.UTF8.GetBytes(Key));
        var (access, refresh) = cloud.Accounts.SignIn();
        await using var tokens = database.CreateCommand("insert into private.tokens (access, refresh, inserted_at, updated_at) values ($1, $2, now(), now())");
        tokens.Parameters.AddWithValue(cipher.Encrypt(access));
        tokens.Parameters.AddWithValue(cipher.Encrypt(refresh));
        await tokens.ExecuteNonQueryAsync();
        await using var watch = database.CreateCommand("alter table positions add column stored_at timestamp default (clock_timestamp() at time zone 'utc')");
        await watch.ExecuteNonQueryAsync();
    }

    static Process Serve(Dictionary<string, string> environment, string log)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec dotnet \"$1\" serve > \"$2\" 2>&1", "sh", typeof(CommandLine.ProgramCommand).Assembly.Location, log]);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    static async Task MeasureAsync(Process logger, NpgsqlDataSource database, int cars, int seconds)
    {
        var began = TimeProvider.System.GetUtcNow();
        var before = logger.TotalProcessorTime;
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        logger.Refresh();
        var cores = (logger.TotalProcessorTime - before).TotalSeconds / seconds;
        await using var command = database.CreateCommand("""
            select count(*), count(distinct car_id),
                coalesce(percentile_cont(0.5) within group (order by extract(epoch from stored_at - date)), 0),
                coalesce(percentile_cont(0.99) within group (order by extract(epoch from stored_at - date)), 0)
            from positions where stored_at > $1
            """);
        command.Parameters.AddWithValue(DateTime.SpecifyKind(began.UtcDateTime, DateTimeKind.Unspecified));
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{cars} cars, {seconds} s: {cores:0.00} cores, {logger.WorkingSet64 / 1048576.0:0} MB resident, {reader.GetInt64(0) / (double)seconds:0} positions/s "
            + $"of {reader.GetInt64(1)} cars, from answer to row {reader.GetDouble(2) * 1000:0} ms (median), {reader.GetDouble(3) * 1000:0} ms (99 %)"));
    }

    static string Text(Uri address) => address.ToString().TrimEnd('/');
}
