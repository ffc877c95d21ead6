using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TeslaMate.Configuration.Health;
using TeslaMate.Logbook.Addresses;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Changes;
using TeslaMate.Logbook.Corrections;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.HistoryChanges;
using TeslaMate.Logbook.Leases;
using TeslaMate.Logbook.News;
using TeslaMate.Logbook.Refused;
using TeslaMate.Logbook.Releases;
using TeslaMate.Logbook.Resuming;
using TeslaMate.Logbook.Settings;
using TeslaMate.Logbook.Spooling;
using TeslaMate.Logbook.Statistics;
using TeslaMate.Logbook.Terrain;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook;

public static class LogbookComposition
{
    /// <summary>Registers the logbook: writing, resuming, cars, places, settings and the jobs behind them. Needs a data source and logging.</summary>
    public static IServiceCollection AddLogbook(this IServiceCollection services, LogbookSettings settings)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddKeyedSingleton(Housekeeping.Clock, (provider, _) => provider.GetRequiredService<TimeProvider>());
        services.AddSingleton(settings);

        services.AddSingleton<WriterSession>().AddSingleton<DatabaseAvailability>().AddSingleton<PostCommitEffects>();
        services.AddSingleton<CommittedNews>().AddSingleton<ILogbookNews>(provider => provider.GetRequiredService<CommittedNews>());
        services.AddSingleton<CarLeases>().AddSingleton<ICarLeases>(provider => provider.GetRequiredService<CarLeases>());
        services.AddSingleton<OpenEntryQueries>().AddSingleton<ILogbook, CarLogbook>();
        services.AddSingleton<RefusedEntries>().AddSingleton<IRefusedEntries>(provider => provider.GetRequiredService<RefusedEntries>());
        services.AddHealthPart<LogbookHealth>("logbook");

        services.AddSingleton<CarRegister>().AddSingleton<ICars>(provider => provider.GetRequiredService<CarRegister>());
        services.AddSingleton<GeofenceBook>().AddSingleton<IGeofences>(provider => provider.GetRequiredService<GeofenceBook>());
        services.AddSingleton<GlobalSettingsRow>().AddSingleton<IGlobalSettings>(provider => provider.GetRequiredService<GlobalSettingsRow>());
        services.AddSingleton<ICarPreferences, CarPreferences>();
        services.AddSingleton<ICorrections, HandCorrections>();
        services.AddSingleton<HistoryEditor>().AddSingleton<IHistoryEditor>(provider => provider.GetRequiredService<HistoryEditor>());

        services.AddSingleton<StatisticsStore>().AddSingleton<StatisticsUpkeep>();
        services.AddSingleton<LateDriveSignal>().AddSingleton<LateDrives>();
        services.AddSingleton<Geocoder>().AddSingleton<AddressQueue>().AddSingleton<AddressTranslation>();
        services.AddSingleton<TileFiles>().AddSingleton<Elevations>().AddSingleton<ITerrain>(provider => provider.GetRequiredService<Elevations>());
        services.AddSingleton<ReleaseCheck>().AddSingleton<IReleases>(provider => provider.GetRequiredService<ReleaseCheck>());

        services.AddHostedService<ChangeWatch>().AddHostedService<LeaseRenewal>().AddHostedService<SpoolFlush>();
        services.AddHostedService<AddressJob>().AddHostedService<ElevationBackfill>().AddHostedService<HistoryRetention>();
        services.AddHostedService(provider => provider.GetRequiredService<ReleaseCheck>())
            .AddHostedService(provider => provider.GetRequiredService<StatisticsUpkeep>())
            .AddHostedService(provider => provider.GetRequiredService<LateDrives>());
        return services;
    }
}
