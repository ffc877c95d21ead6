using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TeslaMate.Configuration.Health;

namespace TeslaMate.Outgoing.Deliveries;

/// <summary>How what is told to others fares.</summary>
sealed class OutgoingHealth : IHealthCheck
{
    readonly OutgoingCounters _counters;

    public OutgoingHealth(OutgoingCounters counters, IMeterFactory meters)
    {
        _counters = counters;
        var meter = meters.Of("Outgoing");
        meter.CreateObservableCounter("teslamate_outgoing_delivered_total", () => counters.DeliveredCount, unit: null,
            "Events that receivers have taken.");
        meter.CreateObservableCounter("teslamate_outgoing_failed_attempts_total", () => counters.FailedCount, unit: null,
            "Attempts to deliver an event that failed.");
        meter.CreateObservableCounter("teslamate_outgoing_lost_events_total", () => counters.LostCount, unit: null,
            "Events that could not be stored for their targets.");
        meter.CreateObservableGauge("teslamate_outgoing_waiting_deliveries", () => HealthParts.Known(counters.Outlook?.Waiting), unit: null,
            "Deliveries that wait for an attempt.");
        meter.CreateObservableGauge("teslamate_outgoing_failing_targets", () => HealthParts.Known(counters.Outlook?.Failing), unit: null,
            "Targets whose last attempt failed.");
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var outlook = _counters.Outlook;
        var failing = outlook?.Failing ?? 0;
        var details = new JsonObject
        {
            ["targets"] = outlook?.Targets,
            ["failing"] = outlook?.Failing,
            ["waiting"] = outlook?.Waiting,
            ["lost_events"] = _counters.LostCount,
        };
        return Task.FromResult(context.Result(failing == 0, details, failing == 0 ? null : $"{failing} targets of events do not answer"));
    }
}
