using TeslaMate.Measures;
using TeslaMate.Web.Cars;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>Which software was in use when, and what range and consumption it had (M17; spec charts 5.1).</summary>
/// <param name="Newest">The update that is in use at the end of the window; null without any.</param>
public sealed record SoftwareModel(StatisticsRequest Request, int Count, SoftwareVersion? Newest, ChartModel Range, DataTable Versions)
    : StatisticsModel(Request)
{
    public override IReadOnlyList<DataTable> Tables => [Versions];

    public static async Task<SoftwareModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        var (texts, units) = (request.Context.Texts, request.Context.Units);
        var versions = await request.Measures.SoftwareVersionsAsync(request.Window, cancellationToken).ToListAsync(cancellationToken);
        var table = new TableOf<SoftwareVersion>("versions", "Software versions", request, versions)
            .Text("Version", version => version.Version ?? texts["unknown"], version => CarCard.ReleaseNotes(version.Version))
            .Moment("Installed", version => version.StartDate, note: version => version.IsInstalling ? texts["installing"].Value : null)
            .Duration("Installation", version => version.DurationSeconds, isMinor: true)
            .Number("Days after the one before", null, version => version.SincePreviousDays, isMinor: true)
            .Duration("In use", version => (version.InUseTo - version.InUseFrom).TotalSeconds)
            .Number("Drives", null, version => version.Drives, isMinor: true)
            .Number("Distance", units.LengthUnit, version => units.Length(version.DistanceKm))
            .Number("Charges", null, version => version.Charges, isMinor: true)
            .Number("Consumption (net)", units.ConsumptionUnit, version => version.NetWhPerKm is { } net ? units.ConsumptionNumber(net) : null)
            .Number("Range at 100 %", units.LengthUnit, version => version.RangeAt100Km is { } km ? units.Length(km) : null, 1)
            .Build();
        var oldestFirst = versions.AsEnumerable().Reverse().ToList();
        var range = ChartModel.OfCategories("range", texts["Range and consumption by version"],
            [.. oldestFirst.Select(version => version.Version ?? texts["unknown"].Value)],
            [
                ChartSeries.Of(texts["Range at 100 %"], units.LengthUnit,
                    oldestFirst.Select(version => version.RangeAt100Km is { } km ? units.Length(km) : (double?)null), decimals: 1),
                ChartSeries.Of(texts["Consumption (net)"], units.ConsumptionUnit,
                    oldestFirst.Select(version => version.NetWhPerKm is { } net ? units.ConsumptionNumber(net) : (double?)null),
                    colour: 2, decimals: 0),
            ]) with
        { Empty = texts["Needs an update, and drives or charges after it."].Value };
        return new(request, versions.Count, versions.FirstOrDefault(), range, table);
    }
}
