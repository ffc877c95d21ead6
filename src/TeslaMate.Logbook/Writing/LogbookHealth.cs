using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TeslaMate.Configuration.Health;
using TeslaMate.Logbook.Leases;
using TeslaMate.Logbook.Refused;

namespace TeslaMate.Logbook.Writing;

/// <summary>Whether what the cars do reaches the database.</summary>
sealed class LogbookHealth : IHealthCheck
{
    readonly CarLeases _leases;
    readonly DatabaseAvailability _availability;
    readonly IRefusedEntries _refused;

    public LogbookHealth(CarLeases leases, DatabaseAvailability availability, IRefusedEntries refused, IMeterFactory meters)
    {
        (_leases, _availability, _refused) = (leases, availability, refused);
        var meter = meters.Of("Logbook");
        meter.CreateObservableGauge("teslamate_logbook_leased_cars", () => leases.Logs.Count, unit: null, "Cars that this instance logs.");
        meter.CreateObservableGauge("teslamate_logbook_waiting_bytes", WaitingBytes, unit: null, "Entries on disk that wait for the database.");
        meter.CreateObservableGauge(
            "teslamate_logbook_refused_entries", () => HealthParts.Known(refused.Count), unit: null,
            "Entries that the database refused and that were not sent again.");
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var waiting = WaitingBytes();
        var awaySince = _availability.AwaySince;
        return Task.FromResult(context.Result(
            awaySince is null,
            new JsonObject
            {
                ["cars_leased"] = _leases.Logs.Count,
                ["waiting_bytes"] = waiting,
                ["refused_entries"] = _refused.Count,
                ["database_away_since"] = awaySince?.ToString("O", CultureInfo.InvariantCulture),
            },
            waiting > 0 ? "entries wait for the database"
                : _refused.Count is > 0 and var count ? $"{count} entries were refused: teslamate retry-refused"
                : null));
    }

    long WaitingBytes() => _leases.Logs.Sum(log => log.WaitingBytes);
}
