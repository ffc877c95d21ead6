using TeslaMate.Configuration;
using TeslaMate.Logbook.Refused;
using TeslaMate.Logbook.Spooling;

namespace TeslaMate.Logbook.Writing;

/// <summary>The log of one car that this instance holds the lease of: numbers its batches, and decides between database and disk.</summary>
/// <param name="lastNumber">The newest number that the database knows.</param>
/// <param name="spool">Null when there is no disk to fall back on.</param>
sealed partial class CarLog(
    CarId car, long lastNumber, SpoolFile? spool, string? refusedFile,
    DatabaseWriter writer, PositionGroups groups, DatabaseAvailability availability, PostCommitEffects effects, RefusedEntries refused,
    ILogger logger)
        : IDisposable
{
    /// <summary>The longest that a car waits for the database before its entries go to disk.</summary>
    static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(15);

    /// <summary>In the background there is time: closing a drive in a table without useful statistics may take it.</summary>
    static readonly TimeSpan BackgroundCommandTimeout = TimeSpan.FromMinutes(10);

    readonly SemaphoreSlim _turn = new(1, 1);
    readonly CancellationTokenSource _lost = new();
    long _lastNumber = Math.Max(lastNumber, spool?.LastNumber ?? 0);
    bool _disposed;

    public CarId Car => car;

    public CancellationToken Lost => _lost.Token;

    /// <summary>Bytes that wait on disk.</summary>
    public long WaitingBytes => spool?.Length ?? 0;

    public bool IsWaiting => spool is { IsEmpty: false };

    public async Task<WriteResult> WriteAsync(IReadOnlyList<LogbookEntry> entries, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_lost.IsCancellationRequested || _disposed)
                return WriteResult.NotOurs;
            if (entries.Count == 0)
                return WriteResult.Stored;
            var number = ++_lastNumber;
            // What waits on disk goes first.
            if (!IsWaiting && !(availability.IsAway && spool is not null))
            {
                var batch = new Batch(car, number, number, entries);
                var answer = PositionGroups.Takes(entries)
                    ? await groups.WriteAsync(batch, CommandTimeout)
                    : await writer.WriteAsync(batch, CommandTimeout, cancellationToken);
                switch (answer)
                {
                    case WriteAnswer.Written written:
                        Finish(written);
                        return WriteResult.Stored;
                    case WriteAnswer.Repeated:
                        return WriteResult.Stored;
                    case WriteAnswer.NotOurs:
                        Lose();
                        return WriteResult.NotOurs;
                    case WriteAnswer.Away(var reason):
                        availability.Fail(reason);
                        break;
                }
            }

            return Append(new(number, entries)) ? WriteResult.Buffered : WriteResult.Lost;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes some of what waits on disk.</summary>
    /// <returns>Whether the database took it; false when it is away or the car is no longer ours.</returns>
    public async Task<bool> FlushSomeAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (spool is null || spool.IsEmpty || _lost.IsCancellationRequested || _disposed)
                return !_lost.IsCancellationRequested;
            return await FlushSomeInTurnAsync(spool, cancellationToken) is null;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes all that waits on disk, then runs <paramref name="then"/> as a batch of its own before anything else is written.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    /// <exception cref="InvalidOperationException">Another instance logs the car.</exception>
    public async Task DrainAsync(Func<long, Task> then, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            while (spool is { IsEmpty: false } && !_lost.IsCancellationRequested)
                if (await FlushSomeInTurnAsync(spool, cancellationToken) is { } reason)
                    throw reason as NpgsqlException ?? new NpgsqlException("The database is away.", reason);
            if (_lost.IsCancellationRequested || _disposed)
                throw new InvalidOperationException($"Another instance logs car {car}.");
            await then(++_lastNumber);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The car is another instance's from now on.</summary>
    public void Lose()
    {
        if (!_lost.IsCancellationRequested)
            _lost.Cancel();
    }

    public void Dispose()
    {
        _disposed = true;
        spool?.Dispose();
    }

    /// <returns>Null when done, otherwise why not.</returns>
    async Task<Exception?> FlushSomeInTurnAsync(SpoolFile file, CancellationToken cancellationToken)
    {
        var waiting = file.Peek(most: 500, out var next, out var unreadable);
        foreach (var text in unreadable)
            SetAside(text, "it is not understood");
        if (waiting.Count > 0)
        {
            var batch = new Batch(car, waiting[0].Number, waiting[^1].Number, [.. waiting.SelectMany(part => part.Entries)]);
            var answer = await writer.WriteAsync(batch, BackgroundCommandTimeout, cancellationToken);
            if (answer is WriteAnswer.Repeated)
            {
                // Some of these, or all, were written by an attempt whose acknowledgement was lost.
                var (known, failure) = await writer.LastNumberAsync(car, cancellationToken);
                if (failure is not null)
                    return failure;
                var rest = waiting.Where(part => part.Number > known).ToList();
                answer = rest.Count == 0
                    ? answer
                    : await writer.WriteAsync(new(car, rest[0].Number, rest[^1].Number, [.. rest.SelectMany(part => part.Entries)]),
                        BackgroundCommandTimeout, cancellationToken);
            }

            switch (answer)
            {
                case WriteAnswer.Written written:
                    Finish(written);
                    break;
                case WriteAnswer.NotOurs:
                    Lose();
                    return new InvalidOperationException($"Another instance logs car {car}.");
                case WriteAnswer.Away(var reason):
                    return reason;
            }

            Log.Flushed(logger, car.Value, waiting.Count);
        }

        file.Forget(next);
        return null;
    }

    void Finish(WriteAnswer.Written written)
    {
        availability.Succeed();
        foreach (var (entry, reason, isKept) in written.Refused)
        {
            if (isKept)
                Log.RefusedButKept(logger, car.Value, reason);
            else
                SetAside(RefusedEntries.Text(entry), reason);
        }

        foreach (var outcome in written.Outcomes)
            effects.Handle(outcome);
    }

    /// <summary>Brings what was set aside in a file to the table of refused entries, where <c>teslamate retry-refused</c> finds it.</summary>
    public async Task SubmitRefusedAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (refusedFile is null || !File.Exists(refusedFile) || _lost.IsCancellationRequested || _disposed)
                return;
            await refused.KeepAsync(car, (await File.ReadAllLinesAsync(refusedFile, cancellationToken)).Where(line => line.Length > 0),
                "set aside in a file", cancellationToken);
            File.Delete(refusedFile);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException || exception.IsDatabaseFailure())
        {
            // They stay where they are, and are tried again.
            Log.RefusedStay(logger, car.Value, refusedFile, exception.Message);
        }
        finally
        {
            _turn.Release();
        }
    }

    bool Append(SpooledBatch batch)
    {
        if (spool is null)
        {
            Log.LostWithoutDisk(logger, car.Value, batch.Entries.Count);
            return false;
        }

        try
        {
            if (spool.TryAppend(batch))
                return true;
            Log.LostForLackOfRoom(logger, car.Value, batch.Entries.Count);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.LostToDisk(logger, car.Value, batch.Entries.Count, exception);
        }

        return false;
    }

    void SetAside(string entry, string reason)
    {
        Log.Refused(logger, car.Value, reason, refusedFile);
        if (refusedFile is null)
            return;
        try
        {
            using var file = PrivateFiles.Open(refusedFile, FileMode.Append, FileAccess.Write, FileShare.Read);
            file.Write(System.Text.Encoding.UTF8.GetBytes(entry + "\n"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.LostToDisk(logger, car.Value, 1, exception);
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId}: the database refused an entry ({Reason}); it is set aside in {File}")]
        public static partial void Refused(ILogger logger, short carId, string reason, string? file);

        [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId}: the database refused an entry ({Reason}); it is kept, and sent again by: "
            + "teslamate retry-refused")]
        public static partial void RefusedButKept(ILogger logger, short carId, string reason);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Car {CarId}: refused entries stay in {File}: {Reason}")]
        public static partial void RefusedStay(ILogger logger, short carId, string? file, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId}: {Entries} entries are lost: the database is away and there is no folder to "
            + "keep them in")]
        public static partial void LostWithoutDisk(ILogger logger, short carId, int entries);

        [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId}: {Entries} entries are lost: the database is away and the room for what "
            + "waits is used up")]
        public static partial void LostForLackOfRoom(ILogger logger, short carId, int entries);

        [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId}: {Entries} entries are lost: the database is away and the disk refuses them")]
        public static partial void LostToDisk(ILogger logger, short carId, int entries, Exception exception);

        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: {Batches} waiting batches are written")]
        public static partial void Flushed(ILogger logger, short carId, int batches);
    }
}
