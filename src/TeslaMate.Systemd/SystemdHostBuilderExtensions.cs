using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration.Health;
using TeslaMate.Systemd.Notify;
using TeslaMate.Systemd.Watchdog;

namespace TeslaMate.Systemd;

/// <summary>Makes the host a good citizen of systemd; without a service manager it changes nothing that is visible.</summary>
public static class SystemdHostBuilderExtensions
{
    public static IHostBuilder UseSystemd(this IHostBuilder hostBuilder)
        => hostBuilder.ConfigureServices((_, services) => services.AddSystemd());

    /// <summary>
    /// Registers <see cref="ISystemdNotifier"/>, <see cref="IHeartbeats"/> and, under systemd, <c>READY=1</c>, <c>STOPPING=1</c> and the watchdog.
    /// </summary>
    public static IServiceCollection AddSystemd(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ISystemdNotifier>(_ => SystemdNotifier.FromEnvironment());
        services.TryAddSingleton<Heartbeats>();
        services.TryAddSingleton<IHeartbeats>(provider => provider.GetRequiredService<Heartbeats>());
        services.AddHostedService<SystemdLifetime>();
        services.AddHostedService(provider => new WatchdogLoop(
            provider.GetRequiredService<ISystemdNotifier>(),
            provider.GetRequiredService<Heartbeats>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WatchdogLoop>>(),
            WatchdogInterval.Read(Environment.GetEnvironmentVariable, Environment.ProcessId)));
        return services;
    }
}
