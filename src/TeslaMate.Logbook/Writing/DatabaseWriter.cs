using TeslaMate.Logbook.Refused;

namespace TeslaMate.Logbook.Writing;

/// <summary>Some entries of one car that are written together.</summary>
/// <param name="First">The number of the first batch.</param>
/// <param name="Last">The number of the last batch; entries of several batches may travel together.</param>
sealed record Batch(CarId Car, long First, long Last, IReadOnlyList<LogbookEntry> Entries);

/// <summary>What became of a write. Closed.</summary>
abstract record WriteAnswer
{
    WriteAnswer() { }

    /// <param name="Refused">Entries that the database did not accept; the others are written.</param>
    public sealed record Written(IReadOnlyList<Outcome> Outcomes, IReadOnlyList<RefusedEntry> Refused) : WriteAnswer;

    public sealed record Repeated : WriteAnswer;

    public sealed record NotOurs : WriteAnswer;

    /// <summary>It may have been written nevertheless; sending the same batch again finds out.</summary>
    public sealed record Away(Exception Reason) : WriteAnswer;
}

/// <summary>An entry that the database did not accept.</summary>
/// <param name="IsKept">It is in the table of refused entries.</param>
sealed record RefusedEntry(LogbookEntry Entry, string Reason, bool IsKept);

/// <summary>Writes batches: one transaction, normally in one round trip.</summary>
/// <param name="session">This run of this instance, which the fence in every transaction asks for.</param>
sealed partial class DatabaseWriter(NpgsqlDataSource database, Guid session, TimeProvider time, ILogger logger)
{
    /// <summary>How often sequences are mended for one write; rows may go on arriving by another way.</summary>
    const int MostRepairs = 3;

    public async Task<WriteAnswer> WriteAsync(Batch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            for (var repairs = 0; ; repairs++)
            {
                List<Outcome> outcomes = [];
                var statements = EntryStatements.For(batch.Car, batch.Entries, outcomes);
                try
                {
                    outcomes.AddRange(await RunAsync([Claim([batch]), .. statements], timeout, cancellationToken));
                    await TryKeepOrphansAsync(outcomes, cancellationToken);
                    return new WriteAnswer.Written(outcomes, []);
                }
                catch (PostgresException exception) when (DatabaseFailures.Kind(exception) is DatabaseFailure.BadData)
                {
                    if (repairs == MostRepairs || !await IsSequenceMendedAsync(exception, cancellationToken))
                        return await WriteSinglyAsync(batch, timeout, cancellationToken);
                }
            }
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            return Answer(exception);
        }
    }

    /// <summary>Runs statements in one round trip and one transaction of their own.</summary>
    public async Task<IReadOnlyList<Outcome>> RunAsync(IReadOnlyList<Statement> statements, TimeSpan timeout, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await RunAsync(connection, statements, timeout, cancellationToken);
    }

    public Statement Claim(IReadOnlyList<Batch> batches) => new(
        "select teslamate.claim_batches($1, $2, $3, $4)::text",
        [
            Value.Of(session), Value.Array(batches.Select(batch => batch.Car.Value).ToArray()),
            Value.Array(batches.Select(batch => batch.First).ToArray()), Value.Array(batches.Select(batch => batch.Last).ToArray()),
        ]);

    /// <summary>The number of the newest batch of a car that is written, or why it cannot be known.</summary>
    public async Task<(long Number, Exception? Failure)> LastNumberAsync(CarId car, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = database.CreateCommand("select last_batch from teslamate.car_logs where car_id = $1");
            command.Parameters.Add(Value.Of(car.Value));
            return (await command.ExecuteScalarAsync(cancellationToken) is long number ? number : 0, null);
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            return (0, exception);
        }
    }

    public static WriteAnswer Answer(Exception exception) => DatabaseFailures.Kind(exception) switch
    {
        DatabaseFailure.NotOurs => new WriteAnswer.NotOurs(),
        DatabaseFailure.Repeated => new WriteAnswer.Repeated(),
        _ => new WriteAnswer.Away(exception),
    };

    /// <summary>Runs statements in one round trip, in the transaction of the connection or one of their own.</summary>
    public static async Task<List<Outcome>> RunAsync(
        NpgsqlConnection connection, IReadOnlyList<Statement> statements, TimeSpan timeout, CancellationToken cancellationToken)
    {
        await using var commands = new NpgsqlBatch(connection) { Timeout = (int)Math.Ceiling(timeout.TotalSeconds) };
        foreach (var statement in statements)
            commands.BatchCommands.Add(statement.ToBatchCommand());
        List<Outcome> outcomes = [];
        await using var reader = await commands.ExecuteReaderAsync(cancellationToken);
        foreach (var statement in statements)
        {
            var rows = 0;
            while (await reader.ReadAsync(cancellationToken))
            {
                rows++;
                if (statement.Read?.Invoke(reader) is { } outcome)
                    outcomes.Add(outcome);
            }

            if (rows == 0 && statement.Missing is { } missing)
                outcomes.Add(missing);
            await reader.NextResultAsync(cancellationToken);
        }

        return outcomes;
    }

    /// <summary>Whether a number that a sequence gave was taken, and the next ones are not: the same may well succeed now.</summary>
    async Task<bool> IsSequenceMendedAsync(PostgresException exception, CancellationToken cancellationToken)
    {
        if (!SequenceCheck.MayBeSequence(exception))
            return false;
        var mended = await SequenceCheck.RepairAsync(database, cancellationToken);
        foreach (var sequence in mended)
            Log.SequenceMended(logger, sequence.Sequence, sequence.Table, sequence.Largest);
        return mended.Count > 0;
    }

    /// <summary>The slow way, when the server refuses some value: still one transaction, but an entry that fails takes back only itself.</summary>
    async Task<WriteAnswer> WriteSinglyAsync(Batch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        List<Outcome> outcomes = [];
        List<RefusedEntry> refused = [];
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RunAsync(connection, [Claim([batch])], timeout, cancellationToken);
        foreach (var entry in batch.Entries)
        {
            for (var repairs = 0; ; repairs++)
            {
                await transaction.SaveAsync("entry", cancellationToken);
                try
                {
                    List<Outcome> before = [];
                    var statements = EntryStatements.For(batch.Car, [entry], before);
                    if (statements.Count > 0)
                        before.AddRange(await RunAsync(connection, statements, timeout, cancellationToken));
                    outcomes.AddRange(before);
                    await transaction.ReleaseAsync("entry", cancellationToken);
                    // Now, so that they stand between the entries that are refused before and after them.
                    if (Orphans(before) is { Count: > 0 } orphans)
                        await TryKeepAsync(connection, transaction, orphans, cancellationToken);
                    break;
                }
                catch (PostgresException exception) when (DatabaseFailures.Kind(exception) is DatabaseFailure.BadData)
                {
                    await transaction.RollbackAsync("entry", cancellationToken);
                    if (repairs < MostRepairs && await IsSequenceMendedAsync(exception, cancellationToken))
                        continue;
                    var keep = RefusedEntries.Keep(batch.Car, RefusedEntries.Text(entry), exception.MessageText, time.GetUtcNow());
                    refused.Add(new(entry, exception.MessageText, await TryKeepAsync(connection, transaction, [keep], cancellationToken)));
                    break;
                }
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return new WriteAnswer.Written(outcomes, refused);
    }

    List<Statement> Orphans(IEnumerable<Outcome> outcomes)
        => [.. outcomes.OfType<Outcome.WithoutBeginning>().Select(orphan => RefusedEntries.KeepOrphan(orphan, time.GetUtcNow()))];

    /// <summary>After the commit: charges and the end of a drive or process whose beginning was refused wait with it.</summary>
    async Task TryKeepOrphansAsync(List<Outcome> outcomes, CancellationToken cancellationToken)
    {
        var orphans = Orphans(outcomes);
        if (orphans.Count == 0)
            return;
        try
        {
            await RunAsync(orphans, TimeSpan.FromSeconds(15), cancellationToken);
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            Log.OrphansLost(logger, orphans.Count, exception.Message);
        }
    }

    /// <summary>Keeps refused entries in the same transaction; false when there is no table for them, or it does not take them either.</summary>
    static async Task<bool> TryKeepAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<Statement> entries, CancellationToken cancellationToken)
    {
        await transaction.SaveAsync("refused", cancellationToken);
        try
        {
            await RunAsync(connection, entries, TimeSpan.FromSeconds(15), cancellationToken);
            await transaction.ReleaseAsync("refused", cancellationToken);
            return true;
        }
        catch (PostgresException exception) when (DatabaseFailures.Kind(exception) is DatabaseFailure.BadData
            || exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InsufficientPrivilege)
        {
            await transaction.RollbackAsync("refused", cancellationToken);
            return false;
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{Entries} entries without the beginning they belong to are not kept: {Reason}")]
        public static partial void OrphansLost(ILogger logger, int entries, string reason);

        [LoggerMessage(Level = LogLevel.Warning,
            Message = "The sequence {Sequence} was behind the rows of {Table}, which somebody added by another way; it goes on after {Largest}")]
        public static partial void SequenceMended(ILogger logger, string sequence, string table, long largest);
    }
}
