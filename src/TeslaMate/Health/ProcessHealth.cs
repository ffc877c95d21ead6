using System.Text.Json.Nodes;
using TeslaMate.Configuration.Health;
using TeslaMate.Systemd.Watchdog;

namespace TeslaMate.Health;

/// <summary>The process itself: version, time since the start, memory, and loops that hang.</summary>
/// <param name="started">The clock's timestamp then.</param>
sealed class ProcessHealth(long started, Heartbeats heartbeats, TimeProvider time) : IHealthReport
{
    public string Name => "process";

    public ValueTask<HealthFacts> ReadAsync(CancellationToken cancellationToken)
    {
        var version = typeof(ProcessHealth).Assembly.GetName().Version?.ToString(3) ?? "0";
        var uptime = time.GetElapsedTime(started).TotalSeconds;
        var resident = Environment.WorkingSet;
        var overdue = heartbeats.Overdue();
        var details = new JsonObject
        {
            ["version"] = version,
            ["uptime_seconds"] = Math.Round(uptime),
            ["resident_memory_bytes"] = resident,
            ["hanging_loops"] = new JsonArray([.. overdue.Select(loop => JsonValue.Create(loop.Loop))]),
        };
        return ValueTask.FromResult(new HealthFacts(overdue.Count == 0, details)
        {
            Phrase = overdue.Count == 0 ? null : $"hanging: {string.Join(", ", overdue.Select(loop => loop.Loop))}",
            Measures =
            [
                new Measure("teslamate_info", "Always 1; the version is a label.", 1) { Labels = [("version", version)] },
                new Measure("teslamate_uptime_seconds", "Time since the start.", uptime),
                new Measure("teslamate_hanging_loops", "Loops that have not turned within the pause they announced.", overdue.Count),
                new Measure("process_resident_memory_bytes", "Resident memory.", resident),
                new Measure("process_cpu_seconds_total", "CPU time of the process.", Environment.CpuUsage.TotalTime.TotalSeconds) { IsCounter = true },
            ],
        });
    }
}
