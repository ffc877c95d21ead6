using System.Collections.Concurrent;
using NpgsqlTypes;
using TeslaMate.Logbook.Refused;
using TeslaMate.Logbook.Spooling;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Leases;

/// <summary>The leases of this run, each with the log that it allows to write.</summary>
sealed partial class CarLeases(
    NpgsqlDataSource database, WriterSession session, DatabaseAvailability availability, PostCommitEffects effects, RefusedEntries refused,
    LogbookSettings settings, ILogger<CarLeases> logger)
    : ICarLeases, IAsyncDisposable
{
    readonly ConcurrentDictionary<CarId, CarLog> _logs = new();

    // The leases of others, as they were last seen, all by the database's clock.
    readonly ConcurrentDictionary<CarId, Watched> _watched = new();

    // Looking into the folders beside this one locks them, also against this process.
    readonly SemaphoreSlim _looking = new(1, 1);

    public IReadOnlyCollection<CarLog> Logs => [.. _logs.Values];

    /// <returns>Null when this instance does not hold the car's lease.</returns>
    public CarLog? LogOf(CarId car) => _logs.GetValueOrDefault(car);

    public async Task<CarLease?> TryAcquireAsync(CarId car, CancellationToken cancellationToken)
    {
        if (_logs.TryGetValue(car, out var held) && !held.Lost.IsCancellationRequested)
            return null;
        if (held is not null)
            Drop(held);

        var beside = session.Folder is { } folder && folder.HasNeighbour(car) ? folder : null;
        if (beside is not null)
            await _looking.WaitAsync(cancellationToken);
        try
        {
            using var left = beside is null ? OrphanedSpools.None : beside.TryLookBeside(car);
            if (left is null)
                return null;
            return await AcquireAsync(car, left.Found, cancellationToken) is var (epoch, lastNumber) ? LeaseOf(car, epoch, lastNumber) : null;
        }
        catch
        {
            // Nobody can say whether the holder could renew meanwhile.
            _watched.TryRemove(car, out _);
            throw;
        }
        finally
        {
            if (beside is not null)
                _looking.Release();
        }
    }

    /// <summary>Renews all leases; those that are another instance's now are lost.</summary>
    /// <exception cref="NpgsqlException">The database is away; nothing is lost by that.</exception>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        var held = Logs.Where(log => !log.Lost.IsCancellationRequested).ToList();
        if (held.Count == 0)
            return;
        await using var command = database.CreateCommand("""
            with held as (
                select car_id from teslamate.car_leases where session = $1 and car_id = any ($2) order by car_id for update)
            update teslamate.car_leases
            set expires_at = clock_timestamp() + interval '20 seconds'
            from held
            where car_leases.car_id = held.car_id
            returning car_leases.car_id
            """);
        command.Parameters.Add(Value.Of(session.Session));
        command.Parameters.Add(Value.Array(held.Select(log => log.Car.Value).ToArray()));
        HashSet<short> renewed = [];
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                renewed.Add(reader.GetInt16(0));
        }

        foreach (var log in held.Where(log => !renewed.Contains(log.Car.Value)))
        {
            Log.Lost(logger, log.Car.Value);
            log.Lose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var log in Logs)
            await ReleaseAsync(log);
        _looking.Dispose();
    }

    Lease? LeaseOf(CarId car, Guid epoch, long lastNumber)
    {
        var log = new CarLog(car, lastNumber, OpenSpool(car, epoch), session.Folder?.RefusedOf(car), session.Writer, session.Groups, availability,
            effects, refused, logger);
        if (_logs.TryAdd(car, log))
            return new Lease(this, log);
        log.Dispose();
        return null;
    }

    /// <param name="left">What instances beside this one, which are gone, could not write any more: whoever takes the car takes that too.</param>
    async Task<(Guid Epoch, long LastNumber)?> AcquireAsync(CarId car, IReadOnlyList<OrphanedSpool> left, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // A lease that ran out is taken only if it is still the one that was watched for long enough.
        await using var command = new NpgsqlCommand("""
            with lease as (
                insert into teslamate.car_leases as lease (car_id, session, instance, host, expires_at)
                values ($1, $2, $3, $4, clock_timestamp() + interval '20 seconds')
                on conflict (car_id) do update
                set session = excluded.session, instance = excluded.instance, host = excluded.host, expires_at = excluded.expires_at
                where lease.instance = excluded.instance or lease.expires_at < clock_timestamp() and lease.expires_at = $5
                returning car_id)
            insert into teslamate.car_logs as log (car_id, session, instance, epoch)
            select car_id, $2, $3, gen_random_uuid()
            from lease
            on conflict (car_id) do update
            set session = excluded.session, instance = excluded.instance,
                epoch = case when log.instance = excluded.instance or log.epoch = any ($6) then log.epoch else excluded.epoch end
            returning epoch, last_batch
            """, connection, transaction);
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of(session.Session));
        command.Parameters.Add(Value.Of(session.Instance));
        command.Parameters.Add(Value.Of(Environment.MachineName));
        command.Parameters.Add(new NpgsqlParameter { Value = RunOut(car) ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(Value.Array<Guid>([.. left.Select(spool => spool.Epoch), .. OwnEpoch(car)]));
        (Guid Epoch, long LastNumber) log;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
            {
                await reader.DisposeAsync();
                await WatchAsync(car, connection, transaction, cancellationToken);
                return null;
            }

            log = (reader.GetGuid(0), reader.GetInt64(1));
        }

        // Before the commit: after it nobody else would look for this epoch in that folder.
        Inherit(car, left, log.Epoch);
        await transaction.CommitAsync(cancellationToken);
        _watched.TryRemove(car, out _);
        return log;
    }

    DateTimeOffset? RunOut(CarId car)
        => _watched.TryGetValue(car, out var watched) && watched.Now - watched.Since >= settings.TakeoverDelay ? watched.ExpiresAt : null;

    async Task WatchAsync(CarId car, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select expires_at, clock_timestamp() from teslamate.car_leases where car_id = $1", connection,
            transaction);
        command.Parameters.Add(Value.Of(car.Value));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return;
        var (expiresAt, now) = (reader.GetFieldValue<DateTimeOffset>(0), reader.GetFieldValue<DateTimeOffset>(1));
        _watched.AddOrUpdate(car, _ => new(expiresAt, now, now),
            (_, before) => before.ExpiresAt == expiresAt ? before with { Now = now } : new(expiresAt, now, now));
    }

    void Inherit(CarId car, IReadOnlyList<OrphanedSpool> left, Guid epoch)
    {
        if (left.FirstOrDefault(spool => spool.Epoch == epoch) is not { } spool)
            return;
        var own = session.Folder!.SpoolOf(car);
        try
        {
            if (SpoolFile.PutAside(own, epoch) is { } aside)
                Log.Abandoned(logger, car.Value, aside);
            // This instance's own file of the same epoch goes on; there is no second one.
            if (File.Exists(own))
                return;
            File.Move(spool.Path, own);
            Log.Inherited(logger, car.Value);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NoSpool(logger, car.Value, exception);
        }
    }

    /// <summary>
    /// That of the spool in this instance's folder, which it may have taken over from another one without the database getting to know.
    /// </summary>
    IEnumerable<Guid> OwnEpoch(CarId car)
    {
        try
        {
            return session.Folder?.SpoolOf(car) is { } own && File.Exists(own) && SpoolFile.EpochOf(own) is { } epoch ? [epoch] : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Whoever opens it says so.
            return [];
        }
    }

    void Drop(CarLog log)
    {
        if (_logs.TryRemove(KeyValuePair.Create(log.Car, log)))
            log.Dispose();
    }

    async Task ReleaseAsync(CarLog log)
    {
        Drop(log);
        log.Lose();
        try
        {
            await using var command = database.CreateCommand("delete from teslamate.car_leases where car_id = $1 and session = $2");
            command.CommandTimeout = 5;
            command.Parameters.Add(Value.Of(log.Car.Value));
            command.Parameters.Add(Value.Of(session.Session));
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception exception) when (exception.IsDatabaseFailure() || exception is ObjectDisposedException)
        {
            // It runs out by itself.
            Log.NotReleased(logger, log.Car.Value, exception.Message);
        }
    }

    SpoolFile? OpenSpool(CarId car, Guid epoch)
    {
        if (session.Folder is not { } folder)
            return null;
        try
        {
            var spool = SpoolFile.Open(folder.SpoolOf(car), epoch, settings.SpoolLimit, out var abandoned);
            if (abandoned is not null)
                Log.Abandoned(logger, car.Value, abandoned);
            return spool;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NoSpool(logger, car.Value, exception);
            return null;
        }
    }

    /// <param name="ExpiresAt">What identifies a renewal.</param>
    /// <param name="Since">When this renewal was seen first; the database has answered ever since.</param>
    /// <param name="Now">When it was seen last.</param>
    readonly record struct Watched(DateTimeOffset ExpiresAt, DateTimeOffset Since, DateTimeOffset Now);

    sealed class Lease(CarLeases leases, CarLog log) : CarLease
    {
        public override CarId Car => log.Car;

        public override CancellationToken Lost => log.Lost;

        public override async ValueTask DisposeAsync() => await leases.ReleaseAsync(log);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId}: another instance logs it now")]
        public static partial void Lost(ILogger logger, short carId);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Car {CarId}: the lease was not given back, it runs out by itself: {Reason}")]
        public static partial void NotReleased(ILogger logger, short carId, string reason);

        [LoggerMessage(Level = LogLevel.Error,
            Message = "Car {CarId}: another instance has logged it since entries were kept here; they are not written, but left in {File}")]
        public static partial void Abandoned(ILogger logger, short carId, string file);

        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: what an instance that is gone could not write any more is written by "
            + "this one")]
        public static partial void Inherited(ILogger logger, short carId);

        [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId}: nothing can be kept on disk, so an outage of the database will lose what "
            + "the car does")]
        public static partial void NoSpool(ILogger logger, short carId, Exception exception);
    }
}
