using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TeslaMate.Logbook.Addresses;
using TeslaMate.Logbook.Leases;
using TeslaMate.Logbook.Resuming;
using TeslaMate.Logbook.Spooling;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook;

public static class LogbookComposition
{
    /// <summary>Registers the logbook: writing, resuming, cars, places, settings and the jobs behind them. Needs a data source and logging.</summary>
    public static IServiceCollection AddLogbook(this IServiceCollection services, LogbookSettings settings)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(settings);

        services.AddSingleton<WriterSession>().AddSingleton<Availability>().AddSingleton<Aftermath>().AddSingleton<AddressQueue>();
        services.AddSingleton<CarLeases>().AddSingleton<ICarLeases>(provider => provider.GetRequiredService<CarLeases>());
        services.AddSingleton<OpenEntryQueries>().AddSingleton<ILogbook, CarLogbook>();
        services.AddHostedService<LeaseRenewal>().AddHostedService<SpoolFlush>();
        return services;
    }
}
