using System.Globalization;
using TeslaMate.Measures;
using TeslaMate.Web.Charts;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Statistics;

/// <summary>Statistics by period (P10; spec charts 6.3): bars of one measure, a calendar, the same months of other years, and the table with all of
/// them.</summary>
/// <param name="Total">The window as a whole.</param>
/// <param name="Bars">The chosen measure per period.</param>
/// <param name="Years">The same months of several years; null unless the window has them.</param>
/// <param name="Days">The last 13 months of the window.</param>
public sealed record PeriodsModel(
    StatisticsRequest Request, PeriodMeasure Measure, PeriodStatistics? Total, ChartModel Bars, ChartModel? Years,
        IReadOnlyList<CalendarDay> Days, DataTable Table)
    : StatisticsModel(Request)
{
    public override IReadOnlyList<DataTable> Tables => Years?.Table is { } years ? [Table, years] : [Table];

    public static async Task<PeriodsModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        request.Parameters = ["measure"];
        var (window, texts, units) = (request.Window, request.Context.Texts, request.Context.Units);
        var measure = PeriodMeasure.Find(request.Parameter("measure"));
        // A year of whole months and the one that is going on.
        var last = LocalCalendar.DayOf(window.Until!.Value.AddTicks(-1), window.Zone);
        var year = LocalCalendar.Begin(new DateOnly(last.Year - 1, last.Month, 1), window.Zone);
        var since = year > window.Since ? year : window.Since;
        // At once: over years each of them takes its time.
        var ofPeriods = request.Measures.StatisticsAsync(window, cancellationToken).ToListAsync(cancellationToken).AsTask();
        var allOfIt = request.Measures.StatisticsAsync(window with { Period = Period.Total }, cancellationToken)
            .FirstOrDefaultAsync(cancellationToken).AsTask();
        var ofDays = request.Measures.StatisticsAsync(window with { Since = since, Period = Period.Day }, cancellationToken)
            .ToListAsync(cancellationToken).AsTask();
        await Task.WhenAll(ofPeriods, allOfIt, ofDays);
        var (periods, total, days) = (await ofPeriods, await allOfIt, await ofDays);

        var table = TableFor(request, periods);
        var bars = ChartModel.OfCategories("bars", texts[measure.Title], [.. periods.Select(period => period.Label)],
            total is null or { Drives: 0, Charges: 0 } ? [] : measure.Series(periods, texts, units), table) with
        {
            Links = [.. periods.Select(period => Within(request, period))],
            Empty = total is { Drives: > 0 } or { Charges: > 0 } && measure.Missing is { } missing ? texts[missing].Value : null,
        };
        return new(request, measure, total, bars, YearsOf(request, measure, periods), [.. days.Select(Day)], table);

        CalendarDay Day(PeriodStatistics day)
        {
            var value = measure.Value(day, units);
            return new(day.PeriodKey, value ?? 0,
                $"{day.Label}: {(value is { } known ? $"{Units.Fixed(known, measure.Decimals)} {measure.Unit(units)}" : "–")}",
                request.Link("/timeline", day.PeriodFrom, day.PeriodTo));
        }
    }

    /// <summary>The table of periods, which other pages have too.</summary>
    internal static DataTable TableFor(StatisticsRequest request, IReadOnlyList<PeriodStatistics> periods)
    {
        var units = request.Context.Units;
        return new TableOf<PeriodStatistics>("periods", "Periods", request, [.. periods.Reverse()])
            .Text("Period", period => period.Label, period => Within(request, period), period => OpenNote(request, period))
            .Number("Drives", null, period => period.Drives)
            .Duration("Driving time", period => period.DrivingSeconds, isMinor: true)
            .Number("Distance", units.LengthUnit, period => units.Length(period.DistanceKm), 1)
            .Number("Not logged", units.LengthUnit, period => units.Length(period.GapKm), 1, isMinor: true)
            .Number("Ø Outside", units.TemperatureUnit, period => period.OutsideTempC is { } degrees ? units.Degrees(degrees) : null, 1,
                isMinor: true)
            .Number("Consumption (net)", units.ConsumptionUnit, period => period.NetWhPerKm is { } net ? units.ConsumptionNumber(net) : null,
                note: period => request.CoveredBriefly(period.NetCoverage), isMinor: true)
            .Number("Consumption (gross)", units.ConsumptionUnit, period => period.GrossWhPerKm is { } gross ? units.ConsumptionNumber(gross) : null,
                note: period => request.CoveredBriefly(period.GrossCoverage))
            .Share("Gross covers", period => period.GrossCoverage).FileOnly()
            .Number("Charges", null, period => period.Charges, isMinor: true)
            .Number("Energy used", "kWh", period => period.EnergyUsedKwh, 1)
            .Money("Cost", period => period.Cost, note: period => request.PricedBriefly(period.PriceCoverage))
            .Number("Price per kWh", null, period => period.PricePerKwh, 3, isMinor: true)
            .Share("Priced", period => period.PriceCoverage).FileOnly()
            .Number(units.UsesMiles ? "Cost per 100 mi" : "Cost per 100 km", null, period => period.CostPer100Km is { } cost
                ? cost / units.Length(1) : null, 2, isMinor: true)
            .Build();
    }

    /// <summary>What a period leads to: the same page divided more finely, and a day to what happened on it.</summary>
    static string? Within(StatisticsRequest request, PeriodStatistics period) => request.Window.Period switch
    {
        Period.Year => request.Link("/statistics", period.PeriodFrom, period.PeriodTo, Period.Month, ("measure", request.Parameter("measure"))),
        Period.Quarter or Period.Month or Period.Week
            => request.Link("/statistics", period.PeriodFrom, period.PeriodTo, Period.Day, ("measure", request.Parameter("measure"))),
        Period.Day => request.Link("/timeline", period.PeriodFrom, period.PeriodTo),
        _ => null,
    };

    static string? OpenNote(StatisticsRequest request, PeriodStatistics period)
        => period.OpenDrives + period.UncountedDrives + period.OpenCharges is > 0 and var open
            ? request.Context.Texts["{0} open or incomplete", open].Value : null;

    static ChartModel? YearsOf(StatisticsRequest request, PeriodMeasure measure, List<PeriodStatistics> periods)
    {
        if (request.Window.Period != Period.Month)
            return null;
        var years = periods.GroupBy(period => period.PeriodKey.Year).OrderByDescending(year => year.Key).Take(5).ToList();
        if (years.Count < 2)
            return null;
        var (texts, units) = (request.Context.Texts, request.Context.Units);
        var names = Enumerable.Range(1, 12).Select(month => month.ToString("00", CultureInfo.InvariantCulture)).ToList();
        var values = years.Select(year => (Year: year.Key.ToString(CultureInfo.InvariantCulture), Values: Enumerable.Range(1, 12)
            .Select(month => year.FirstOrDefault(period => period.PeriodKey.Month == month) is { } period ? measure.Value(period, units) : null)
                .ToList())).ToList();
        var table = new TableOf<int>("years", "Same months of other years", request, [.. Enumerable.Range(0, 12)])
            .Text("Month", month => names[month]);
        foreach (var year in values)
            table.Number(year.Year, measure.Unit(units), month => year.Values[month], measure.Decimals);
        return ChartModel.OfCategories("years", texts["Same months of other years"], names,
            [.. values.Select((year, index) => ChartSeries.Of(year.Year, measure.Unit(units), year.Values, colour: index + 1))],
                table.Build()) with
        { Min = 0 };
    }
}
