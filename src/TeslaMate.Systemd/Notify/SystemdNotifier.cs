using System.Net.Sockets;

namespace TeslaMate.Systemd.Notify;

/// <summary>The <c>sd_notify</c> protocol: one datagram to the unix socket named by <c>NOTIFY_SOCKET</c>.</summary>
public sealed class SystemdNotifier : ISystemdNotifier
{
    readonly UnixDomainSocketEndPoint? _manager;

    /// <param name="socketPath">
    /// The value of <c>NOTIFY_SOCKET</c>: a path, or a name with a leading <c>@</c> in the abstract namespace. Null, empty and forms that are not unix sockets
    /// (<c>vsock:</c>) mean that nobody listens.
    /// </param>
    public SystemdNotifier(string? socketPath)
        => _manager = socketPath switch
        {
            ['/', ..] => new UnixDomainSocketEndPoint(socketPath),
            ['@', _, ..] => new UnixDomainSocketEndPoint("\0" + socketPath[1..]),
            _ => null,
        };

    public static SystemdNotifier FromEnvironment() => new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));

    public bool IsEnabled => _manager is not null;

    public void Notify(ServiceState state)
    {
        if (_manager is null)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(state.GetData(), _manager);
        }
        catch (SocketException)
        {
            // The manager restarts or its queue is full; the next status line or heartbeat comes soon.
        }
    }
}
