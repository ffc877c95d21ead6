using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Measures;

namespace TeslaMate.Outgoing.Abrp;

/// <summary>Capacity and health of the batteries (M11), asked for a few times a day.</summary>
sealed class BatteryFacts([FromKeyedServices(OutgoingDatabase.Key)] NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>With fewer samples the figures say too little.</summary>
    const int LeastSamples = 5;

    static readonly TimeSpan Kept = TimeSpan.FromHours(6);

    /// <summary>When a question that had no answer is asked again.</summary>
    static readonly TimeSpan Again = TimeSpan.FromMinutes(10);

    // Of a car whose history is long the question takes a while; it is asked anew much later.
    readonly Dictionary<CarId, (DateTimeOffset At, double? CapacityKwh, double? HealthPct)> _known = [];
    readonly MeasureReader _measures = new(database);

    /// <summary>
    /// What is known of a car's battery; null and null when there is too little, or the database has not answered yet. What it said before stands
    /// while it is away.
    /// </summary>
    public async Task<(double? CapacityKwh, double? HealthPct)> OfAsync(CarId car, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        (double? CapacityKwh, double? HealthPct) before;
        lock (_known)
        {
            var isKnown = _known.TryGetValue(car, out var known);
            before = (known.CapacityKwh, known.HealthPct);
            if (isKnown && now - known.At < Kept)
                return before;
            // Until the answer is there, the question is not asked twice; it may fail, or be given up.
            _known[car] = (now - Kept + Again, before.CapacityKwh, before.HealthPct);
        }

        try
        {
            var window = new MeasureWindow(car.Value, null, null, TimeZoneInfo.Utc, Period.Total, now);
            var health = await _measures.BatteryHealthAsync(window, cancellationToken);
            (double? CapacityKwh, double? HealthPct) facts = health.Samples >= LeastSamples ? (health.CapacityNowKwh, health.Health) : (null, null);
            lock (_known)
                _known[car] = (now, facts.CapacityKwh, facts.HealthPct);
            return facts;
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            return before;
        }
    }
}
