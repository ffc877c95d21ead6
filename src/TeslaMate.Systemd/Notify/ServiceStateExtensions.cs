using System.Globalization;
using Microsoft.Extensions.Hosting.Systemd;

namespace TeslaMate.Systemd.Notify;

/// <summary>States of the <c>sd_notify</c> protocol that the framework does not name.</summary>
public static class ServiceStateExtensions
{
    extension(ServiceState)
    {
        /// <summary>The program's loops turn; expected at least every <c>WATCHDOG_USEC</c>.</summary>
        public static ServiceState Watchdog => new("WATCHDOG=1");

        /// <summary>A line for people, shown by <c>systemctl status</c>; line breaks become blanks.</summary>
        public static ServiceState Status(string line) => new("STATUS=" + line.ReplaceLineEndings(" "));

        /// <summary>Moves the running limit of the start or stop to <paramref name="by"/> from now; to be repeated before it elapses.</summary>
        public static ServiceState ExtendTimeout(TimeSpan by)
            => new(string.Create(CultureInfo.InvariantCulture, $"EXTEND_TIMEOUT_USEC={(long)by.TotalMicroseconds}"));
    }
}
