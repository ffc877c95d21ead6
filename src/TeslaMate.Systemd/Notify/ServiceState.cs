using System.Globalization;
using System.Text;

namespace TeslaMate.Systemd.Notify;

/// <summary>What is told to the service manager: one or more assignments of the <c>sd_notify</c> protocol.</summary>
public readonly struct ServiceState
{
    readonly string _assignments;

    /// <param name="state">Assignments such as <c>READY=1</c>, separated by line feeds.</param>
    public ServiceState(string state) => _assignments = state ?? throw new ArgumentNullException(nameof(state));

    /// <summary>The program has started: the database answers and HTTP listens.</summary>
    public static readonly ServiceState Ready = new("READY=1");

    public static readonly ServiceState Stopping = new("STOPPING=1");

    /// <summary>The program's loops turn; expected at least every <c>WATCHDOG_USEC</c>.</summary>
    public static readonly ServiceState Watchdog = new("WATCHDOG=1");

    /// <summary>A line for people, shown by <c>systemctl status</c>; line breaks become blanks.</summary>
    public static ServiceState Status(string line) => new("STATUS=" + line.ReplaceLineEndings(" "));

    /// <summary>Moves the running limit of the start or stop to <paramref name="by"/> from now; to be repeated before it elapses.</summary>
    public static ServiceState ExtendTimeout(TimeSpan by)
        => new(string.Create(CultureInfo.InvariantCulture, $"EXTEND_TIMEOUT_USEC={(long)by.TotalMicroseconds}"));

    /// <summary>The datagram.</summary>
    public byte[] GetData() => Encoding.UTF8.GetBytes(_assignments);

    public override string ToString() => _assignments;
}
