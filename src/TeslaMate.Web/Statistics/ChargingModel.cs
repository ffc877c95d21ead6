using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>What was charged, where, and at which price (M4, M6, M7, M8; spec charts 5.1).</summary>
/// <param name="Charges">The counted charges of the window; null without any charging process.</param>
/// <param name="Total">The window as a whole, for what a kWh costs on the road.</param>
/// <param name="LeftOut">Charges whose rows are not read yet: whether they are AC or DC is unknown.</param>
public sealed record ChargingModel(
    StatisticsRequest Request, ChargePeriod? Charges, PeriodStatistics? Total, ChartModel Energy, ChartModel Cost, ChartModel Levels,
    RouteMapModel Map, DataTable Places, long LeftOut)
    : StatisticsModel(Request)
{
    public override IReadOnlyList<DataTable> Tables => [Energy.Table!, Levels.Table!, Places];

    public static async Task<ChargingModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        var (window, texts, units, measures) = (request.Window, request.Context.Texts, request.Context.Units, request.Measures);
        var whole = window with { Period = Period.Total };
        // At once: over years each of them takes its time.
        var ofCharges = measures.ChargeStatisticsAsync(whole, null, null, cancellationToken).FirstOrDefaultAsync(cancellationToken).AsTask();
        var ofPeriods = measures.StatisticsWithTotalAsync(window, cancellationToken);
        var ofPlaces = measures.ChargingPlacesAsync(window, null, null, cancellationToken).ToListAsync(cancellationToken).AsTask();
        var ofBegins = LevelsAsync(ChargeSide.Start);
        var ofEnds = LevelsAsync(ChargeSide.End);
        var ofLeftOut = measures.LeftOutAsync(window, cancellationToken);
        await Task.WhenAll(ofCharges, ofPeriods, ofPlaces, ofBegins, ofEnds, ofLeftOut);
        var (charges, (total, periods), places, begins, ends) = (await ofCharges, await ofPeriods, await ofPlaces, await ofBegins, await ofEnds);

        var labels = periods.Select(period => period.Label).ToList();
        IReadOnlyList<string?> links = [.. periods.Select(period => request.Link("/charging-stops", period.PeriodFrom, period.PeriodTo))];
        var (byEnergy, byCost) = (PeriodMeasure.Find("energy"), PeriodMeasure.Find("cost"));
        var energy = ChartModel.OfCategories("energy", texts[byEnergy.Title], labels,
            charges?.Charges > 0 ? byEnergy.Series(periods, texts, units) : [],
            new TableOf<PeriodStatistics>("energy", "Charges per period", request, [.. periods.AsEnumerable().Reverse()])
                .Text("Period", period => period.Label, period => request.Link("/charging-stops", period.PeriodFrom, period.PeriodTo))
                .Number("Charges", null, period => period.Charges)
                .Number("Energy added", "kWh", period => period.EnergyAddedKwh, 1, isMinor: true)
                .Number("Energy used", "kWh", period => period.EnergyUsedKwh, 1)
                .Number("AC", "kWh", period => period.EnergyUsedAcKwh, 1, isMinor: true)
                .Number("DC", "kWh", period => period.EnergyUsedDcKwh, 1, isMinor: true)
                .Duration("Charging time", period => period.ChargingSeconds, isMinor: true)
                .Share("Charging efficiency", period => period.ChargeEfficiency).FileOnly()
                .Money("Cost", period => period.Cost, note: period => request.PricedBriefly(period.PriceCoverage))
                .Number("Price per kWh", null, period => period.PricePerKwh, 3)
                .Build()) with
        { Links = links, Empty = NoCharge(request) };
        var cost = ChartModel.OfCategories("cost", texts[byCost.Title], labels, byCost.Series(periods, texts, units)) with
        { Links = links, Empty = request.NoPrice() };
        var classes = Histogram.Classes([.. begins.Keys, .. ends.Keys], width: 5);
        var levels = ChartModel.OfCategories("levels", texts["Levels at which charges begin and end"],
            [.. classes.Select(level => $"{level} %")],
            [
                ChartSeries.Of(texts["Begin"], "", classes.Select(level => Count(begins, level)), decimals: 0),
                ChartSeries.Of(texts["End"], "", classes.Select(level => Count(ends, level)), colour: 2, decimals: 0),
            ],
            new TableOf<int>("levels", "Levels at which charges begin and end", request, classes)
                .Number("Level from", "%", level => level)
                .Number("Begin", null, level => Count(begins, level))
                .Number("End", null, level => Count(ends, level))
                .Build()) with
        { Min = 0, Empty = NoCharge(request) };
        var placeTable = new TableOf<ChargingPlace>("places", "Places of charges", request, places)
            .Name("Place", place => place.Place ?? texts["unknown place"])
            .Number("Charges", null, place => place.Charges)
            .Number("Energy added", "kWh", place => place.EnergyAddedKwh, 1)
            .Share("Share", place => place.EnergyShare, isMinor: true)
            .Duration("Charging time", place => place.ChargingSeconds, isMinor: true)
            .Money("Cost", place => place.Cost, note: place => request.PricedBriefly(place.PriceCoverage))
            .Number("Price per kWh", null, place => place.PricePerKwh, 3)
            .Moment("Last charge", place => place.LastCharge, isMinor: true)
            .Build();
        return new(request, charges, total, energy, cost, levels, MapOf(request, places), placeTable,
            (await ofLeftOut).Charges);

        Task<Dictionary<int, long>> LevelsAsync(ChargeSide side) => measures.ChargeLevelsAsync(window, side, cancellationToken)
            .ToDictionaryAsync(level => level.Level, level => level.Charges, cancellationToken: cancellationToken).AsTask();
    }

    /// <summary>Why there is nothing to show.</summary>
    internal static string NoCharge(StatisticsRequest request) => request.Context.Texts["Needs a charge that has ended and added energy."];

    /// <summary>Places of charges, the larger the more energy.</summary>
    internal static RouteMapModel MapOf(StatisticsRequest request, IReadOnlyList<ChargingPlace> places) => new([], [.. places.Select(place
        => new MapMarker(place.Latitude, place.Longitude, place.ChargesDc * 2 > place.Charges ? "dc" : "ac",
            $"{place.Place ?? request.Context.Texts["unknown place"].Value}: {Layout.Units.Fixed(place.EnergyAddedKwh, 1)} kWh",
            Weight: place.EnergyShare ?? 0))]);

    static double? Count(Dictionary<int, long> counts, int level) => counts.TryGetValue(level, out var count) ? count : 0;
}
