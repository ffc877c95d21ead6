using System.Globalization;
using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>All cars side by side (P20; spec charts 6.3): one measure over the periods, and the sums of each.</summary>
/// <param name="Hidden">Cars that are left out.</param>
public sealed record AllCarsModel(
    StatisticsRequest Request, PeriodMeasure Measure, IReadOnlySet<int> Hidden, ChartModel Chart, DataTable Cars)
    : StatisticsModel(Request)
{
    // Colours of the theme.
    const int MostLines = 6;

    // Of a household's cars all; of many so few that other pages have connections too.
    const int AtOnce = 3;

    public override IReadOnlyList<DataTable> Tables => [Chart.Table!, Cars];

    public static async Task<AllCarsModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        request.Parameters = ["measure", "hide"];
        var (texts, units, measures) = (request.Context.Texts, request.Context.Units, request.Measures);
        var measure = PeriodMeasure.Find(request.Parameter("measure"));
        // A form with several ticks sends the name several times, which reads as one list.
        var hidden = (request.Parameter("hide") ?? "").Split(',')
            .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var car) ? car : 0)
            .Where(car => car > 0).ToHashSet();
        var window = request.Window;
        if (request.Query.Window.Since is null)
        {
            // All of the time is that of the oldest log.
            foreach (var car in request.Cars)
            {
                if (await measures.FirstEventAsync(car.CarId, cancellationToken) is { } first && first < window.Since)
                    window = window with { Since = LocalCalendar.Begin(LocalCalendar.DayOf(first, window.Zone), window.Zone) };
            }
        }

        // Some at once: over years each of them takes its time.
        var shown = new List<(CarLabel Car, PeriodStatistics? Total, IReadOnlyList<PeriodStatistics> Periods)>();
        foreach (var few in request.Cars.Where(car => !hidden.Contains(car.CarId)).Chunk(AtOnce))
        {
            var statistics = await Task.WhenAll(
                few.Select(car => measures.StatisticsWithTotalAsync(window with { Car = car.CarId }, cancellationToken)));
            shown.AddRange(few.Zip(statistics, (car, one) => (car, one.Total, one.Periods)));
        }

        // Each has every period of the window.
        var labels = shown.SelectMany(car => car.Periods).OrderBy(period => period.PeriodKey).Select(period => period.Label).Distinct().ToList();
        var values = shown.Select(car => car.Periods.ToDictionary(period => period.Label, period => measure.Value(period, units))).ToList();
        var byPeriod = new TableOf<string>("periods", "Periods", request, [.. labels.AsEnumerable().Reverse()]).Text("Period", label => label);
        foreach (var (car, byLabel) in shown.Zip(values))
            byPeriod.Number(car.Car.Label, measure.Unit(units), label => byLabel.GetValueOrDefault(label), measure.Decimals);
        var isEmpty = shown.All(car => car.Total is null or { Drives: 0, Charges: 0, OpenDrives: 0, OpenCharges: 0 });
        var chart = ChartModel.OfCategories("cars-over-time", texts[measure.Title], labels,
            isEmpty ? [] : [.. shown.Take(MostLines).Select((car, index) => ChartSeries.Of(car.Car.Label, measure.Unit(units),
                labels.Select(label => values[index].GetValueOrDefault(label)), colour: index + 1, decimals: measure.Decimals))],
            byPeriod.Build()) with
        { Min = 0 };
        var cars = new TableOf<(CarLabel Car, PeriodStatistics? Total, IReadOnlyList<PeriodStatistics> Periods)>("cars", "Cars", request, shown)
            .Name("Car", car => car.Car.Label, car => StatisticsOf(request, car.Car.CarId))
            .Number("Distance", units.LengthUnit, car => car.Total is { } all ? units.Length(all.DistanceKm) : null, 1)
            .Number("Drives", null, car => car.Total?.Drives, isMinor: true)
            .Duration("Driving time", car => car.Total?.DrivingSeconds, isMinor: true)
            .Number("Consumption (net)", units.ConsumptionUnit, car => car.Total?.NetWhPerKm is { } net ? units.ConsumptionNumber(net) : null,
                note: car => request.CoveredBriefly(car.Total?.NetCoverage))
            .Number("Energy charged", "kWh", car => car.Total?.EnergyUsedKwh, 1)
            .Money("Cost", car => car.Total?.Cost, note: car => request.PricedBriefly(car.Total?.PriceCoverage))
            .Number("Odometer", units.LengthUnit, car => car.Total?.OdometerEndKm is { } km ? units.Length(km) : null, isMinor: true)
            .Build();
        return new(request, measure, hidden, chart, cars);
    }

    static string StatisticsOf(StatisticsRequest request, int car) => request.LinkOf(car, "/statistics");
}
