using TeslaMate.Tesla.Cars;

namespace TeslaMate.Import.Reading;

/// <summary>A row of a file, as it is or as the reason why it is none. Closed.</summary>
/// <param name="Line">The physical line it begins at; the header is line 1.</param>
abstract record HistoryRow(int Line)
{
    /// <param name="At">When it was read.</param>
    /// <param name="Data">What the car would have answered.</param>
    /// <param name="HasOwnVehicleId">The vehicle id is the row's own, not the one that stands in for an empty cell.</param>
    public sealed record Taken(int Line, DateTimeOffset At, VehicleData Data, bool HasOwnVehicleId) : HistoryRow(Line)
    {
        /// <summary>It is a further answer out of a row of the file that was returned already, and does not count as another.</summary>
        public bool IsExtra { get; init; }
    }

    /// <param name="Reason">One of <see cref="RejectionReason"/>.</param>
    /// <param name="Column">The first column at fault, by its name in the file.</param>
    /// <param name="Fields">All fields at fault, as the report of the reference names them.</param>
    public sealed record Rejected(int Line, string Reason, string? Column, IReadOnlyList<string> Fields) : HistoryRow(Line);
}

/// <summary>Why a row is not imported, in the words that are stored (spec import 6).</summary>
static class RejectionReason
{
    public const string InvalidDate = "invalid_date";
    public const string AmbiguousLocalTime = "ambiguous_local_time";
    public const string NonexistentLocalTime = "nonexistent_local_time";
    public const string InvalidFields = "invalid_fields";
    public const string ParseError = "parse_error";
    public const string ColumnCountMismatch = "column_count_mismatch";
    public const string VehicleConflict = "vehicle_conflict";
}

/// <summary>A file that cannot be read at all; the others are not concerned.</summary>
/// <param name="reason">A word for programs, or a sentence.</param>
sealed class HistoryFileException(string reason) : Exception(reason)
{
    public string Reason => Message;
}

/// <summary>A file of another logger.</summary>
interface IHistoryFile
{
    /// <summary>Without its folder.</summary>
    string Name { get; }

    string Path { get; }

    /// <summary>The same file, its times read in another zone.</summary>
    IHistoryFile In(TimeZoneInfo zone);

    /// <summary>How many bytes of it the rows have been read from so far; 0 when that is not known.</summary>
    long Position => 0;

    /// <summary>Its rows in the order of the file.</summary>
    /// <exception cref="HistoryFileException">While they are read.</exception>
    IEnumerable<HistoryRow> Rows();
}
