namespace TeslaMate.Logbook.Positions;

/// <summary>
/// The summaries of block ranges by which a drive's positions are found. A question about one drive reads every range that has none, which is the
/// whole log where a history arrived at once; autovacuum makes them within a minute.
/// </summary>
public static class PositionSummaries
{
    /// <summary>Makes those that are missing, unless a vacuum is at work, which makes them itself.</summary>
    public static async Task CompleteAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            // Whoever waits for an automatic vacuum longer than deadlock_timeout, one second, ends it.
            await connection.ExecuteAsync("set local lock_timeout = '200ms'", cancellationToken);
            await connection.ExecuteAsync("""
                select pg_catalog.brin_summarize_new_values(i.oid)
                from pg_catalog.pg_index as x
                join pg_catalog.pg_class as i on i.oid = x.indexrelid
                join pg_catalog.pg_am as m on m.oid = i.relam
                where x.indrelid = 'public.positions'::regclass and m.amname = 'brin' and pg_catalog.pg_has_role(i.relowner, 'usage')
                """, TimeSpan.FromMinutes(10), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
        }
    }
}
