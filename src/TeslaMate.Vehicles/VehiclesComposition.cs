using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration.Health;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.Terrain;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Streaming;
using TeslaMate.Vehicles.Feeds;
using TeslaMate.Vehicles.Loop;
using TeslaMate.Vehicles.Supervision;

namespace TeslaMate.Vehicles;

public static class VehiclesComposition
{
    /// <summary>
    /// Offers <see cref="IVehicles"/> and <see cref="SummaryHub"/>, and logs the account's cars while the host runs. Needs Tesla and the logbook.
    /// </summary>
    public static IServiceCollection AddVehicles(this IServiceCollection services, VehicleSettings settings)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton(settings)
            .AddSingleton<SummaryHub>()
            .AddSingleton<BusyBoard>()
            .AddSingleton<CarDiscovery>()
            .AddSingleton(provider => new VehicleLoopParts(
                provider.GetRequiredService<ITeslaApi>(),
                provider.GetRequiredService<IVehicleStreams>(),
                provider.GetRequiredService<ILogbook>(),
                provider.GetRequiredService<IGeofences>(),
                provider.GetRequiredService<ITerrain>(),
                provider.GetRequiredService<SummaryHub>(),
                provider.GetRequiredService<BusyBoard>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILoggerFactory>().CreateLogger("TeslaMate.Vehicles"))
            {
                Heartbeats = provider.GetService<IHeartbeats>(),
                Telemetry = provider.GetService<ITelemetryFeeds>(),
            })
            .AddSingleton<Supervisor>()
            .AddSingleton<IVehicles, RunningVehicles>()
            .AddHostedService(provider => provider.GetRequiredService<Supervisor>())
            .AddHostedService<DataWatch>();
    }
}
