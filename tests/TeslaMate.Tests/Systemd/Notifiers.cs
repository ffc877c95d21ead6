using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting.Systemd;
using TeslaMate.Systemd.Notify;

namespace TeslaMate.Tests.Systemd;

/// <summary>The program's notifier with a socket of the test's own: that of the environment belongs to the whole process.</summary>
static class Notifiers
{
    /// <param name="socket">A path, or an abstract name as <c>NOTIFY_SOCKET</c> spells it; null for no service manager.</param>
    public static ISystemdNotifier At(string? socket) => new BestEffortNotifier(New(socket is ['@', ..] ? "\0" + socket[1..] : socket));

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    static extern SystemdNotifier New(string? socketPath);
}
