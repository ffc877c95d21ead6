using Microsoft.Extensions.Hosting;

namespace TeslaMate.Systemd.Notify;

/// <summary>Tells systemd <c>READY=1</c> once everything has started, HTTP included, and <c>STOPPING=1</c> when the stop begins.</summary>
sealed class SystemdLifetime(ISystemdNotifier notifier, IHostApplicationLifetime application) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        application.ApplicationStarted.Register(() => notifier.Notify(ServiceState.Ready));
        application.ApplicationStopping.Register(() => notifier.Notify(ServiceState.Stopping));
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
