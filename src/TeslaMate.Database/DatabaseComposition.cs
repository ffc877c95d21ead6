using Microsoft.Extensions.DependencyInjection;

namespace TeslaMate.Database;

public static class DatabaseComposition
{
    /// <summary>Registers the settings and one pooled <see cref="Npgsql.NpgsqlDataSource"/> for them.</summary>
    public static IServiceCollection AddDatabase(this IServiceCollection services, DatabaseSettings settings)
        => services.AddSingleton(settings).AddSingleton(_ => settings.CreateDataSource());
}
