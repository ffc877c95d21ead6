using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TeslaMate.Configuration.Health;
using TeslaMate.Systemd.Watchdog;

namespace TeslaMate.Health;

/// <summary>The process itself: version, time since the start, memory, and loops that hang.</summary>
sealed class ProcessHealth : IHealthCheck
{
    static readonly string Version = typeof(ProcessHealth).Assembly.GetName().Version?.ToString(3) ?? "0";

    readonly ProgramStart _start;
    readonly Heartbeats _heartbeats;
    readonly TimeProvider _time;

    public ProcessHealth(ProgramStart start, Heartbeats heartbeats, TimeProvider time, IMeterFactory meters)
    {
        (_start, _heartbeats, _time) = (start, heartbeats, time);
        var meter = meters.Of("Process");
        meter.CreateObservableGauge(
            "teslamate_info", () => new Measurement<int>(1, new KeyValuePair<string, object?>("version", Version)), unit: null,
            "Always 1; the version is a label.");
        meter.CreateObservableGauge("teslamate_uptime_seconds", UptimeSeconds, unit: null, "Time since the start.");
        meter.CreateObservableGauge(
            "teslamate_hanging_loops", () => heartbeats.Overdue().Count, unit: null, "Loops that have not turned within the pause they announced.");
        meter.CreateObservableGauge("process_resident_memory_bytes", () => Environment.WorkingSet, unit: null, "Resident memory.");
        meter.CreateObservableCounter(
            "process_cpu_seconds_total", () => Environment.CpuUsage.TotalTime.TotalSeconds, unit: null, "CPU time of the process.");
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var overdue = _heartbeats.Overdue();
        var details = new JsonObject
        {
            ["version"] = Version,
            ["uptime_seconds"] = Math.Round(UptimeSeconds()),
            ["resident_memory_bytes"] = Environment.WorkingSet,
            ["hanging_loops"] = new JsonArray([.. overdue.Select(loop => JsonValue.Create(loop.Loop))]),
        };
        return Task.FromResult(context.Result(
            overdue.Count == 0, details, overdue.Count == 0 ? null : $"hanging: {string.Join(", ", overdue.Select(loop => loop.Loop))}"));
    }

    double UptimeSeconds() => _time.GetElapsedTime(_start.Timestamp).TotalSeconds;
}

/// <param name="Timestamp">The clock's timestamp when the program began.</param>
sealed record ProgramStart(long Timestamp);
