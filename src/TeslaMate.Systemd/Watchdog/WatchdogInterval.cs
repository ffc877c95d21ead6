using System.Globalization;

namespace TeslaMate.Systemd.Watchdog;

static class WatchdogInterval
{
    /// <summary>How long systemd waits for a sign of life; null when it does not, or when it means another process.</summary>
    public static TimeSpan? Read(Func<string, string?> variable, int processId)
    {
        if (!long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) || microseconds <= 0)
            return null;
        return variable("WATCHDOG_PID") is { Length: > 0 } pid && pid != processId.ToString(CultureInfo.InvariantCulture)
            ? null
            : TimeSpan.FromMicroseconds(microseconds);
    }
}
