using System.Collections.Concurrent;
using TeslaMate.Logbook.Spooling;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Leases;

/// <summary>The leases of this run, each with the log that it allows to write.</summary>
sealed partial class CarLeases(
    NpgsqlDataSource database, WriterSession session, Availability availability, Aftermath aftermath, LogbookSettings settings, ILogger<CarLeases> logger)
    : ICarLeases, IAsyncDisposable
{
    readonly ConcurrentDictionary<CarId, CarLog> _logs = new();

    public IReadOnlyCollection<CarLog> Logs => [.. _logs.Values];

    /// <returns>Null when this instance does not hold the car's lease.</returns>
    public CarLog? LogOf(CarId car) => _logs.GetValueOrDefault(car);

    public async Task<CarLease?> TryAcquireAsync(CarId car, CancellationToken cancellationToken)
    {
        if (_logs.TryGetValue(car, out var held) && !held.Lost.IsCancellationRequested)
            return null;
        if (held is not null)
            Drop(held);

        await using var command = database.CreateCommand("""
            with lease as (
                insert into teslamate.car_leases as lease (car_id, session, instance, host, expires_at)
                values ($1, $2, $3, $4, clock_timestamp() + interval '20 seconds')
                on conflict (car_id) do update
                set session = excluded.session, instance = excluded.instance, host = excluded.host, expires_at = excluded.expires_at
                where lease.instance = excluded.instance or lease.expires_at < clock_timestamp()
                returning car_id)
            insert into teslamate.car_logs as log (car_id, session, instance, epoch)
            select car_id, $2, $3, gen_random_uuid()
            from lease
            on conflict (car_id) do update
            set session = excluded.session, instance = excluded.instance,
                epoch = case when log.instance = excluded.instance then log.epoch else excluded.epoch end
            returning epoch, last_batch
            """);
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of(session.Session));
        command.Parameters.Add(Value.Of(session.Instance));
        command.Parameters.Add(Value.Of(Environment.MachineName));
        Guid epoch;
        long lastNumber;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
                return null;
            (epoch, lastNumber) = (reader.GetGuid(0), reader.GetInt64(1));
        }

        var log = new CarLog(car, lastNumber, OpenSpool(car, epoch), session.Folder?.RefusedOf(car), session.Writer, session.Groups, availability, aftermath, logger);
        if (_logs.TryAdd(car, log))
            return new Lease(this, log);
        log.Dispose();
        return null;
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

        [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId}: nothing can be kept on disk, so an outage of the database will lose what the car does")]
        public static partial void NoSpool(ILogger logger, short carId, Exception exception);
    }
}
