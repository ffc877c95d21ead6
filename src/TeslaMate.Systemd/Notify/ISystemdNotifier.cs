namespace TeslaMate.Systemd.Notify;

/// <summary>Tells the service manager about the program.</summary>
public interface ISystemdNotifier
{
    /// <summary>Whether a service manager listens; if not, <see cref="Notify"/> does nothing.</summary>
    bool IsEnabled { get; }

    /// <summary>Sends one datagram. A service manager that does not take it is none of the program's trouble: nothing is thrown.</summary>
    void Notify(ServiceState state);
}
