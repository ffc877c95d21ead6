using Microsoft.Extensions.Hosting.Systemd;

namespace TeslaMate.Systemd.Notify;

/// <summary>
/// Keeps the service manager's start limit away while something that may take long goes on, such as a migration of millions of rows in
/// <c>ExecStartPre</c> (which needs <c>NotifyAccess=all</c> or <c>exec</c>). A process that hangs no longer extends it and is killed.
/// </summary>
public sealed class LongStart : IAsyncDisposable
{
    static readonly TimeSpan Extension = TimeSpan.FromSeconds(60);
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    readonly ISystemdNotifier _notifier;
    readonly ITimer _timer;

    LongStart(ISystemdNotifier notifier, TimeProvider time)
    {
        _notifier = notifier;
        _timer = time.CreateTimer(_ => Extend(), state: null, Interval, Interval);
        Extend();
    }

    /// <summary>Begins to extend the limit; disposal ends it.</summary>
    public static LongStart Begin(ISystemdNotifier notifier, TimeProvider time) => new(notifier, time);

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    void Extend() => _notifier.Notify(ServiceState.ExtendTimeout(Extension));
}
