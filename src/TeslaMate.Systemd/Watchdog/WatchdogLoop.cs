using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using TeslaMate.Systemd.Notify;

namespace TeslaMate.Systemd.Watchdog;

/// <summary>
/// Feeds systemd's watchdog, four times per interval, but only while every loop of the program turns. Once a loop is overdue it is named in the
/// journal and nothing more is sent, so that systemd restarts the program after the rest of the interval, unless the loop comes back before.
/// The database takes no part in this: while it is away the program buffers, and a restart would not bring it back.
/// </summary>
sealed partial class WatchdogLoop(
    ISystemdNotifier notifier, Heartbeats heartbeats, TimeProvider time, ILogger<WatchdogLoop> logger, TimeSpan? interval) : BackgroundService
{
    bool _complained;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (interval is not { } limit || !notifier.IsEnabled)
            return;
        using var timer = new PeriodicTimer(limit / 4, time);
        try
        {
            do
                Check();
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The stop has its own limit, TimeoutStopSec.
        }
    }

    /// <summary>One turn: feeds the watchdog, or names the loops that keep it from being fed, once per hang.</summary>
    internal void Check()
    {
        var overdue = heartbeats.Overdue();
        if (overdue.Count == 0)
            notifier.Notify(ServiceState.Watchdog);
        else if (!_complained)
            foreach (var (loop, since) in overdue)
                Log.LoopHangs(logger, loop, since.TotalSeconds);
        _complained = overdue.Count > 0;
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Critical,
            Message = "The loop \"{Loop}\" has not turned for {StalledSec:0} s; the watchdog is no longer fed, so systemd will restart the program")]
        public static partial void LoopHangs(ILogger logger, string loop, double stalledSec);
    }
}
