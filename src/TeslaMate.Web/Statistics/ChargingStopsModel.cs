using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>Charging processes without a drive between them, as one line each (M5, P2; spec charts 5.1).</summary>
/// <param name="ShowsAll">Also the processes that are open or added nothing.</param>
/// <param name="Count">Stops.</param>
/// <param name="Processes">Charging processes in them.</param>
public sealed record ChargingStopsModel(StatisticsRequest Request, bool ShowsAll, int Count, long Processes, DataTable Stops)
    : StatisticsModel(Request)
{
    public override IReadOnlyList<DataTable> Tables => [Stops];

    public static async Task<ChargingStopsModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        request.Parameters = ["show"];
        var (texts, units) = (request.Context.Texts, request.Context.Units);
        var showsAll = request.Parameter("show") == "all";
        var stops = await request.Measures.ChargingStopsAsync(request.Window, countedOnly: !showsAll, cancellationToken)
            .ToListAsync(cancellationToken);
        return new(request, showsAll, stops.Count, stops.Sum(stop => stop.Charges),
            new TableOf<ChargingStop>("stops", "Charging stops", request, stops)
            .Moment("Start", stop => stop.StartDate, Link)
            .Name("Place", stop => stop.Place ?? texts["unknown place"])
            .Text("Kind", stop => stop.Kind?.ToString().ToUpperInvariant() ?? texts["unknown"], isMinor: true)
            .Number("Charges", null, stop => stop.Charges)
            .Moment("End", stop => stop.EndDate).FileOnly()
            .Duration("Plugged in", stop => stop.PluggedSeconds)
            .Duration("Charging time", stop => stop.ChargingSeconds, isMinor: true)
            .Number("Energy added", "kWh", stop => stop.EnergyAddedKwh, 1, note: stop => stop.IsOpen ? texts["going on"].Value : null)
            .Number("Energy used", "kWh", stop => stop.EnergyUsedKwh, 1).FileOnly()
            .Share("Charging efficiency", stop => stop.Efficiency).FileOnly()
            .Number("Level", "%", stop => stop.StartLevel, isMinor: true)
            .Number("Level at the end", "%", stop => stop.EndLevel, isMinor: true)
            .Number("Most power", "kW", stop => stop.PowerMaxKw, isMinor: true)
            .Number("Outside", units.TemperatureUnit, stop => stop.OutsideTempC is { } degrees ? units.Degrees(degrees) : null, 1).FileOnly()
            .Number("Odometer", units.LengthUnit, stop => stop.OdometerKm is { } km ? units.Length(km) : null).FileOnly()
            .Money("Cost", stop => stop.Cost, note: stop => stop.Cost is null ? texts["no cost"].Value : request.PricedBriefly(stop.PriceCoverage))
            .Build());

        // A stop of several processes leads to all of them.
        string Link(ChargingStop stop) => stop.Charges == 1
            ? request.Context.Url($"/charge/{stop.FirstProcessId}")
            : request.Link("/trip", stop.StartDate, (stop.EndDate ?? request.Window.Now).AddSeconds(1), Period.Total);
    }
}
