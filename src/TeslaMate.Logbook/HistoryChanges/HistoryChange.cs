using System.Text.Json;

namespace TeslaMate.Logbook.HistoryChanges;

/// <summary>A change that was made to the history.</summary>
/// <param name="Car">Null for a change of a geofence, which is of all cars.</param>
/// <param name="Author">Who made it, in words: <c>command line</c>, <c>pages</c>, <c>token kitchen tablet</c>.</param>
/// <param name="UndoneAt">Null while it holds.</param>
/// <param name="UndoneBy">Who undid it.</param>
public sealed record HistoryChange(
    long Id, CarId? Car, HistoryEdit Edit, string Author, DateTimeOffset At, DateTimeOffset? UndoneAt, string? UndoneBy)
{
    /// <summary>How long a change can be undone; after that what is recorded of it is deleted (spec api 2.6).</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(90);
}

/// <summary>A change, or one that an edit would be, with the rows.</summary>
/// <param name="Change">Its number is negative when nothing was changed.</param>
/// <param name="Version">Stands for the rows as they were before; an edit that names it is refused once they are others.</param>
public sealed record HistoryDetail(HistoryChange Change, string Version, IReadOnlyList<ChangedRow> Rows, IReadOnlyList<MovedRows> Moves);

/// <summary>A row before and after a change.</summary>
/// <param name="Kind">
/// A table (<c>drives</c>, <c>charging_processes</c>, <c>positions</c>, <c>cars</c>, <c>geofences</c>), or what belongs to a row:
/// <c>drive_tags</c>, <c>charges</c>, <c>drive_geofences</c>.
/// </param>
/// <param name="Before">The columns by name; null when the change made the row. JSON values are as <c>to_jsonb</c> gives them.</param>
/// <param name="After">Null when the change deleted the row.</param>
public sealed record ChangedRow(string Kind, int Id, JsonElement? Before, JsonElement? After);

/// <summary>Positions or charges that went from one row to another; null is none.</summary>
public sealed record MovedRows(string Kind, int? Before, int? After, int Count);

/// <summary>A drive or charging process that may be edited.</summary>
/// <param name="End">Null while it goes on; then it may not.</param>
public sealed record HistoryEntry(int Id, CarId Car, DateTimeOffset Start, DateTimeOffset? End);

/// <summary>Why an edit is refused. Pages and the API have a text and a status for each.</summary>
public enum EditProblem
{
    NotFound,
    UnknownPlace,
    NothingToDo,
    TooMany,
    InvalidTags,
    InvalidValue,
    NoFactor,
    GoingOn,
    SeveralCars,
    NotConsecutive,
    GapTooLong,
    OdometerFalls,
    TooFewRows,
    TooShort,
    Stale,
    Busy,
    KeyReused,
    AlreadyUndone,
    LaterChange,
    Touched,
}

/// <summary>What came of an edit or an undo. Closed.</summary>
public abstract record EditAnswer
{
    EditAnswer() { }

    /// <param name="IsRepeated">It was made before, by a request with the same key.</param>
    public sealed record Done(HistoryDetail Detail, bool IsRepeated = false) : EditAnswer;

    /// <param name="Text">In English, with the numbers that matter.</param>
    public sealed record Refused(EditProblem Problem, string Text) : EditAnswer;
}
