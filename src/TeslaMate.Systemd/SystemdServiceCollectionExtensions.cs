using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration.Health;
using TeslaMate.Systemd.Notify;
using TeslaMate.Systemd.Watchdog;

namespace TeslaMate.Systemd;

public static class SystemdServiceCollectionExtensions
{
    /// <summary>
    /// The framework's <c>AddSystemd</c> (<c>READY=1</c> once everything has started, HTTP included; <c>STOPPING=1</c>; a stop on SIGTERM), wherever
    /// there is a <c>NOTIFY_SOCKET</c>, with the watchdog and <see cref="IHeartbeats"/>; and whatever becomes of that socket does not reach the
    /// program.
    /// </summary>
    public static IServiceCollection AddSystemdService(this IServiceCollection services)
    {
        var notifier = BestEffortNotifier.FromEnvironment();
        services.AddSystemd();
        // A wrapper or a container's runtime may stand between the service manager and the program.
        if (notifier.IsEnabled && !SystemdHelpers.IsSystemdService())
            services.AddSingleton<IHostLifetime, SystemdLifetime>();
        services.Replace(ServiceDescriptor.Singleton<ISystemdNotifier>(notifier));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Heartbeats>();
        services.TryAddSingleton<IHeartbeats>(provider => provider.GetRequiredService<Heartbeats>());
        services.AddHostedService(provider => new WatchdogLoop(
            notifier,
            provider.GetRequiredService<Heartbeats>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WatchdogLoop>>(),
            WatchdogInterval.Read(Environment.GetEnvironmentVariable, Environment.ProcessId)));
        return services;
    }
}
