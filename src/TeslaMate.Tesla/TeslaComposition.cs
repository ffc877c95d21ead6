using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using TeslaMate.Database.Encryption;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Fleet;
using TeslaMate.Tesla.Http;
using TeslaMate.Tesla.Json;
using TeslaMate.Tesla.Streaming;

namespace TeslaMate.Tesla;

public static class TeslaComposition
{
    /// <summary>
    /// Offers <see cref="ITeslaApi"/>, <see cref="ITeslaAccount"/> and <see cref="IVehicleStreams"/>, and looks after the tokens while the host
    /// runs. Needs a data source and <see cref="EncryptionKey"/>.
    /// </summary>
    public static IServiceCollection AddTesla(this IServiceCollection services, TeslaSettings settings)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton(settings)
            .AddSingleton<Transport>()
            .AddSingleton<HttpSender>()
            .AddSingleton<Oddities>()
            .AddSingleton<VehicleReader>()
            .AddSingleton<ITokenEndpoint, TokenEndpoint>()
            .AddSingleton<ITokenStore, TokenTable>()
            .AddSingleton(provider => new TeslaAccount(
                provider.GetRequiredService<ITokenStore>(), provider.GetRequiredService<ITokenEndpoint>(), settings,
                provider.GetRequiredService<TimeProvider>(),
                Random.Shared.NextDouble, provider.GetRequiredService<ILogger<TeslaAccount>>()))
            .AddSingleton<ITeslaAccount>(provider => provider.GetRequiredService<TeslaAccount>())
            .AddSingleton<IAccess>(provider => provider.GetRequiredService<TeslaAccount>())
            .AddSingleton<ITeslaApi, TeslaApi>()
            .AddSingleton<FleetTelemetryApi>()
            .AddSingleton<IVehicleStreams, VehicleStreams>()
            .AddHostedService<AccountKeeper>();
    }
}
