namespace TeslaMate.Logbook.Writing;

/// <summary>Some entries of one car that are written together.</summary>
/// <param name="First">The number of the first batch.</param>
/// <param name="Last">The number of the last batch; entries of several batches may travel together.</param>
sealed record Batch(CarId Car, long First, long Last, IReadOnlyList<LogbookEntry> Entries);

/// <summary>What became of a write. Closed.</summary>
abstract record WriteAnswer
{
    WriteAnswer() { }

    /// <param name="Refused">Entries that the database can never accept, with its reason; the others are written.</param>
    public sealed record Written(IReadOnlyList<Outcome> Outcomes, IReadOnlyList<(LogbookEntry Entry, string Reason)> Refused) : WriteAnswer;

    public sealed record Repeated : WriteAnswer;

    public sealed record NotOurs : WriteAnswer;

    /// <summary>It may have been written nevertheless; sending the same batch again finds out.</summary>
    public sealed record Away(Exception Reason) : WriteAnswer;
}

/// <summary>Writes batches: one transaction, normally in one round trip.</summary>
/// <param name="session">This run of this instance, which the fence in every transaction asks for.</param>
sealed class DatabaseWriter(NpgsqlDataSource database, Guid session)
{
    public async Task<WriteAnswer> WriteAsync(Batch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            List<Outcome> outcomes = [];
            var statements = EntryStatements.For(batch.Car, batch.Entries, outcomes);
            try
            {
                outcomes.AddRange(await RunAsync([Claim([batch]), .. statements], timeout, cancellationToken));
                return new WriteAnswer.Written(outcomes, []);
            }
            catch (PostgresException exception) when (DatabaseFailures.Kind(exception) is DatabaseFailure.BadData)
            {
                return await WriteSinglyAsync(batch, timeout, cancellationToken);
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

    /// <summary>The slow way, when the server refuses some value: still one transaction, but an entry that fails takes back only itself.</summary>
    async Task<WriteAnswer> WriteSinglyAsync(Batch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        List<Outcome> outcomes = [];
        List<(LogbookEntry, string)> refused = [];
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RunAsync(connection, [Claim([batch])], timeout, cancellationToken);
        foreach (var entry in batch.Entries)
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
            }
            catch (PostgresException exception) when (DatabaseFailures.Kind(exception) is DatabaseFailure.BadData)
            {
                await transaction.RollbackAsync("entry", cancellationToken);
                refused.Add((entry, exception.MessageText));
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return new WriteAnswer.Written(outcomes, refused);
    }
}
