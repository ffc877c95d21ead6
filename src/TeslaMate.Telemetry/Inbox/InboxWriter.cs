using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Logbook;

namespace TeslaMate.Telemetry.Inbox;

/// <summary>
/// Commits records, many at once, and tells each sender when its own is safe. What arrives while a commit is under way goes into the next one, so the
/// pause between two commits is never longer than one commit.
/// </summary>
sealed partial class InboxWriter(NpgsqlDataSource database, InboxSignal signal, TimeProvider time, ILogger<InboxWriter> logger) : BackgroundService
{
    const int MostRecords = 5_000;
    const int MostBytes = 8 * 1024 * 1024;

    // Longer, and the sender is better off keeping it.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(20_000) { SingleReader = true });

    /// <summary>Stores a record; the answer comes after the commit.</summary>
    public async ValueTask<StoreResult> StoreAsync(InboxRecord record, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(record, time.GetUtcNow() + Patience, new(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            await _queue.Writer.WriteAsync(waiting, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            return StoreResult.NotStored;
        }

        return await waiting.Done.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);
        _queue.Writer.TryComplete();
        while (_queue.Reader.TryRead(out var left))
            left.Done.TrySetResult(StoreResult.NotStored);
    }

    async Task RunAsync(CancellationToken cancellationToken)
    {
        List<Waiting> batch = [];
        while (await _queue.Reader.WaitToReadAsync(cancellationToken))
        {
            var bytes = 0;
            while (batch.Count < MostRecords && bytes < MostBytes && _queue.Reader.TryRead(out var next))
            {
                batch.Add(next);
                bytes += next.Record.Payload.Length;
            }

            while (batch.Count > 0)
            {
                try
                {
                    var stored = await WriteAsync([.. batch.Select(waiting => waiting.Record)], cancellationToken);
                    for (var i = 0; i < batch.Count; i++)
                        batch[i].Done.TrySetResult(stored[i] ? StoreResult.Stored : StoreResult.Duplicate);
                    foreach (var car in batch.Where((_, i) => stored[i]).Select(waiting => waiting.Record.Car).Distinct())
                        signal.Raise(car);
                    batch.Clear();
                }
                catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.ForeignKeyViolation)
                {
                    // A car was deleted meanwhile; one by one finds out which.
                    await WriteSinglyAsync(batch, cancellationToken);
                    batch.Clear();
                }
                catch (Exception exception) when (exception is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException)
                {
                    Log.Away(logger, batch.Count, exception.Message);
                    await Task.Delay(RetryPause, time, cancellationToken);
                    var now = time.GetUtcNow();
                    foreach (var tired in batch.Where(waiting => waiting.Until <= now))
                        tired.Done.TrySetResult(StoreResult.NotStored);
                    batch.RemoveAll(waiting => waiting.Until <= now);
                }
            }
        }
    }

    async Task WriteSinglyAsync(List<Waiting> batch, CancellationToken cancellationToken)
    {
        foreach (var waiting in batch)
        {
            try
            {
                waiting.Done.TrySetResult((await WriteAsync([waiting.Record], cancellationToken))[0] ? StoreResult.Stored : StoreResult.Duplicate);
                signal.Raise(waiting.Record.Car);
            }
            catch (NpgsqlException)
            {
                waiting.Done.TrySetResult(StoreResult.NotStored);
            }
        }
    }

    /// <returns>For each record whether it is new.</returns>
    async Task<bool[]> WriteAsync(IReadOnlyList<InboxRecord> records, CancellationToken cancellationToken)
    {
        // The same record twice in one statement: the first counts.
        await using var batch = database.CreateBatch();
        var insert = new NpgsqlBatchCommand("""
            with incoming as (
                select * from unnest(
                    $1::smallint[], $2::smallint[], $3::smallint[], $4::smallint[], $5::boolean[], $6::boolean[], $7::timestamp[], $8::timestamp[],
                    $9::bigint[], $10::bytea[], $11::bytea[])
                with ordinality as row (car_id, type, form, source, is_resend, is_applied, car_time, received_at, digest, txid, payload, number))
            insert into teslamate.telemetry_inbox (car_id, type, form, source, is_resend, is_applied, car_time, received_at, digest, txid, payload)
            select car_id, type, form, source, is_resend, is_applied, car_time, received_at, digest, nullif(txid, ''::bytea), payload
            from incoming
            order by number
            on conflict do nothing
            returning car_id, car_time, digest, txid
            """);
        insert.Parameters.Add(Array(records, record => record.Car.Value));
        insert.Parameters.Add(Array(records, record => (short)record.Type));
        insert.Parameters.Add(Array(records, record => (short)record.Form));
        insert.Parameters.Add(Array(records, record => (short)record.Path));
        insert.Parameters.Add(Array(records, record => record.IsResend));
        insert.Parameters.Add(Array(records, record => record.IsApplied));
        insert.Parameters.Add(Times(records, record => record.CarTime));
        insert.Parameters.Add(Times(records, record => record.ReceivedAt));
        insert.Parameters.Add(Array(records, record => record.Digest));
        insert.Parameters.Add(Array(records, record => record.Txid.ToArray()));
        insert.Parameters.Add(Array(records, record => record.Payload.ToArray()));
        batch.BatchCommands.Add(insert);
        HashSet<(short Car, DateTimeOffset CarTime, long Digest)> stored = [];
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                stored.Add((reader.GetInt16(0), reader.GetInstant(1), reader.GetInt64(2)));
        }

        // Of equal records in one batch the first is the new one.
        var isNew = new bool[records.Count];
        for (var i = 0; i < records.Count; i++)
            isNew[i] = stored.Remove((records[i].Car.Value, records[i].CarTime, records[i].Digest));
        await CountAsync(records, isNew, cancellationToken);
        return isNew;
    }

    /// <summary>What the month is extrapolated from.</summary>
    async Task CountAsync(IReadOnlyList<InboxRecord> records, bool[] isNew, CancellationToken cancellationToken)
    {
        var days = records.Select((record, i) => (Record: record, IsNew: isNew[i]))
            .GroupBy(item => (item.Record.Car, Day: item.Record.ReceivedAt.UtcDateTime.Date))
            .OrderBy(group => group.Key.Car.Value)
            .ToList();
        await using var command = database.CreateCommand("""
            insert into teslamate.telemetry_usage as usage (car_id, day, records, datums, duplicates, rejected, bytes)
            select * from unnest($1::smallint[], $2::date[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
            on conflict (car_id, day) do update set
                records = usage.records + excluded.records, datums = usage.datums + excluded.datums,
                    duplicates = usage.duplicates + excluded.duplicates,
                rejected = usage.rejected + excluded.rejected, bytes = usage.bytes + excluded.bytes
            returning pg_notify('teslamate_telemetry', usage.car_id::text)
            """);
        command.Parameters.Add(Array(days, day => day.Key.Car.Value));
        command.Parameters.Add(new NpgsqlParameter<DateTime[]>
        {
            TypedValue = [.. days.Select(day => day.Key.Day)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date
        });
        command.Parameters.Add(Array(days, day => (long)day.Count(item => item.IsNew)));
        command.Parameters.Add(Array(days, day => day.Where(item => item.IsNew).Sum(item => (long)item.Record.Datums)));
        command.Parameters.Add(Array(days, day => (long)day.Count(item => !item.IsNew)));
        command.Parameters.Add(Array(days, day => (long)day.Count(item => item.IsNew && item.Record.Form == RecordForm.Unreadable)));
        command.Parameters.Add(Array(days, day => day.Where(item => item.IsNew).Sum(item => (long)item.Record.Payload.Length)));
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            // The records are safe; a figure of them is not worth asking for them again.
            Log.NotCounted(logger, exception.Message);
        }
    }

    static NpgsqlParameter<TColumn[]> Array<TItem, TColumn>(IReadOnlyList<TItem> items, Func<TItem, TColumn> column) =>
        new() { TypedValue = [.. items.Select(column)] };

    static NpgsqlParameter<DateTime[]> Times(IReadOnlyList<InboxRecord> records, Func<InboxRecord, DateTimeOffset> column) => new()
    {
        TypedValue = [.. records.Select(record => Timestamps.ToColumn(column(record)))],
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Timestamp,
    };

    sealed record Waiting(InboxRecord Record, DateTimeOffset Until, TaskCompletionSource<StoreResult> Done);

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The database does not take {Records} records of cars, which are not acknowledged: "
            + "{Reason}")]
        public static partial void Away(ILogger logger, int records, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Records of cars were stored, but not counted: {Reason}")]
        public static partial void NotCounted(ILogger logger, string reason);
    }
}

/// <summary>Hears of records that another instance has taken in, and wakes up whoever applies them here.</summary>
sealed partial class InboxListener(NpgsqlDataSource database, InboxSignal signal, TimeProvider time, ILogger<InboxListener> logger)
    : BackgroundService
{
    /// <summary>The channel of PostgreSQL's notifications; each names cars, by their numbers with commas between them.</summary>
    public const string Channel = "teslamate_telemetry";

    static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var failures = 0; !cancellationToken.IsCancellationRequested;)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(cancellationToken);
                connection.Notification += (_, notification) => Raise(notification.Payload);
                await using (var listen = new NpgsqlCommand($"listen {Channel}", connection))
                    await listen.ExecuteNonQueryAsync(cancellationToken);
                failures = 0;
                // What was said before is found by looking.
                signal.RaiseAll();
                while (true)
                    await connection.WaitAsync(cancellationToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
            {
                Log.Away(logger, exception.Message);
            }

            await Task.Delay(BackOff.Pause(failures++, FirstPause, LongestPause, Random.Shared.NextDouble), time, cancellationToken);
        }
    }

    void Raise(string cars)
    {
        foreach (var car in cars.Split(','))
        {
            if (short.TryParse(car, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                signal.Raise(new CarId(number));
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Records that other instances take in are looked for now and then, because the database "
            + "does not tell of them: {Reason}")]
        public static partial void Away(ILogger logger, string reason);
    }
}

/// <summary>Wakes up whoever applies a car's records.</summary>
sealed class InboxSignal
{
    readonly ConcurrentDictionary<CarId, Channel<bool>> _cars = new();

    public void Raise(CarId car) => Of(car).Writer.TryWrite(true);

    public void RaiseAll()
    {
        foreach (var car in _cars.Values)
            car.Writer.TryWrite(true);
    }

    /// <summary>Waits until there may be something new, or for the given time.</summary>
    public async Task WaitAsync(CarId car, TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await Of(car).Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }
    }

    Channel<bool> Of(CarId car)
        => _cars.GetOrAdd(car, _ => Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }));
}
