using TeslaMate.Measures;
using TeslaMate.Web.Charts;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Cars;

/// <summary>A car's last 24 hours and its day so far (spec charts 5.2).</summary>
/// <param name="Today">Null for a car without a log.</param>
/// <param name="Level">Level and charging power.</param>
public sealed record CarOverviewModel(
    short Car, string Name, PeriodStatistics? Today, IReadOnlyList<StateSpan> Spans, ChartModel Level, DateTimeOffset Since, DateTimeOffset Until,
        TimeZoneInfo Zone)
{
    /// <summary>The steps of the series.</summary>
    static readonly TimeSpan Step = TimeSpan.FromMinutes(15);

    internal static async Task<CarOverviewModel> ReadAsync(
        MeasureReader measures, PageContext context, short car, string name, TimeZoneInfo zone, CancellationToken cancellationToken)
    {
        var (now, texts) = (context.Now, context.Texts);
        var day = new MeasureWindow(car, now.AddHours(-24), now, zone, Period.Total, now);
        // Beside the others: it takes as long as all of them.
        var ofToday = measures.StatisticsAsync(day with { Since = LocalCalendar.Begin(day.Today, zone) }, cancellationToken)
            .FirstOrDefaultAsync(cancellationToken).AsTask();
        var ofDay = SeriesAsync();
        await Task.WhenAll(ofToday, ofDay);
        var (today, (spans, levels, charging)) = (await ofToday, await ofDay);

        var points = new SortedDictionary<DateTimeOffset, (double? Level, double? Power)>();
        foreach (var point in levels)
            points[Floor(point.Date)] = (point.Level, null);
        foreach (var point in charging)
            points[Floor(point.Date)] = (points.GetValueOrDefault(Floor(point.Date)).Level ?? point.Level, point.PowerKw);
        // Power ends with the charge, not with the next reading.
        foreach (var after in charging.Select(point => Floor(point.Date) + Step).Where(after => after < now && !points.ContainsKey(after)).ToList())
            points[after] = (null, 0);
        List<ChartSeries> series = [ChartSeries.Of(texts["Battery level"], "%", points.Values.Select(point => point.Level), decimals: 1)];
        if (charging.Count > 0)
            series.Add(ChartSeries.Of(texts["Charger Power"], "kW", points.Values.Select(point => (double?)(point.Power ?? 0)), ChartShape.Step,
                3, 1));
        var chart = ChartModel.OverTime($"level-{car}", texts["Battery level"], points.Keys, series) with
        {
            Min = 0,
            Max = 100,
            Span = (day.Since!.Value.ToUnixTimeSeconds(), now.ToUnixTimeSeconds()),
            Empty = texts["The car told nothing of its battery in the last 24 hours: it was asleep or out of reach."],
        };
        return new(car, name, today, spans, chart, day.Since.Value, now, zone);

        async Task<(List<StateSpan> Spans, List<LevelPoint> Levels, List<ChargingPoint> Charging)> SeriesAsync()
            => (await measures.StateSpansAsync(day, cancellationToken).ToListAsync(cancellationToken),
                await measures.LevelSeriesAsync(day, 96, cancellationToken).ToListAsync(cancellationToken),
                await measures.ChargingSeriesAsync(day, 96, cancellationToken).ToListAsync(cancellationToken));
    }

    static DateTimeOffset Floor(DateTimeOffset at) => new(at.Ticks - at.Ticks % Step.Ticks, at.Offset);
}
