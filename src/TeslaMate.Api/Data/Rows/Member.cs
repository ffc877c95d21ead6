namespace TeslaMate.Api.Data.Rows;

/// <summary>What a member holds, and so how it is read from a column and written.</summary>
enum MemberType
{
    /// <summary>An integer of any size.</summary>
    Whole,

    /// <summary>A <c>double precision</c>, written as short as it can be.</summary>
    Number,

    /// <summary>A <c>numeric</c>, written with the scale it is stored with.</summary>
    Exact,

    Flag,
    Text,

    /// <summary>A <c>timestamp</c> in UTC, written to the millisecond.</summary>
    Instant,

    /// <summary>A list of texts.</summary>
    Words,

    /// <summary>A list of integers.</summary>
    Wholes,

    /// <summary>A <c>jsonb</c>, passed on as it is.</summary>
    Json,
}

/// <summary>
/// One member of the rows of a resource: its name, where it comes from, and what it means. From these come the query, JSON, CSV and the description.
/// </summary>
/// <param name="Path">The member's name; dots lead into objects (<c>start.place</c>). Members of one object follow each other.</param>
/// <param name="Sql">The expression that gives it, of our own writing.</param>
/// <param name="Description">What it is, for the OpenAPI document.</param>
/// <param name="Group">What a client names to get it where members come in groups (<c>measures=M3</c>, <c>include=raw</c>); null for one that is
/// always there.</param>
sealed record Member(string Path, MemberType Type, string Sql, string Description, string? Group = null)
{
    /// <summary>Values that the member can have where they are few.</summary>
    public IReadOnlyList<string>? Values { get; init; }

    /// <summary>Whether the member is never null.</summary>
    public bool IsAlwaysKnown { get; init; }

    public static Member Id(string path, string sql, string description) => new(path, MemberType.Whole, sql, description) { IsAlwaysKnown = true };

    public static Member Whole(string path, string sql, string description) => new(path, MemberType.Whole, sql, description);

    public static Member Number(string path, string sql, string description) => new(path, MemberType.Number, sql, description);

    public static Member Exact(string path, string sql, string description) => new(path, MemberType.Exact, sql, description);

    public static Member Flag(string path, string sql, string description) => new(path, MemberType.Flag, sql, description);

    public static Member Text(string path, string sql, string description) => new(path, MemberType.Text, sql, description);

    public static Member Word(string path, string sql, string description, params IReadOnlyList<string> values)
        => new(path, MemberType.Text, sql, description) { Values = values };

    public static Member Instant(string path, string sql, string description) => new(path, MemberType.Instant, sql, description);

    /// <summary>Whether a client that names <paramref name="field"/> wants this member: it is that one, or lies in the object of that name.</summary>
    public bool IsIn(string field)
        => Path.StartsWith(field, StringComparison.Ordinal) && (Path.Length == field.Length || Path[field.Length] == '.');
}
