using System.Threading.Channels;
using TeslaMate.Logbook.Positions;

namespace TeslaMate.Logbook.Writing;

/// <summary>
/// Commits the positions of many cars together: whoever arrives while a transaction is under way shares the next one. One car alone never waits for
/// others.
/// </summary>
sealed class PositionGroups(DatabaseWriter writer) : IAsyncDisposable
{
    /// <summary>The most batches of one transaction.</summary>
    const int Most = 2000;

    /// <summary>Transactions side by side: while the server works on one, the next is put together. More only make them smaller.</summary>
    const int Writers = 2;

    readonly Channel<Waiting> _queue = Channel.CreateUnbounded<Waiting>();
    readonly CancellationTokenSource _stopping = new();
    Task? _loop;
    readonly Lock _starting = new();

    /// <summary>Whether all of these entries are positions, which is what this is for.</summary>
    public static bool Takes(IReadOnlyList<LogbookEntry> entries)
        => entries.All(entry => entry is LogbookEntry.InsertPosition or LogbookEntry.InsertDrivePosition);

    /// <summary>Writes a batch of positions; the caller sends one batch of a car at a time.</summary>
    public async Task<WriteAnswer> WriteAsync(Batch batch, TimeSpan timeout)
    {
        lock (_starting)
            _loop ??= Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => RunAsync(_stopping.Token)));
        var waiting = new Waiting(batch, timeout, new(TaskCreationOptions.RunContinuationsAsynchronously));
        return _queue.Writer.TryWrite(waiting) ? await waiting.Answer.Task : new WriteAnswer.Away(new IOException("The logbook is closed."));
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        if (_loop is { } loop)
            await loop;
        await _stopping.CancelAsync();
        _stopping.Dispose();
    }

    async Task RunAsync(CancellationToken cancellationToken)
    {
        List<Waiting> group = [];
        while (await _queue.Reader.WaitToReadAsync(cancellationToken))
        {
            group.Clear();
            while (group.Count < Most && _queue.Reader.TryRead(out var waiting))
                group.Add(waiting);
            await WriteAsync(group, cancellationToken);
        }
    }

    async Task WriteAsync(List<Waiting> group, CancellationToken cancellationToken)
    {
        if (group.Count > 1 && await TryWriteTogetherAsync(group, cancellationToken))
            return;

        // One bad row, one lost lease or one repeated batch spoils a group: each on its own then. All at once, so that an outage is one time-out,
        // not a thousand.
        await Parallel.ForEachAsync(group, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken },
            async (waiting, stopping) =>
        {
            try
            {
                waiting.Answer.SetResult(await writer.WriteAsync(waiting.Batch, waiting.Timeout, stopping));
            }
            catch (Exception exception)
            {
                // A bug; it belongs to the caller, whose loop reports it.
                waiting.Answer.SetException(exception);
            }
        });
    }

    async Task<bool> TryWriteTogetherAsync(List<Waiting> group, CancellationToken cancellationToken)
    {
        try
        {
            var rows = new PositionRows();
            var outcomes = group.ToDictionary(waiting => waiting.Batch.Car, _ => new List<Outcome>());
            foreach (var (batch, _, _) in group)
            {
                foreach (var entry in batch.Entries)
                {
                    var (reading, inDrive) = entry is LogbookEntry.InsertDrivePosition(var position)
                        ? (position, true)
                        : (((LogbookEntry.InsertPosition)entry).Position, false);
                    if (PositionRows.IsStorable(reading))
                        rows.Add(batch.Car, inDrive, reading);
                    else
                        outcomes[batch.Car].Add(new Outcome.PositionInvalid(batch.Car));
                }
            }

            var claim = writer.Claim([.. group.Select(waiting => waiting.Batch)]);
            foreach (var outcome in await writer.RunAsync([claim, rows.ToStatement()], group.Max(waiting => waiting.Timeout), cancellationToken))
            {
                if (outcome is Outcome.DrivePositionWithoutDrive(var car))
                    outcomes[car].Add(outcome);
            }

            foreach (var waiting in group)
                waiting.Answer.SetResult(new WriteAnswer.Written(outcomes[waiting.Batch.Car], []));
            return true;
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            if (DatabaseWriter.Answer(exception) is not WriteAnswer.Away away || exception is PostgresException { SqlState: ['2', '2' or '3', ..] })
                return false;
            foreach (var waiting in group)
                waiting.Answer.SetResult(away);
            return true;
        }
    }

    sealed record Waiting(Batch Batch, TimeSpan Timeout, TaskCompletionSource<WriteAnswer> Answer);
}
