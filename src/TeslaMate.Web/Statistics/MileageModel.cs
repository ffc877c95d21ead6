using TeslaMate.Logbook;
using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>Mileage (M13, M21, P21; spec charts 5.1): the odometer, what of it was logged, the pace, and the allowance.</summary>
/// <param name="Budget">Null where the owner has given none.</param>
/// <param name="Input">What the form of the budget shows.</param>
/// <param name="Errors">What is wrong with it.</param>
public sealed record MileageModel(
    StatisticsRequest Request, PeriodStatistics? Total, Extrapolation Pace, MileageBudget? Budget, double? OdometerKm, ChartModel Odometer,
        ChartModel Periods, BudgetInput Input, IReadOnlyList<FieldError> Errors)
    : StatisticsModel(Request)
{
    public override IReadOnlyList<DataTable> Tables => [Odometer.Table!, Periods.Table!];

    public static async Task<MileageModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        var (window, texts, units, measures) = (request.Window, request.Context.Texts, request.Context.Units, request.Measures);
        // At once: over years each of them takes its time.
        var ofSteps = measures.MileageAsync(window, cancellationToken).OrderBy(step => step.StartDate).ToListAsync(cancellationToken).AsTask();
        var ofPeriods = measures.StatisticsWithTotalAsync(window, cancellationToken);
        var ofPace = measures.ExtrapolationAsync(window, cancellationToken);
        var ofBudget = measures.MileageBudgetAsync(window, cancellationToken);
        await Task.WhenAll(ofSteps, ofPeriods, ofPace, ofBudget);
        var (steps, (total, periods), budget) = (await ofSteps, await ofPeriods, await ofBudget);

        var thinned = Thin(steps.SelectMany(step => new[] { (step.StartDate, step.StartKm), (step.EndDate, step.EndKm) }).ToList(), 1500);
        var series = new List<ChartSeries>
        {
            ChartSeries.Of(texts["Odometer"], units.LengthUnit, thinned.Select(point => (double?)units.Length(point.Km)), decimals: 1),
        };
        if (budget is not null)
        {
            var allowed = await measures.AllowedOdometerAsync(window, [.. thinned.Select(point => point.At).Distinct()], cancellationToken)
                .ToDictionaryAsync(point => point.Moment, point => point.OdometerKm, cancellationToken: cancellationToken);
            series.Add(ChartSeries.Of(texts["Allowance"], units.LengthUnit,
                thinned.Select(point => allowed.TryGetValue(point.At, out var km) ? units.Length(km) : (double?)null), colour: 2, decimals: 1));
        }

        var odometer = ChartModel.OverTime("odometer", texts["Odometer"], thinned.Select(point => point.At), series,
            new TableOf<MileageStep>("odometer", "Odometer", request, [.. steps.AsEnumerable().Reverse()])
                .Moment("Start", step => step.StartDate, step => request.Context.Url($"/drive/{step.DriveId}"))
                .Moment("End", step => step.EndDate, isMinor: true)
                .Number("Odometer at the start", units.LengthUnit, step => units.Length(step.StartKm), 1, isMinor: true)
                .Number("Odometer at the end", units.LengthUnit, step => units.Length(step.EndKm), 1)
                .Number("Logged", units.LengthUnit, step => units.Length(step.LoggedKm), 1)
                .Number("Not logged", units.LengthUnit, step => units.Length(step.GapKm), 1)
                .Build());
        var bars = ChartModel.OfCategories("mileage", texts["Distance per period"], [.. periods.Select(period => period.Label)],
            [
                ChartSeries.Of(texts["Logged"], units.LengthUnit, periods.Select(period => (double?)units.Length(period.DistanceKm)),
                    ChartShape.Bars),
                ChartSeries.Of(texts["Not logged"], units.LengthUnit, periods.Select(period => (double?)units.Length(Math.Max(period.GapKm, 0))),
                    ChartShape.Bars, 2),
            ],
            new TableOf<PeriodStatistics>("mileage", "Distance per period", request, [.. periods.AsEnumerable().Reverse()])
                .Text("Period", period => period.Label, period => request.Link("/mileage", period.PeriodFrom, period.PeriodTo))
                .Number("Logged", units.LengthUnit, period => units.Length(period.DistanceKm), 1)
                .Number("Not logged", units.LengthUnit, period => units.Length(period.GapKm), 1)
                .Number("By odometer", units.LengthUnit, period => units.Length(period.OdometerKm), 1)
                .Number("Odometer at the end", units.LengthUnit, period => period.OdometerEndKm is { } km ? units.Length(km) : null, 1)
                .Build()) with
        { Links = [.. periods.Select(period => request.Link("/timeline", period.PeriodFrom, period.PeriodTo))] };
        return new(request, total, await ofPace,
            budget, steps.Count > 0 ? steps[^1].EndKm : null, odometer, bars, BudgetInput.Of(budget, units), []);
    }

    static List<(DateTimeOffset At, double Km)> Thin(List<(DateTimeOffset At, double Km)> points, int most)
        => points.Count <= most ? points : [.. points.Where((_, index) => index % (points.Count / most + 1) == 0 || index == points.Count - 1)];
}
