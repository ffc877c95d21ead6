using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;

namespace TeslaMate.Systemd.Notify;

/// <summary>
/// Tells the service manager what it takes: one that is gone, or never was, is none of the program's trouble, so nothing is thrown.
/// </summary>
public sealed class BestEffortNotifier(ISystemdNotifier notifier) : ISystemdNotifier
{
    /// <summary>Whether there is a service manager, also where the program was not started by it directly.</summary>
    public bool IsEnabled => notifier.IsEnabled;

    /// <summary>The service manager named by <c>NOTIFY_SOCKET</c>.</summary>
    public static BestEffortNotifier FromEnvironment() => new(new SystemdNotifier());

    public void Notify(ServiceState state)
    {
        try
        {
            notifier.Notify(state);
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            // It restarts, its queue is full, or the name is not that of a unix socket; the next status line or heartbeat comes soon.
        }
    }
}
