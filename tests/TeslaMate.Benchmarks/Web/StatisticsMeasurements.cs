using System.Diagnostics;
using System.Globalization;
using Npgsql;
using TeslaMate.Logbook.Statistics;

namespace TeslaMate.Benchmarks.Web;

/// <summary>
/// How long the statistics take that <c>teslamate rebuild-statistics</c> makes (<c>statistics FOLDER [positions [drives]]</c>): of the database in
/// order, and of each other layout that <c>pages-data</c> made in the folder.
/// </summary>
static class StatisticsMeasurements
{
    public static async Task RunAsync(string folder, YearsOfDriving.Size size)
    {
        await using var cluster = await YearsOfDriving.StartAsync(folder, size);
        foreach (var layout in YearsOfDriving.Layouts)
        {
            if (!await YearsOfDriving.HasAsync(cluster, layout))
                continue;
            await using var database = NpgsqlDataSource.Create(cluster.ConnectionString(layout) + ";Command Timeout=0");
            Console.WriteLine($"positions {layout}: {await RebuildAsync(database)}");
        }
    }

    /// <summary>Makes all statistics anew.</summary>
    /// <returns>Seconds of each part and of all.</returns>
    public static async Task<string> RebuildAsync(NpgsqlDataSource database)
    {
        var clock = Stopwatch.StartNew();
        var parts = new Parts(clock);
        await new StatisticsStore(database).RebuildAsync(car: null, parts, CancellationToken.None);
        return string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:0.0} s ({parts})");
    }

    sealed class Parts(Stopwatch clock) : IProgress<StatisticsProgress>
    {
        readonly Dictionary<string, TimeSpan> _took = [];
        TimeSpan _last;

        public void Report(StatisticsProgress value)
        {
            _took[value.What] = _took.GetValueOrDefault(value.What) + (clock.Elapsed - _last);
            _last = clock.Elapsed;
        }

        public override string ToString()
            => string.Join(", ", _took.Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Key} {part.Value.TotalSeconds:0.0} s")));
    }
}
