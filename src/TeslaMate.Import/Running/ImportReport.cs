using TeslaMate.Logbook.History;

namespace TeslaMate.Import.Running;

/// <summary>How a file went.</summary>
public enum FileState
{
    /// <summary>It has not been read yet.</summary>
    Pending,

    /// <summary>It is being read.</summary>
    Running,

    /// <summary>It was read to its end.</summary>
    Done,

    /// <summary>Nothing of it was imported; <see cref="FileReport.Reason"/> says why.</summary>
    Failed,

    /// <summary>It was imported before.</summary>
    Skipped,
}

/// <summary>What became of a file.</summary>
/// <param name="Name">Without its folder.</param>
/// <param name="Rows">All of them: imported, skipped and rejected.</param>
/// <param name="Imported">Taken by the machine, whatever came of it.</param>
/// <param name="Skipped">Covered already, read twice, or of another car.</param>
/// <param name="Rejected">Not usable.</param>
/// <param name="Reason">Why it failed.</param>
public sealed record FileReport(string Name, int Rows, int Imported, int Skipped, int Rejected, FileState State, string? Reason = null);

/// <summary>A row that could not be used; nothing of its content is kept.</summary>
/// <param name="Line">The physical line; the header is line 1.</param>
/// <param name="Column">The first column at fault.</param>
/// <param name="Fields">All fields at fault.</param>
public sealed record Rejection(string File, int Line, string? Column, string Reason, IReadOnlyList<string> Fields);

/// <summary>Rows that an import made.</summary>
public sealed record Created(int Drives, int ChargingProcesses, int Positions, int Charges, int States, int Updates);

/// <summary>Why nothing was tried.</summary>
public enum ImportProblem
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>The folder is not there or cannot be listed.</summary>
    NoFolder,

    /// <summary>No file has a name that is known.</summary>
    NoFiles,

    /// <summary>There is no such time zone.</summary>
    UnknownZone,

    /// <summary>The car is neither in the database nor in the files.</summary>
    UnknownCar,

    /// <summary>Another import is at work.</summary>
    Busy,

    /// <summary>The other database cannot be reached.</summary>
    NoSource,

    /// <summary>The other database has tables of another version.</summary>
    OtherVersion,
}

/// <summary>A drive or charging process of another database that was left out, since its time is covered.</summary>
/// <param name="Car">The VIN.</param>
/// <param name="Kind"><c>drive</c> or <c>charging_process</c>.</param>
/// <param name="Start">When it began.</param>
/// <param name="End">When it ended.</param>
public sealed record Overlap(string Car, string Kind, DateTimeOffset Start, DateTimeOffset End);

/// <summary>What an import did.</summary>
public sealed record ImportReport
{
    /// <summary>Why nothing was tried, if so.</summary>
    public ImportProblem Problem { get; init; }

    /// <summary>A sentence about <see cref="Problem"/>.</summary>
    public string? Explanation { get; init; }

    /// <summary>In the order in which they were read.</summary>
    public required IReadOnlyList<FileReport> Files { get; init; }

    /// <summary>In the order in which they were met.</summary>
    public required IReadOnlyList<Rejection> Rejections { get; init; }

    /// <summary>The new rows.</summary>
    public required Created Created { get; init; }

    /// <summary>What two databases both have.</summary>
    public IReadOnlyList<Overlap> Overlaps { get; init; } = [];

    /// <summary>The time zone of an interrupted import that was gone on with, where it is another one than was asked for.</summary>
    public string? ResumedZone { get; init; }

    /// <summary>Nothing was rejected and nothing failed.</summary>
    public bool IsClean => Problem == ImportProblem.None && Rejections.Count == 0
        && Files.All(file => file.State is FileState.Done or FileState.Skipped);

    internal static Created CreatedOf(HistoryCounts counts)
        => new(counts.Drives, counts.ChargingProcesses, counts.Positions, counts.Charges, counts.States, counts.Updates);

    internal static ImportReport Of(ImportProblem problem, string explanation)
        => new() { Problem = problem, Explanation = explanation, Files = [], Rejections = [], Created = CreatedOf(HistoryCounts.None) };
}

/// <summary>How far an import is.</summary>
/// <param name="File">The number of the file that is read, from 0.</param>
/// <param name="Files">How they stand.</param>
/// <param name="Rows">Read so far, of all files.</param>
/// <param name="BytesRead">Of files that are finished, and of the one that is read.</param>
/// <param name="BytesInAll">Of all files.</param>
/// <param name="Rejections">Met so far.</param>
public sealed record ImportProgress(int File, IReadOnlyList<FileReport> Files, long Rows, long BytesRead, long BytesInAll,
    IReadOnlyList<Rejection> Rejections);
