using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using TeslaMate.Database;
using TeslaMate.Measures;

namespace TeslaMate.Web;

/// <summary>
/// The connections of the pages. Each key names a pool of its own, so that no number of visitors, and no client that does not read what it asked
/// for, keeps the logger waiting: that has the pool without a key.
/// </summary>
public static class WebDatabase
{
    /// <summary>Log-in, sessions and the pages' own questions.</summary>
    public const string Pages = "pages";

    /// <summary>Files, which are read as fast as the client takes them.</summary>
    public const string Exports = "exports";

    /// <summary>What programs ask.</summary>
    public const string Programs = "programs";

    /// <summary>Connections for <see cref="Programs"/>; those that ask for more wait for their turn.</summary>
    public const int ProgramConnections = 6;

    /// <summary>Connections for <see cref="Exports"/>; as many are written at once.</summary>
    public const int ExportConnections = 3;

    /// <summary>Registers the pools, made when they are first needed.</summary>
    internal static IServiceCollection AddWebDatabase(this IServiceCollection services)
    {
        services.TryAddKeyedSingleton(Pages, (provider, _) => Create(provider, "teslamate pages", settings => Math.Max(settings.PoolSize / 2, 3)));
        services.TryAddKeyedSingleton(Pages, (provider, _) => new MeasureReader(provider.GetRequiredKeyedService<NpgsqlDataSource>(Pages)));
        services.TryAddKeyedSingleton(Exports, (provider, _) => Create(provider, "teslamate exports", _ => ExportConnections));
        services.TryAddKeyedSingleton(Programs, (provider, _) => Create(provider, "teslamate programs", _ => ProgramConnections));
        return services;
    }

    static NpgsqlDataSource Create(IServiceProvider provider, string name, Func<DatabaseSettings, int> size)
    {
        // A host that says nothing of the database but a data source has that one for everything.
        if (provider.GetService<DatabaseSettings>() is not { } settings)
            return provider.GetRequiredService<NpgsqlDataSource>();
        return settings.CreateDataSource(connection => (connection.ApplicationName, connection.MaxPoolSize) = (name, size(settings)));
    }
}
