namespace TeslaMate.Database.Migrations;

/// <summary>A version that the database has.</summary>
/// <param name="At">When it was applied; null where the row does not say.</param>
/// <param name="Name">Null when this program does not know the version.</param>
public sealed record AppliedVersion(long Version, string? Name, DateTimeOffset? At);

/// <summary>A version that the database does not have yet.</summary>
public sealed record PendingVersion(long Version, string Name)
{
    internal static PendingVersion Of(Migration migration) => new(migration.Version, migration.Name);
}

/// <summary>A file that is not what was applied.</summary>
public sealed record ChecksumMismatch(string FileName, string Recorded, string Expected);

/// <summary>An extension that the schema needs.</summary>
/// <param name="Installed">Null when it is not in the database.</param>
/// <param name="Available">The server's default version; null when its files are not on the server.</param>
public sealed record ExtensionState(string Name, string? Installed, string? Available);

/// <summary>Where a database stands.</summary>
public sealed record SchemaState
{
    /// <summary>For example <c>17.3</c>.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>The reference's versions that this database has, oldest first.</summary>
    public required IReadOnlyList<AppliedVersion> Applied { get; init; }

    public required IReadOnlyList<PendingVersion> Pending { get; init; }

    /// <summary>The versions of our own schema <c>teslamate</c>.</summary>
    public required IReadOnlyList<AppliedVersion> OwnApplied { get; init; }

    /// <inheritdoc cref="OwnApplied"/>
    public required IReadOnlyList<PendingVersion> OwnPending { get; init; }

    /// <summary>Files of views and functions that are not in the database as this program has them.</summary>
    public required IReadOnlyList<string> PendingRepeatables { get; init; }

    public required IReadOnlyList<ChecksumMismatch> ChecksumMismatches { get; init; }
    public required IReadOnlyList<ExtensionState> Extensions { get; init; }

    /// <summary>What is not wrong but dangerous.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The newest version that the program knows.</summary>
    public required long Newest { get; init; }

    /// <summary>Applied versions above <see cref="Newest"/>: a newer program was here, and this one must not touch the database.</summary>
    public IEnumerable<AppliedVersion> Newer => Applied.Where(version => version.Version > Newest)
        .Concat(OwnApplied.Where(version => version.Name is null));

    /// <summary>
    /// Applied versions that no file of this program names, below <see cref="Newest"/>; they are left alone, as the reference does.
    /// </summary>
    public IEnumerable<AppliedVersion> Unknown => Applied.Where(version => version.Name is null && version.Version < Newest);

    /// <summary>Whether the program can work with this database as it is.</summary>
    public bool IsCurrent => Pending.Count == 0 && OwnPending.Count == 0 && PendingRepeatables.Count == 0 && !Newer.Any();

    public DateTimeOffset? LastMigratedAt => Applied.Concat(OwnApplied).Max(version => version.At);
}
