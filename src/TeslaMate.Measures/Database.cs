namespace TeslaMate.Measures;

/// <summary>A table with its size. Rows are the planner's estimate.</summary>
public sealed record DatabaseTable(
    string TableName, long EstimatedRows, long DataBytes, long IndexBytes, long TotalBytes)
{
    internal static DatabaseTable Read(Row row) => new(
        row.Text(), row.Count(), row.Count(), row.Count(), row.Count());
}

/// <summary>An index with its use and size.</summary>
public sealed record DatabaseIndex(
    string TableName, string IndexName, long Scans, long TuplesRead, long TuplesFetched, long Bytes)
{
    internal static DatabaseIndex Read(Row row) => new(
        row.Text(), row.Text(), row.Count(), row.Count(), row.Count(), row.Count());
}

/// <summary>The server.</summary>
public sealed record DatabaseFacts(
    string Version, long Bytes, long SharedBuffersBytes, string Zone)
{
    internal static DatabaseFacts Read(Row row) => new(
        row.Text(), row.Count(), row.Count(), row.Text());
}

public sealed partial class MeasureReader
{
    /// <summary>The largest first.</summary>
    public IAsyncEnumerable<DatabaseTable> TablesAsync(CancellationToken cancellationToken)
        => StreamAsync("database_tables", DatabaseTable.Read, cancellationToken);

    /// <summary>The largest first.</summary>
    public IAsyncEnumerable<DatabaseIndex> IndexesAsync(CancellationToken cancellationToken)
        => StreamAsync("database_indexes", DatabaseIndex.Read, cancellationToken);

    /// <summary>One row.</summary>
    public Task<DatabaseFacts> DatabaseAsync(CancellationToken cancellationToken)
        => SingleAsync("database_facts", DatabaseFacts.Read, cancellationToken);
}
