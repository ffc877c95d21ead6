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
}
