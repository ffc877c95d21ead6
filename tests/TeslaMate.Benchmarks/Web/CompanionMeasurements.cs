using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;

namespace TeslaMate.Benchmarks.Web;

/// <summary>
/// The first synchronization of a companion app (spec api 1.13; <c>companion FOLDER [details [positions [drives]]]</c>): the lists of everything of a
/// car with years of driving, then the details of every drive and charge, one after the other over two connections, while another car drives and is
/// logged with its stream. Prints how long it takes, what it takes of memory, and how late the driving car's rows are without and with it.
/// </summary>
static class CompanionMeasurements
{
    // As the app asks: all rows on one page.
    const string Everything = "page=1&show=50000";

    static readonly TimeSpan Quiet = TimeSpan.FromSeconds(60);

    /// <param name="details">How many details are asked for at most.</param>
    public static async Task RunAsync(string folder, int details, YearsOfDriving.Size size)
    {
        var start = TimeProvider.System.GetUtcNow();
        await using var cluster = await YearsOfDriving.StartAsync(folder, size);
        var city = City.Berlin();
        var script = new LifeScript(CarIdentity.Number(7, "Driving"), CarModel.Model3, city.Home, start, seed: 7, level: 90);
        for (var trip = 0; trip < 3; trip++)
            script.Drive(city.ToCharger).Drive(city.ToCharger.Reversed());
        await using var cloud = new TeslaCloud([script.Build()], TimeProvider.System, city.Places);
        await cloud.StartAsync();
        await using var database = NpgsqlDataSource.Create(cluster.ConnectionString(YearsOfDriving.InOrder) + ";Command Timeout=0");
        // When each row came; those of before have none.
        await YearsOfDriving.ExecuteAsync(database, """
            alter table positions add column if not exists stored_at timestamp;
            alter table positions alter column stored_at set default (clock_timestamp() at time zone 'utc')
            """);
        await using var program = new ProgramWithCars(cluster, cloud, folder, YearsOfDriving.InOrder);
        await program.SignInAsync(database);
        program.Start();
        using var http = program.Client();
        await ProgramWithCars.ReadyAsync(http);
        await DrivesAsync(database);

        var quietFrom = TimeProvider.System.GetUtcNow();
        await Task.Delay(Quiet);
        await PrintLatenessAsync("without it", database, quietFrom);

        var before = Resident(program.Process);
        var most = before;
        var began = TimeProvider.System.GetUtcNow();
        using var stop = new CancellationTokenSource();
        var sampling = SampleAsync(stop.Token);
        foreach (var list in (string[])[
            "", "/status", $"/drives?{Everything}", $"/charges?{Everything}", $"/updates?{Everything}", "/battery-health"])
        {
            var watch = Stopwatch.StartNew();
            var bytes = (await http.GetByteArrayAsync($"/api/v1/cars/1{list}")).Length;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"cars/1{list}: {bytes / 1e6:0.00} MB in {watch.Elapsed.TotalSeconds:0.00} s"));
        }

        await AskForDetailsAsync(http, details);
        await stop.CancelAsync();
        await sampling;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"all of it took {(TimeProvider.System.GetUtcNow() - began).TotalSeconds:0} s; {before / 1048576.0:0.0} MB resident before, "
            + $"{(most - before) / 1048576.0:0.0} MB more at most"));
        await PrintLatenessAsync("meanwhile", database, began);

        async Task SampleAsync(CancellationToken cancellationToken)
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                most = Math.Max(most, Resident(program.Process));
                await Task.Delay(100, CancellationToken.None);
            }
        }
    }

    static async Task AskForDetailsAsync(HttpClient http, int most)
    {
        var paths = new List<string>();
        foreach (var (list, member, id) in ((string, string, string)[])[("drives", "drives", "drive_id"), ("charges", "charges", "charge_id")])
        {
            await using var rows = await http.GetStreamAsync($"/api/v1/cars/1/{list}?{Everything}");
            using var document = await JsonDocument.ParseAsync(rows);
            paths.AddRange(document.RootElement.GetProperty("data").GetProperty(member).EnumerateArray()
                .Select(row => string.Create(CultureInfo.InvariantCulture, $"/api/v1/cars/1/{list}/{row.GetProperty(id).GetInt32()}")));
        }

        // Drives and charges in the proportion in which there are of them.
        var chosen = paths.Count <= most ? paths : [.. Enumerable.Range(0, most).Select(number => paths[(int)((long)number * paths.Count / most)])];
        var took = new List<double>();
        var (bytes, refused) = (0L, 0);
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(chosen, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (path, cancellationToken) =>
        {
            var asked = Stopwatch.StartNew();
            using var response = await http.GetAsync(path, cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            var isWhole = response.IsSuccessStatusCode && body.AsSpan().StartsWith("{\"data\""u8);
            lock (took)
            {
                took.Add(asked.Elapsed.TotalMilliseconds);
                bytes += body.Length;
                refused += isWhole ? 0 : 1;
            }
        });
        took.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{chosen.Count} details of {paths.Count}: {bytes / 1e6:0} MB in {watch.Elapsed.TotalSeconds:0} s, "
            + $"{chosen.Count / watch.Elapsed.TotalSeconds:0} a second, median {took[took.Count / 2]:0} ms, "
            + $"99 % {took[took.Count * 99 / 100]:0} ms, longest {took[^1]:0} ms; {refused} refused"));
    }

    /// <summary>Waits until the driving car's rows arrive.</summary>
    static async Task DrivesAsync(NpgsqlDataSource database)
    {
        for (var attempt = 0; attempt < 300; attempt++)
        {
            await using var command = database.CreateCommand("select count(*) from positions where stored_at is not null and drive_id is not null");
            if (await command.ExecuteScalarAsync() is > 5L)
                return;
            await Task.Delay(200);
        }

        throw new InvalidOperationException("The car does not drive.");
    }

    static async Task PrintLatenessAsync(string when, NpgsqlDataSource database, DateTimeOffset from)
    {
        await using var command = database.CreateCommand("""
            select count(*), coalesce(percentile_cont(0.5) within group (order by late), 0),
                coalesce(percentile_cont(0.99) within group (order by late), 0), coalesce(max(late), 0), coalesce(max(gap), 0)
            from (
                select extract(epoch from stored_at - date) as late, extract(epoch from date - lag(date) over (order by date)) as gap
                from positions where stored_at > $1
            ) as rows
            """);
        command.Parameters.AddWithValue(DateTime.SpecifyKind(from.UtcDateTime, DateTimeKind.Unspecified));
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"rows of the driving car {when}: {reader.GetInt64(0)}, from reading to row {reader.GetDouble(1) * 1000:0} ms (median), "
            + $"{reader.GetDouble(2) * 1000:0} ms (99 %), {reader.GetDouble(3) * 1000:0} ms (longest); longest gap between readings "
            + $"{reader.GetDouble(4):0.0} s; load average {File.ReadAllText("/proc/loadavg").Split(' ')[0]}"));
    }

    static long Resident(Process process)
    {
        process.Refresh();
        return process.WorkingSet64;
    }
}
