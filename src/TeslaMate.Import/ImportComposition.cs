using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Import.Merging;
using TeslaMate.Import.Running;

namespace TeslaMate.Import;

/// <summary>How the import is put together.</summary>
public static class ImportComposition
{
    /// <summary>Registers the import. Needs the logbook and a data source.</summary>
    public static IServiceCollection AddImport(this IServiceCollection services)
        => services.AddSingleton<IImporter, Importer>().AddSingleton<IDatabaseMerge, DatabaseMerge>();

    /// <summary>Registers, beside the import itself, what the pages need of it.</summary>
    public static IServiceCollection AddImport(this IServiceCollection services, ImportSettings settings) => services
        .AddImport()
        .AddSingleton(settings)
        .AddSingleton<ImportDesk>()
        .AddHostedService(provider => provider.GetRequiredService<ImportDesk>());
}
