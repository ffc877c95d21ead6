namespace TeslaMate.Database.Migrations;

/// <summary>Something that stands in the way of a run, found before anything was changed.</summary>
/// <param name="Cause">What is the matter, with names and numbers.</param>
/// <param name="Remedy">What to do about it.</param>
/// <param name="Statement">A query that shows the rows or objects in question; null when there is nothing to show.</param>
public sealed record PreflightError(string Cause, string Remedy, string? Statement = null);

/// <summary>How a run ended. Closed.</summary>
public abstract record MigrationOutcome
{
    MigrationOutcome() { }

    /// <summary>
    /// The database is where it was asked to be. <paramref name="Versions"/> is how many versions were run for that, zero if none was needed.
    /// </summary>
    public sealed record Done(int Versions) : MigrationOutcome;

    /// <summary>Nothing was changed.</summary>
    public sealed record Refused(IReadOnlyList<PreflightError> Errors) : MigrationOutcome;

    /// <summary>The database stands at its last whole version; the same command continues from there.</summary>
    /// <param name="At">The version that failed and its name, or what was done outside a version.</param>
    /// <param name="Statement">The statement that failed; null when none was running.</param>
    /// <param name="Message">What the server or the connection said.</param>
    public sealed record Failed(string At, string? Statement, string Message, string Remedy) : MigrationOutcome;
}
