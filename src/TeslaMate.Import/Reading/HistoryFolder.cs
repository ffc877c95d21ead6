using TeslaMate.Import.Running;
using TeslaMate.Import.TeslaFi;
using TeslaMate.Import.TeslaLogger;
using TeslaMate.Import.Tessie;

namespace TeslaMate.Import.Reading;

/// <summary>Which files of a folder can be imported, in the order in which they are read.</summary>
static class HistoryFolder
{
    /// <summary>Whether a file of this name, as somebody sends it, may be one.</summary>
    public static bool IsKnown(string name)
        => TeslaFiName.Parse(name) is not null
            || name.EndsWith("_states.csv", StringComparison.Ordinal)
            || name.EndsWith(".sql", StringComparison.OrdinalIgnoreCase)
            || (name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)
                && (name.Contains("drives", StringComparison.OrdinalIgnoreCase) || name.Contains("charges", StringComparison.OrdinalIgnoreCase)));

    /// <exception cref="IOException">It cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be listed.</exception>
    public static IReadOnlyList<IHistoryFile> List(ImportRequest request, TimeZoneInfo zone)
    {
        var paths = File.Exists(request.Folder)
            ? [Path.GetFullPath(request.Folder)] : Directory.GetFileSystemEntries(Path.GetFullPath(request.Folder));
        return
        [
            .. paths
                .Select(path => (Path: path, Month: TeslaFiName.Parse(Path.GetFileName(path))))
                .Where(file => file.Month is not null)
                .OrderBy(file => file.Month!.Value).ThenBy(file => file.Path, StringComparer.Ordinal)
                .Select(file => new TeslaFiFile(file.Path, zone, request.FallbackVehicleId)),
            // Tessie exports a month into a folder of its own.
            .. paths.Concat(paths.Where(Directory.Exists).Select(folder => Path.Combine(folder, TessieFile.FileName)).Where(File.Exists))
                .Where(path => Path.GetFileName(path) == TessieFile.FileName).Order(StringComparer.Ordinal).Select(path => new TessieFile(path)),
            // Behind the states, which say more: what they cover is skipped in the lists.
            .. paths.Where(path => TeslaFiName.Parse(Path.GetFileName(path)) is null && TessieSummary.IsOne(path)).Order(StringComparer.Ordinal)
                .Select(path => new TessieSummary(path, zone)),
            .. paths.Where(TeslaLoggerFile.IsOne).Order(StringComparer.Ordinal).Select(path => new TeslaLoggerFile(path, zone)),
        ];
    }
}
