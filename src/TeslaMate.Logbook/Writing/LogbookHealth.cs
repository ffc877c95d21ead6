using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TeslaMate.Configuration.Health;
using TeslaMate.Logbook.Leases;

namespace TeslaMate.Logbook.Writing;

/// <summary>Whether what the cars do reaches the database.</summary>
sealed class LogbookHealth : IHealthCheck
{
    readonly CarLeases _leases;
    readonly Availability _availability;

    public LogbookHealth(CarLeases leases, Availability availability, IMeterFactory meters)
    {
        (_leases, _availability) = (leases, availability);
        var meter = meters.Of("Logbook");
        meter.CreateObservableGauge("teslamate_logbook_leased_cars", () => leases.Logs.Count, unit: null, "Cars that this instance logs.");
        meter.CreateObservableGauge("teslamate_logbook_waiting_bytes", WaitingBytes, unit: null, "Entries on disk that wait for the database.");
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
                ["database_away_since"] = awaySince?.ToString("O", CultureInfo.InvariantCulture),
            },
            waiting > 0 ? "entries wait for the database" : null));
    }

    long WaitingBytes() => _leases.Logs.Sum(log => log.WaitingBytes);
}
