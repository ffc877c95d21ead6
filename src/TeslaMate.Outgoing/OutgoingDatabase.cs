using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace TeslaMate.Outgoing;

/// <summary>The connections of what leaves the program: a small pool of their own, so that no receiver keeps the logger waiting.</summary>
public static class OutgoingDatabase
{
    public const string Key = "outgoing";

    const int Connections = 3;

    internal static IServiceCollection AddOutgoingDatabase(this IServiceCollection services)
    {
        services.TryAddKeyedSingleton(Key, (provider, _) => provider.GetService<DatabaseSettings>() is { } settings
            ? settings.CreateDataSource(connection => (connection.ApplicationName, connection.MaxPoolSize) = ("teslamate outgoing", Connections))
            // A host that says nothing of the database but a data source has that one for everything.
            : provider.GetRequiredService<NpgsqlDataSource>());
        return services;
    }
}
