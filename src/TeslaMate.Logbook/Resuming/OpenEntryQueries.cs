using TeslaMate.Logbook.Charging;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.Positions;
using TeslaMate.Logbook.States;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Resuming;

/// <summary>Finds what an earlier run, ours or the reference's, left open.</summary>
sealed partial class OpenEntryQueries(NpgsqlDataSource database, WriterSession session, PostCommitEffects effects, TimeProvider time,
    ILogger<OpenEntryQueries> logger)
{
    static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(10);

    static readonly string Sql = $"""
        select state::text, start_date from public.states where car_id = $1 and end_date is null;

        select drives.id, drives.start_date, {PositionColumns.Resumed("first")}, {PositionColumns.Resumed("last")},
            {PositionColumns.Resumed("ranged")}
        from teslamate.car_logs log
        join public.drives on drives.id = log.drive_id and drives.end_date is null
        left join lateral (select * from public.positions where drive_id = drives.id order by date, id limit 1) first on true
        left join lateral (select * from public.positions where drive_id = drives.id order by date desc, id desc limit 1) last on true
        left join lateral (
            select * from public.positions
            where drive_id = drives.id and ideal_battery_range_km is not null and odometer is not null
            order by date desc, id desc
            limit 1) ranged on true
        where log.car_id = $1;

        select process.id, process.start_date, process.geofence_id, {PositionColumns.Resumed("place")}, {ChargeColumns.Of("first")},
            {ChargeColumns.Of("last")}
        from teslamate.car_logs log
        join public.charging_processes process on process.id = log.charging_process_id and process.end_date is null
        join public.positions place on place.id = process.position_id
        left join lateral (select * from public.charges where charging_process_id = process.id order by date, id limit 1) first on true
        left join lateral (select * from public.charges where charging_process_id = process.id order by date desc, id desc limit 1) last on true
        where log.car_id = $1;

        -- Its predicate is the one of the partial index.
        select {PositionColumns.Resumed("positions")}
        from public.positions
        where car_id = $1 and ideal_battery_range_km is not null
        order by date desc
        limit 1;

        select
            id, start_date, end_date, version,
            (select version from public.updates where car_id = $1 and version is not null order by start_date desc, id desc limit 1)
        from public.updates
        where car_id = $1
        order by start_date desc, id desc
        limit 1
        """;

    /// <summary>
    /// Makes the newest drive and charging process the open ones, if they are open, and closes all others: the reference never does, whatever ended
    /// it.
    /// </summary>
    /// <param name="number">The number of this batch.</param>
    public async Task AdoptAsync(CarId car, long number, CancellationToken cancellationToken)
    {
        // Taken together with the fence, so that nobody else can add to them.
        List<int> drives = [], processes = [];
        await using (var batch = database.CreateBatch())
        {
            batch.BatchCommands.Add(session.Writer.Claim([new(car, number, number, [])]).ToBatchCommand());
            // What began later shows that this one is over, whoever logged it: by number and by date, since imports have new numbers and cars'
            // clocks go wrong.
            batch.BatchCommands.Add(Command("""
                update teslamate.car_logs log
                set drive_id = (
                        select id
                        from public.drives open
                        where car_id = $1 and end_date is null and not exists (
                            select from public.drives later where later.car_id = $1 and later.id > open.id and later.start_date > open.start_date)
                        order by id = log.drive_id desc nulls last, start_date desc, id desc
                        limit 1),
                    charging_process_id = (
                        select id
                        from public.charging_processes open
                        where car_id = $1 and end_date is null and not exists (
                            select from public.charging_processes later where later.car_id = $1 and later.id > open.id
                                and later.start_date > open.start_date)
                        order by id = log.charging_process_id desc nulls last, start_date desc, id desc
                        limit 1)
                where car_id = $1
                """, car));
            // Nobody knows any more how an older update ended, and the next one must not be taken for its end.
            batch.BatchCommands.Add(Command("""
                update public.updates
                set end_date = start_date
                where car_id = $1 and end_date is null and exists (
                    select from public.updates later where later.car_id = $1 and (later.start_date, later.id) > (updates.start_date, updates.id))
                """, car));
            batch.BatchCommands.Add(Command("""
                select drives.id
                from public.drives
                join teslamate.car_logs log using (car_id)
                where car_id = $1 and end_date is null and drives.id is distinct from log.drive_id
                order by drives.id
                """, car));
            batch.BatchCommands.Add(Command("""
                select process.id
                from public.charging_processes process
                join teslamate.car_logs log using (car_id)
                where car_id = $1 and end_date is null and process.id is distinct from log.charging_process_id
                order by process.id
                """, car));
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                drives.Add(reader.GetInt32(0));
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                processes.Add(reader.GetInt32(0));
        }

        foreach (var drive in drives)
        {
            Log.ClosingDrive(logger, car.Value, drive);
            await RunAsync([DriveStatements.Close(car, new(drive), DriveEnd.Aborted, lookUpAddresses: false)], cancellationToken);
        }

        foreach (var process in processes)
        {
            Log.CompletingCharging(logger, car.Value, process);
            await RunAsync([.. ChargingStatements.Complete(car, new(process), time.GetUtcNow())], cancellationToken);
        }
    }

    public async Task<OpenEntries> ReadAsync(CarId car, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        foreach (var query in Sql.Split(";\n"))
            batch.BatchCommands.Add(Command(query, car));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);

        OpenState? state = null;
        if (await reader.ReadAsync(cancellationToken))
            state = new(StateStatements.Parse(reader.GetString(0)), reader.GetInstant(1));

        OpenDrive? drive = null;
        if (await reader.NextResultAsync(cancellationToken) && await reader.ReadAsync(cancellationToken))
        {
            drive = new(
                new(reader.GetInt32(0)), reader.GetInstant(1), PositionColumns.Read(reader, 2),
                PositionColumns.Read(reader, 2 + PositionColumns.ResumedCount),
                PositionColumns.Read(reader, 2 + 2 * PositionColumns.ResumedCount));
        }

        OpenCharging? charging = null;
        if (await reader.NextResultAsync(cancellationToken) && await reader.ReadAsync(cancellationToken)
            && PositionColumns.Read(reader, 3) is { } place)
        {
            charging = new(
                new(reader.GetInt32(0)), reader.GetInstant(1), place, reader.Integer(2) is { } fence ? new(fence) : null,
                ChargeColumns.Read(reader, 3 + PositionColumns.ResumedCount),
                ChargeColumns.Read(reader, 3 + PositionColumns.ResumedCount + ChargeColumns.Count));
        }

        PositionReading? latestPosition = null;
        if (await reader.NextResultAsync(cancellationToken) && await reader.ReadAsync(cancellationToken))
            latestPosition = PositionColumns.Read(reader, 0);

        LoggedUpdate? update = null;
        OpenUpdate? openUpdate = null;
        if (await reader.NextResultAsync(cancellationToken) && await reader.ReadAsync(cancellationToken))
        {
            update = new(new(reader.GetInt32(0)), reader.GetInstant(1), reader.GetInstantOrNull(2), reader.Text(3));
            openUpdate = update.End is null ? new(update.Id, update.Start, reader.Text(4)) : null;
        }

        return new(state, drive, charging, openUpdate, latestPosition, update);
    }

    static NpgsqlBatchCommand Command(string sql, CarId car) => new(sql) { Parameters = { Value.Of(car.Value) } };

    async Task RunAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken)
    {
        foreach (var outcome in await session.Writer.RunAsync(statements, CommandTimeout, cancellationToken))
            effects.Handle(outcome);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: drive {DriveId} was left open by an earlier run; it ends at its last "
            + "position")]
        public static partial void ClosingDrive(ILogger logger, short carId, int driveId);

        [LoggerMessage(Level = LogLevel.Information,
            Message = "Car {CarId}: charging process {ChargingProcessId} was left open by an earlier run; it ends at its last charge")]
        public static partial void CompletingCharging(ILogger logger, short carId, int chargingProcessId);
    }
}
