using System.Diagnostics;
using System.Globalization;
using Npgsql;
using TeslaMate.Tests.Grafana;

namespace TeslaMate.Benchmarks.Web;

/// <summary>
/// How long each query of our Grafana dashboards takes for the first car, over the window that its dashboard opens with and over all years
/// (<c>panels FOLDER [positions [drives]]</c>), on the database of <see cref="YearsOfDriving"/>.
/// </summary>
static class PanelMeasurements
{
    const int Times = 20;

    public static async Task RunAsync(string folder, YearsOfDriving.Size size)
    {
        await using var cluster = await YearsOfDriving.StartAsync(folder, size);
        await using var source = NpgsqlDataSource.Create(cluster.ConnectionString(YearsOfDriving.InOrder) + ";Command Timeout=0");
        await using var connection = await source.OpenConnectionAsync();
        var server = new ServerTime(cluster);
        var fences = string.Join(',', await ColumnAsync(connection, "select 0 union all select id from public.geofences"));
        var now = TimeProvider.System.GetUtcNow();
        var all = new List<Panel>();
        foreach (var (name, json) in DashboardQueries.All())
        {
            var values = json["templating"]!["list"]!.AsArray().ToDictionary(variable => (string)variable!["name"]!,
                variable => (string)variable!["name"]! switch
                {
                    "car_id" or "charging_process_id" => "1",
                    "drive_id" => (size.Drives / 2).ToString(CultureInfo.InvariantCulture),
                    "length_unit" => "km",
                    "temp_unit" => "C",
                    "pressure_unit" => "bar",
                    "geofence" => fences,
                    _ => (string?)variable["current"]?["value"] ?? "",
                });
            var opens = DashboardQueries.Moment((string)json["time"]!["from"]!, now);
            foreach (var (window, from) in ((string, DateTimeOffset)[])[("as it opens", opens), ("all years", now.AddYears(-10))])
            {
                var panels = new List<Panel>();
                foreach (var panel in json["panels"]!.AsArray().Select(panel => panel!.AsObject()))
                {
                    foreach (var target in DashboardQueries.Targets(panel))
                    {
                        var sql = DashboardQueries.Expand((string)target["rawSql"]!, from, now, "Europe/Berlin", variable => values[variable]);
                        panels.Add(await MeasureAsync(connection, server, sql, $"{name} / {panel["title"]}, {window}"));
                    }
                }

                if (panels.Count == 0)
                    continue;
                var slowest = panels.MaxBy(panel => panel.Median)!;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{name}, {window}: {panels.Count} queries, {panels.Sum(panel => panel.Median):0} ms in all, "
                        + $"{panels.Sum(panel => panel.Processor):0} ms of a processor; slowest {slowest}"));
                all.AddRange(panels);
            }
        }

        foreach (var panel in all.OrderByDescending(panel => panel.Median).Take(15))
            Console.WriteLine($"    {panel}");
    }

    /// <summary>What a query takes, in ms: from sending to the last row, and the server's processor.</summary>
    sealed record Panel(double Median, double Slow, double Processor, string What)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{Median,7:0.0} ms, 95 % {Slow,7:0.0} ms, {Processor,4:0} ms of a processor: {What}");
    }

    /// <summary>Runs a query many times, after one that is not counted.</summary>
    static async Task<Panel> MeasureAsync(NpgsqlConnection connection, ServerTime server, string sql, string what)
    {
        var took = new List<double>();
        var before = TimeSpan.Zero;
        for (var number = 0; number <= Times; number++)
        {
            var clock = Stopwatch.StartNew();
            await using var command = new NpgsqlCommand(sql, connection);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
            }

            if (number == 0)
                before = server.Taken();
            else
                took.Add(clock.Elapsed.TotalMilliseconds);
        }

        var processor = (server.Taken() - before).TotalMilliseconds / Times;
        took.Sort();
        return new(took[Times / 2], took[Times * 95 / 100 - 1], processor, what);
    }

    static async Task<List<string>> ColumnAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
            values.Add(reader.GetInt32(0).ToString(CultureInfo.InvariantCulture));
        return values;
    }
}
