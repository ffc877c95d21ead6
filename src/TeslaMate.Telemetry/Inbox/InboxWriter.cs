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
/// pause between two commits is never longer than one commit. Ends after all other services of the host, because those hand their last records over.
/// </summary>
sealed partial class InboxWriter(NpgsqlDataSource database, InboxSignal signal, TimeProvider time, ILogger<InboxWriter> logger)
    : BackgroundService, IHostedLifecycleService
{
    const int MostRecords = 5_000;
    const int MostBytes = 8 * 1024 * 1024;

    // Longer, and the sender is better off keeping it.
    static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(30);
    static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(20_000) { SingleReader = true });

    // What is being stored; here, so that nothing is forgotten when the loop begins again.
    readonly List<Waiting> _batch = [];

    bool _isAway;

    /// <summary>Stores a record; the answer comes after the commit.</summary>
    public async ValueTask<StoreResult> StoreAsync(InboxRecord record, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(record, time.GetUtcNow() + StoreTimeout, new(TaskCreationOptions.RunContinuationsAsynchronously));
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

    Task IHostedLifecycleService.StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Others are still at work; it ends in <see cref="StoppedAsync"/>.</summary>
    public override Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stores what is left, and takes nothing more.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
        while (_queue.Reader.TryRead(out var left))
            left.Done.TrySetResult(StoreResult.NotStored);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var grace = new Grace(time, stoppingToken);
        await Job.KeepRunningAsync(RunAsync, time, logger, grace.Token);
        _batch.ForEach(left => left.Done.TrySetResult(StoreResult.NotStored));
    }

    /// <summary>Ends when the queue is complete and empty.</summary>
    async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _queue.Reader.WaitToReadAsync(cancellationToken))
        {
            var bytes = _batch.Sum(waiting => waiting.Record.Payload.Length);
            while (_batch.Count < MostRecords && bytes < MostBytes && _queue.Reader.TryRead(out var next))
            {
                _batch.Add(next);
                bytes += next.Record.Payload.Length;
            }

            while (_batch.Count > 0)
            {
                try
                {
                    await WriteAsync(_batch, cancellationToken);
                    _batch.Clear();
                    if (_isAway)
                        Log.Back(logger);
                    _isAway = false;
                }
                catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.ForeignKeyViolation)
                {
                    // A car was deleted meanwhile; one by one finds out which.
                    await WriteSinglyAsync(_batch, cancellationToken);
                    _batch.Clear();
                }
                catch (Exception exception) when (exception.IsDatabaseFailure())
                {
                    // A day of it would be told a hundred thousand times.
                    Log.Away(logger, _isAway ? LogLevel.Debug : LogLevel.Error, _batch.Count, exception.Message);
                    _isAway = true;
                    await Task.Delay(RetryPause, time, cancellationToken);
                    var now = time.GetUtcNow();
                    foreach (var tired in _batch.Where(waiting => waiting.Until <= now))
                        tired.Done.TrySetResult(StoreResult.NotStored);
                    _batch.RemoveAll(waiting => waiting.Until <= now);
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
                await WriteAsync([waiting], cancellationToken);
            }
            catch (Exception exception) when (exception.IsDatabaseFailure())
            {
                waiting.Done.TrySetResult(StoreResult.NotStored);
            }
        }
    }

    /// <summary>Stores records and counts them, in one transaction; then everybody is told.</summary>
    async Task WriteAsync(List<Waiting> batch, CancellationToken cancellationToken)
    {
        bool[] isNew;
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            isNew = await InsertAsync(batch, connection, cancellationToken);
            await CountAsync(batch, isNew, connection, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        HashSet<CarId> cars = [];
        for (var i = 0; i < batch.Count; i++)
        {
            batch[i].Done.TrySetResult(isNew[i] ? StoreResult.Stored : StoreResult.Duplicate);
            if (isNew[i] && cars.Add(batch[i].Record.Car))
                signal.Raise(batch[i].Record.Car);
        }
    }

    /// <returns>For each record whether it is new.</returns>
    static async Task<bool[]> InsertAsync(List<Waiting> batch, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // The same record twice in one statement: the first counts.
        await using var insert = new NpgsqlCommand("""
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
            returning car_id, car_time, digest
            """, connection);
        insert.Parameters.Add(Array(batch, record => record.Car.Value));
        insert.Parameters.Add(Array(batch, record => (short)record.Type));
        insert.Parameters.Add(Array(batch, record => (short)record.Form));
        insert.Parameters.Add(Array(batch, record => (short)record.Path));
        insert.Parameters.Add(Array(batch, record => record.IsResend));
        insert.Parameters.Add(Array(batch, record => record.IsApplied));
        insert.Parameters.Add(Times(batch, record => record.CarTime));
        insert.Parameters.Add(Times(batch, record => record.ReceivedAt));
        insert.Parameters.Add(Array(batch, record => record.Digest));
        insert.Parameters.Add(Array(batch, record => record.Txid));
        insert.Parameters.Add(Array(batch, record => record.Payload));
        List<(short Car, DateTimeOffset CarTime, long Digest)> stored = new(batch.Count);
        await using (var reader = await insert.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                stored.Add((reader.GetInt16(0), reader.GetInstant(1), reader.GetInt64(2)));
        }

        var isNew = new bool[batch.Count];
        if (stored.Count == batch.Count)
        {
            System.Array.Fill(isNew, true);
            return isNew;
        }

        // Of equal records in one batch the first is the new one.
        var left = stored.ToHashSet();
        for (var i = 0; i < isNew.Length; i++)
            isNew[i] = left.Remove((batch[i].Record.Car.Value, batch[i].Record.CarTime, batch[i].Record.Digest));
        return isNew;
    }

    /// <summary>What the month's price is computed from; other instances hear of it and look for the records.</summary>
    static async Task CountAsync(List<Waiting> batch, bool[] isNew, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        Dictionary<(short Car, DateTime Day), Usage> usages = [];
        for (var i = 0; i < isNew.Length; i++)
        {
            var record = batch[i].Record;
            var key = (record.Car.Value, record.ReceivedAt.UtcDateTime.Date);
            if (!usages.TryGetValue(key, out var usage))
                usages[key] = usage = new Usage();
            usage.Add(record, isNew[i]);
        }

        // In the order of the cars, so that two instances do not wait for one another.
        var days = usages.OrderBy(usage => usage.Key).ToList();
        await using var command = new NpgsqlCommand("""
            insert into teslamate.telemetry_usage as usage (car_id, day, records, datums, duplicates, rejected, bytes)
            select * from unnest($1::smallint[], $2::date[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
            on conflict (car_id, day) do update set
                records = usage.records + excluded.records, datums = usage.datums + excluded.datums,
                duplicates = usage.duplicates + excluded.duplicates, rejected = usage.rejected + excluded.rejected,
                bytes = usage.bytes + excluded.bytes
            returning pg_notify('teslamate_telemetry', usage.car_id::text)
            """, connection);
        command.Parameters.Add(Value.Array<short>([.. days.Select(day => day.Key.Car)]));
        command.Parameters.Add(new NpgsqlParameter<DateTime[]>
        {
            TypedValue = [.. days.Select(day => day.Key.Day)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date
        });
        command.Parameters.Add(Value.Array<long>([.. days.Select(day => day.Value.Records)]));
        command.Parameters.Add(Value.Array<long>([.. days.Select(day => day.Value.Datums)]));
        command.Parameters.Add(Value.Array<long>([.. days.Select(day => day.Value.Duplicates)]));
        command.Parameters.Add(Value.Array<long>([.. days.Select(day => day.Value.Rejected)]));
        command.Parameters.Add(Value.Array<long>([.. days.Select(day => day.Value.Bytes)]));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static NpgsqlParameter Array<TColumn>(List<Waiting> batch, Func<InboxRecord, TColumn> column)
        => Value.Array<TColumn>([.. batch.Select(waiting => column(waiting.Record))]);

    static NpgsqlParameter Times(List<Waiting> batch, Func<InboxRecord, DateTimeOffset> column)
        => Value.Array(batch.Select(waiting => column(waiting.Record)));

    /// <summary>What one car sent on one day.</summary>
    sealed class Usage
    {
        public long Records { get; private set; }

        public long Datums { get; private set; }

        public long Duplicates { get; private set; }

        public long Rejected { get; private set; }

        public long Bytes { get; private set; }

        public void Add(InboxRecord record, bool isNew)
        {
            if (!isNew)
            {
                Duplicates++;
                return;
            }

            Records++;
            Datums += record.Datums;
            Rejected += record.Form == RecordForm.Unreadable ? 1 : 0;
            Bytes += record.Payload.Length;
        }
    }

    sealed record Waiting(InboxRecord Record, DateTimeOffset Until, TaskCompletionSource<StoreResult> Done);

    static partial class Log
    {
        [LoggerMessage(Message = "The database does not take {Records} records of cars, which are not acknowledged: {Reason}")]
        public static partial void Away(ILogger logger, LogLevel level, int records, string reason);

        [LoggerMessage(Level = LogLevel.Information, Message = "The database takes records of cars again")]
        public static partial void Back(ILogger logger);
    }
}

/// <summary>Hears of records that another instance has taken in, and wakes up whoever applies them here.</summary>
sealed partial class InboxListener(NpgsqlDataSource database, InboxSignal signal, TimeProvider time, ILogger<InboxListener> logger)
    : BackgroundService
{
    /// <summary>The channel of PostgreSQL's notifications; each names cars, by their numbers with commas between them.</summary>
    public const string Channel = "teslamate_telemetry";

    static readonly RetryPolicy Retries = new(First: TimeSpan.FromSeconds(1), Longest: TimeSpan.FromMinutes(1));

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
            catch (Exception exception) when (exception.IsDatabaseFailure())
            {
                Log.Away(logger, exception.Message);
            }

            await Task.Delay(Retries.Pause(failures++, Random.Shared.NextDouble()), time, cancellationToken);
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
    readonly ConcurrentDictionary<CarId, AsyncAutoResetEvent> _cars = new();

    public void Raise(CarId car) => Of(car).Set();

    public void RaiseAll()
    {
        foreach (var car in _cars.Values)
            car.Set();
    }

    /// <summary>Waits until there may be something new, or for the given time.</summary>
    public Task WaitAsync(CarId car, TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
        => Of(car).WaitAsync(longest, time, cancellationToken);

    AsyncAutoResetEvent Of(CarId car) => _cars.GetOrAdd(car, _ => new AsyncAutoResetEvent());
}
