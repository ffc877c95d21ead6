using System.Text.Json.Nodes;
using TeslaMate.Outgoing.Events;

namespace TeslaMate.Outgoing.Targets;

/// <summary>Which events a target wants.</summary>
/// <param name="Types">Null for all.</param>
/// <param name="Cars">Null for all; events about no car pass.</param>
/// <param name="LeastDistanceKm">Of drives that have ended; null for any.</param>
/// <param name="LeastEnergyKwh">Added, of charges that have ended; null for any.</param>
public sealed record EventFilter(
    IReadOnlyList<EventType>? Types, IReadOnlyList<CarId>? Cars, decimal? LeastDistanceKm = null, decimal? LeastEnergyKwh = null)
{
    public static readonly EventFilter Everything = new(null, null);

    public bool Accepts(OutgoingEvent happened)
        => (Types is null || Types.Contains(happened.Type))
            && (Cars is null || happened.Car is not { } car || Cars.Contains(car.Id))
            && Reaches(happened, "distance_km", LeastDistanceKm) && Reaches(happened, "energy_added_kwh", LeastEnergyKwh);

    // What has just begun has no distance yet, and is told; what does not say how far it went is not left out for it.
    static bool Reaches(OutgoingEvent happened, string member, decimal? least)
        => least is not { } limit || happened.Type.Name.EndsWith(".started", StringComparison.Ordinal)
            || happened.Data[member] is not JsonValue value || !value.TryGetValue(out double actual) || (decimal)actual >= limit;
}
