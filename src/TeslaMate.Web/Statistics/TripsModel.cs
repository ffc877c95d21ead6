using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>Trips of a window (P4; spec charts 6.3).</summary>
public sealed record TripsModel(StatisticsRequest Request, DataTable Trips) : StatisticsModel(Request)
{
    /// <summary>A longer stop ends a trip.</summary>
    public const double MaxStopHours = 4;

    /// <summary>Shorter ones are no trips; km or miles.</summary>
    public const double MinLength = 100;

    public override IReadOnlyList<DataTable> Tables => [Trips];

    public static async Task<TripsModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        var (texts, units) = (request.Context.Texts, request.Context.Units);
        var trips = await request.Measures.TripsAsync(request.Window, MaxStopHours, units.Km(MinLength), cancellationToken)
            .ToListAsync(cancellationToken);
        return new(request, new TableOf<Trip>("trips", "Trips", request, trips)
            .Moment("Start", trip => trip.StartDate, trip => request.Link("/trip", trip.StartDate, trip.EndDate.AddSeconds(1), Period.Total))
            .Name("From", trip => trip.StartPlace ?? texts["unknown place"])
            .Name("To", trip => trip.EndPlace ?? texts["unknown place"])
            .Number("Distance", units.LengthUnit, trip => units.Length(trip.DistanceKm))
            .Duration("Driving time", trip => trip.DrivingSeconds, isMinor: true)
            .Duration("With stops", trip => trip.WholeSeconds)
            .Number("Ø Speed", units.SpeedUnit, trip => trip.SpeedAvgKmh is { } speed ? units.Length(speed) : null).FileOnly()
            .Number("Ø with stops", units.SpeedUnit, trip => trip.SpeedWithStopsKmh is { } speed ? units.Length(speed) : null, isMinor: true)
            .Number("Consumption (net)", units.ConsumptionUnit, trip => trip.NetWhPerKm is { } net ? units.ConsumptionNumber(net) : null,
                isMinor: true)
            .Number("Charges", null, trip => trip.Charges, isMinor: true)
            .Number("Energy used", "kWh", trip => trip.EnergyUsedKwh, 1, isMinor: true)
            .Money("Cost", trip => trip.Cost, note: trip => request.PricedBriefly(trip.PriceCoverage))
            .Build());
    }
}
