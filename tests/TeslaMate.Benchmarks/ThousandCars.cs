using System.Diagnostics;
using System.Globalization;
using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;

namespace TeslaMate.Benchmarks;

/// <summary>
/// The program with simulated cars at real-time polling. Prints what the logger takes of processor and memory, and how long it is from an answer to
/// its row.
/// </summary>
static class ThousandCars
{
    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(60);

    /// <param name="cars">How many.</param>
    /// <param name="seconds">How long to measure.</param>
    /// <param name="kind">What the cars do.</param>
    /// <param name="published">The folders of published programs, each of which gets so many cars and a server of its own, at the same time; none
    /// runs the one that was built with the benchmarks.</param>
    public static Task RunAsync(int cars, int seconds, Kind kind, params IReadOnlyList<string> published)
    {
        IReadOnlyList<string?> programs = published.Count == 0 ? (string?[])[null] : [.. published];
        return Task.WhenAll(programs.Select(program => RunAsync(cars, seconds, kind, program)));
    }

    static async Task RunAsync(int cars, int seconds, Kind kind, string? published)
    {
        var start = TimeProvider.System.GetUtcNow();
        await using var cluster = await PrivateCluster.StartAsync();
        await using var cloud = new TeslaCloud(Enumerable.Range(0, cars).Select(number => Life(number, start, kind)), TimeProvider.System,
            City.Berlin().Places);
        await cloud.StartAsync();
        var folder = Directory.CreateTempSubdirectory("tm-bench-").FullName;
        await using var database = NpgsqlDataSource.Create(cluster.ConnectionString());
        try
        {
            await using var logger = new ProgramWithCars(cluster, cloud, folder);
            await logger.MigrateAsync(published);
            await logger.SignInAsync(database);
            await using (var watch = database.CreateCommand(
                "alter table positions add column stored_at timestamp default (clock_timestamp() at time zone 'utc')"))
                await watch.ExecuteNonQueryAsync();
            logger.Start(published);
            await Task.Delay(WarmUp, TimeProvider.System);
            await MeasureAsync(logger.Process, new ServerTime(cluster), database, $"{published} {cars} cars ({kind})".TrimStart(), seconds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What the cars do.</summary>
    internal enum Kind
    {
        /// <summary>A third drives with the stream, a tenth charges, the others sleep.</summary>
        Mixed,

        /// <summary>All drive with the stream.</summary>
        Driving,

        /// <summary>All sleep.</summary>
        Parked,
    }

    static Life Life(int number, DateTimeOffset start, Kind kind)
    {
        var city = City.Berlin();
        var began = start - TimeSpan.FromSeconds(number % 300);
        var script = new LifeScript(CarIdentity.Number(number, $"Car {number}"), CarModel.Model3, city.Home, began, seed: number,
            level: 30 + number % 40);
        return (kind is Kind.Mixed ? number % 30 : kind is Kind.Driving ? 0 : 29) switch
        {
            < 10 when kind is Kind.Driving => RoundTrips(script, city).Build(),
            < 10 => script.Drive(city.ToCharger).Park(TimeSpan.FromMinutes(1)).Drive(city.ToCharger.Reversed()).Build(),
            < 13 => script.Charge(Charger.Wallbox, 90).Park(TimeSpan.FromHours(1)).Build(),
            // Arrived long enough ago to be asleep.
            _ => new LifeScript(CarIdentity.Number(number, $"Car {number}"), CarModel.Model3, city.Home, start.AddHours(-1),
                seed: number).Park(TimeSpan.FromHours(12)).Build(),
        };
    }

    // Longer than anybody measures.
    static LifeScript RoundTrips(LifeScript script, City city)
        => Enumerable.Range(0, 20).Aggregate(script, (life, _) => life.Drive(city.ToCharger).Drive(city.ToCharger.Reversed()));

    static async Task MeasureAsync(Process logger, ServerTime server, NpgsqlDataSource database, string cars, int seconds)
    {
        var began = TimeProvider.System.GetUtcNow();
        var (before, serverBefore) = (logger.TotalProcessorTime, server.Taken());
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        logger.Refresh();
        var cores = (logger.TotalProcessorTime - before).TotalSeconds / seconds;
        var serverCores = (server.Taken() - serverBefore).TotalSeconds / seconds;
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
            $"{cars}, {seconds} s: {cores:0.0000} cores and {serverCores:0.0000} of PostgreSQL, {logger.WorkingSet64 / 1048576.0:0} MB resident, "
                + $"{reader.GetInt64(0) / (double)seconds:0} positions/s "
            + $"of {reader.GetInt64(1)} cars, from answer to row {reader.GetDouble(2) * 1000:0} ms (median), {reader.GetDouble(3) * 1000:0} ms (99 "
            + $"%)"));
    }
}
