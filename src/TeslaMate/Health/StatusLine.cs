using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting.Systemd;
using TeslaMate.Configuration;
using TeslaMate.Systemd.Notify;

namespace TeslaMate.Health;

/// <summary>Keeps the line that <c>systemctl status</c> shows up to date: "2 cars: 1 driving, 1 asleep; database away since 12:00".</summary>
sealed class StatusLine(ISystemdNotifier notifier, HealthCheckService checks, TimeProvider time, ILogger<StatusLine> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!notifier.IsEnabled)
            return;
        await Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);
        notifier.Notify(ServiceState.Status("Stopping: writing what is left"));
    }

    async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var shown = "";
        do
        {
            var line = Compose(await checks.CheckHealthAsync(stoppingToken));
            if (line != shown)
                notifier.Notify(ServiceState.Status(line));
            shown = line;
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>The parts' phrases in their order.</summary>
    static string Compose(HealthReport report)
    {
        var phrases = string.Join("; ", report.Entries.Values.Select(part => part.Description).Where(phrase => phrase is not null));
        return phrases.Length > 0 ? phrases : "Running";
    }
}
