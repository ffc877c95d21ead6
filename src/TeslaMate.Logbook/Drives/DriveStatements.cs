using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.Positions;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Drives;

/// <summary>The life of a drive's row (spec logbook 6).</summary>
static class DriveStatements
{
    /// <summary>Everything about the end of a drive in one statement.</summary>
    /// <param name="drive">The drive's number as SQL.</param>
    /// <param name="track">More that is known of its positions, as SQL that an index serves.</param>
    static string CloseSql(string drive, string track = "true") => $"""
        with track as materialized (
            select
                id, date, latitude, longitude, elevation, speed, power, odometer, outside_temp, inside_temp,
                ideal_battery_range_km as ideal, rated_battery_range_km as rated
            from public.positions
            where drive_id = {drive} and {track}),
        -- One pass for whatever needs no order, the moments of the positions looked for below included: sorting the track for each costs more.
        totals as (
            select
                count(*) as positions, max(speed) as speed_max, max(power) as power_max, min(power) as power_min,
                avg(outside_temp) as outside_temp, avg(inside_temp) as inside_temp,
                min(date) as first, max(date) as last,
                min(date) filter (where ideal is not null and odometer is not null) as first_range,
                max(date) filter (where ideal is not null and odometer is not null) as last_range
            from track),
        climb as (
            select coalesce(sum(greatest(step, 0)), 0) as up, coalesce(sum(greatest(-step, 0)), 0) as down
            from (
                select elevation::integer - lag(elevation) over (order by date, id) as step
                from track
                where elevation is not null) as steps),
        departure as (select * from track where date = (select first from totals) order by id limit 1),
        arrival as (select * from track where date = (select last from totals) order by id desc limit 1),
        first_range as (
            select * from track where date = (select first_range from totals) and ideal is not null and odometer is not null order by id limit 1),
        last_range as (
            select * from track where date = (select last_range from totals) and ideal is not null and odometer is not null order by id desc limit 1),
        result as (
            select
                drives.id, departure.id as departure_id, arrival.id as arrival_id, departure.date as started, arrival.date as ended,
                departure.odometer as start_km, arrival.odometer as end_km, arrival.odometer - departure.odometer as distance,
                least(round(extract(epoch from arrival.date - departure.date) / 60), 32767)::smallint as duration_min,
                first_range.ideal as start_ideal, first_range.rated as start_rated, last_range.ideal as end_ideal, last_range.rated as end_rated,
                {NearestFence.Sql("departure.latitude", "departure.longitude")} as start_fence,
                {NearestFence.Sql("arrival.latitude", "arrival.longitude")} as end_fence,
                first_range.id is not null and totals.positions >= 2
                    and (departure.odometer is null or arrival.odometer is null or arrival.odometer - departure.odometer >= 0.01) as kept,
                totals.*, climb.*
            from public.drives
            cross join totals
            cross join climb
            left join departure on true
            left join arrival on true
            left join first_range on true
            left join last_range on true
            where drives.id = {drive}),
        discarded as (
            delete from public.drives using result where drives.id = result.id and not result.kept),
        closed as (
            update public.drives
            set start_date = result.started, end_date = result.ended,
                start_position_id = result.departure_id, end_position_id = result.arrival_id,
                start_km = result.start_km, end_km = result.end_km, distance = result.distance, duration_min = result.duration_min,
                speed_max = result.speed_max, power_max = result.power_max, power_min = result.power_min,
                outside_temp_avg = result.outside_temp, inside_temp_avg = result.inside_temp,
                start_ideal_range_km = result.start_ideal, start_rated_range_km = result.start_rated,
                end_ideal_range_km = result.end_ideal, end_rated_range_km = result.end_rated,
                ascent = case when result.up <= 32767 then result.up else 0 end,
                descent = case when result.down <= 32767 then result.down else 0 end,
                start_geofence_id = coalesce(result.start_fence, drives.start_geofence_id),
                end_geofence_id = coalesce(result.end_fence, drives.end_geofence_id)
            from result
            where drives.id = result.id and result.kept)
        select id, kept, distance, duration_min from result
        """;

    static readonly string CloseOpenSql = CloseSql("(select drive_id from teslamate.car_logs where car_id = $1)");

    static readonly string CloseByIdSql = CloseSql("$1");

    static readonly string CloseWrittenSql = CloseSql("$1", "id between $2 and $3");

    /// <summary>Somebody may have deleted it meanwhile.</summary>
    static readonly string CloseAgainSql = CloseSql("(select id from public.drives where id = $1 and end_date is not null)");

    static readonly string CloseSegmentSql = CloseSql("""
        (select id from public.drives where car_id = $1 and start_date = $2 and end_date = $3 order by id desc limit 1)
        """);

    /// <summary>
    /// The estimated first position of the open drive, whose beginning nobody saw. What the log has of that time by now comes from an import; only
    /// what the car moved since the last of it is left for this drive.
    /// </summary>
    static readonly string InsertEstimatedSql = $"""
        with known as (
            select *
            from public.positions
            where car_id = $1 and date > $2 and date < $3 and odometer < $4 + $5
            order by date desc, id desc
            limit 1),
        drive as (
            select drive_id as id
            from teslamate.car_logs
            where car_id = $1 and drive_id is not null and not exists (select from known)),
        stored as ({PositionRows.InsertUnlinked(after: 6)})
        insert into public.positions (car_id, drive_id, {PositionColumns.Names})
        select $1, log.drive_id, {string.Join(", ", PositionColumns.All.Select(column => column.Name switch
        {
            "date" => "greatest(known.date, $6)",
            "speed" or "power" => "null",
            _ => $"known.{column.Name}",
        }))}
        from known
        join teslamate.car_logs log on log.car_id = $1
        where $4 - known.odometer >= $5
        returning id
        """;

    /// <summary>The place that was waited for at the start of a drive may come a minute after it.</summary>
    static readonly string InsertLateSql = $"""
        with drive as (
            select drives.id, drives.end_date is not null as is_closed
            from public.drives
            where drives.car_id = $1 and drives.start_date <= $2 + interval '60 seconds' and (drives.end_date is null or drives.end_date >= $2)
                and (drives.start_date <= $2 or $3)
                and not exists (select from public.positions where positions.drive_id = drives.id and positions.date = $2)
            order by drives.start_date desc
            limit 1),
        stored as ({PositionRows.InsertUnlinked(after: 3)} returning id, drive_id)
        insert into teslamate.late_drives (drive_id, car_id)
        select drive.id, $1
        from drive
        where drive.is_closed
        -- A row that is there is locked, so that whoever takes it waits, and then sees this position.
        on conflict (drive_id) do update set car_id = excluded.car_id
        returning drive_id
        """;

    /// <summary>A drive has one row of a moment; beside the last one of a drive that was lies that of the parked car.</summary>
    const string IsFirstOfMoment = """
        not exists (
                select from public.positions other
                where other.car_id = $1 and other.date = positions.date and other.drive_id is null and other.id < positions.id)
        """;

    /// <summary>One drive made anew: its row, its positions that are there, and those that are not.</summary>
    static readonly string SegmentSql = $"""
        with drive as (
            insert into public.drives (car_id, start_date, end_date) values ($1, $2, $3) returning id),
        linked as (
            update public.positions
            set drive_id = drive.id
            from drive
            where positions.car_id = $1 and positions.date between $2 and $3 and positions.drive_id is null and {IsFirstOfMoment}
            returning positions.date),
        stored as ({PositionRows.InsertNew(after: 3)} returning id)
        select id from drive
        """;

    /// <summary>The open drive begins at another time than was thought: it gets the positions of its time, and loses those before.</summary>
    const string MoveOpenSql = $"""
        with drive as (
            update public.drives
            set start_date = $2
            from teslamate.car_logs log
            where log.car_id = $1 and drives.id = log.drive_id and drives.end_date is null
            returning drives.id)
        update public.positions
        set drive_id = case when positions.date >= $2 then drive.id end
        from drive
        where positions.car_id = $1 and positions.date between $3 and $4
            and ((positions.drive_id = drive.id and positions.date < $2)
                or (positions.drive_id is null and positions.date >= $2 and {IsFirstOfMoment} and not exists (
                    select from public.positions own where own.drive_id = drive.id and own.date = positions.date)))
        returning positions.id
        """;

    public static Statement Start(CarId car, DateTimeOffset at) => new(
        """
        with drive as (
            insert into public.drives (car_id, start_date) values ($1, $2) returning id)
        update teslamate.car_logs
        set drive_id = drive.id
        from drive
        where car_logs.car_id = $1
        returning drive.id
        """,
        [Value.Of(car.Value), Value.Of(at)], reader => new Outcome.DriveStarted(car, new(reader.GetInt32(0))));

    /// <summary>The first position of a drive that has just been started, see <see cref="LogbookEntry.StartDrive"/>.</summary>
    /// <param name="position">The estimate; without a row where that is no place on Earth.</param>
    public static Statement InsertEstimated(CarId car, DateTimeOffset start, UnseenTime unseen, PositionRows position) => new(
        InsertEstimatedSql,
        [Value.Of(car.Value), Value.Of(unseen.Since), Value.Of(unseen.Until), Value.Of(unseen.UntilKm), Value.Of(UnseenTime.LeastKm), Value.Of(start),
            .. position.Parameters()]);

    public static IEnumerable<Statement> CloseOpen(CarId car, DriveEnd reason, bool lookUpAddresses, Outcome? missing = null) =>
    [
        new(CloseOpenSql, [Value.Of(car.Value)], reader => Read(reader, car, reason, lookUpAddresses)),
        new("update teslamate.car_logs set drive_id = null where car_id = $1 and drive_id is not null returning car_id", [Value.Of(car.Value)],
            Missing: missing),
    ];

    /// <summary>A position of the drive that was under way then. One that is closed is computed again by <see cref="LateDrives"/>.</summary>
    public static Statement InsertLate(CarId car, PositionReading position)
    {
        var row = new PositionRows();
        row.Add(car, inDrive: true, position);
        return new(InsertLateSql, [Value.Of(car.Value), Value.Of(position.Date), Value.Of(position.SpeedKmH > 0), .. row.Parameters()],
            _ => new Outcome.DriveLate(car));
    }

    /// <summary>
    /// Computes a closed drive again for what came late. What comes while it is under way makes the drive due once more: its note is taken first, in
    /// a statement of its own.
    /// </summary>
    public static IEnumerable<Statement> CloseAgain(CarId car, DriveId drive) =>
    [
        ForgetLate(drive),
        new(CloseAgainSql, [Value.Of(drive.Value)], reader => Read(reader, car, DriveEnd.Ended, lookUpAddresses: false, isAgain: true)),
    ];

    public static Statement ForgetLate(DriveId drive)
        => new("delete from teslamate.late_drives where drive_id = $1 returning drive_id", [Value.Of(drive.Value)]);

    /// <summary>Makes the closed drives of a time anew (spec fleet-telemetry 4.8) and moves the open one's start; their positions stay.</summary>
    public static IEnumerable<Statement> Segment(
        CarId car, DateTimeOffset from, DateTimeOffset until, IReadOnlyList<DriveSpan> drives, IReadOnlyList<PositionReading> positions,
        DateTimeOffset? openSince)
    {
        // Positions of a drive that is deleted lose it by the foreign key.
        yield return new(
            "delete from public.drives where car_id = $1 and start_date >= $2 and end_date <= $3 returning id",
            [Value.Of(car.Value), Value.Of(from), Value.Of(until)]);
        if (openSince is { } open)
            yield return new(MoveOpenSql, [Value.Of(car.Value), Value.Of(open), Value.Of(from), Value.Of(until)]);
        foreach (var drive in drives)
        {
            var rows = new PositionRows();
            foreach (var position in positions.Where(position => position.Date >= drive.Start && position.Date <= drive.End))
                rows.Add(car, inDrive: true, position);
            NpgsqlParameter[] key = [Value.Of(car.Value), Value.Of(drive.Start), Value.Of(drive.End)];
            yield return new(SegmentSql, [.. key, .. rows.Parameters()]);
            yield return new(CloseSegmentSql, key,
                reader => Read(reader, car, DriveEnd.Ended, lookUpAddresses: false, isAgain: true));
        }
    }

    /// <summary>Closes, or computes again, a drive by its number.</summary>
    public static Statement Close(CarId car, DriveId drive, DriveEnd reason, bool lookUpAddresses)
        => new(CloseByIdSql, [Value.Of(drive.Value)], reader => Read(reader, car, reason, lookUpAddresses));

    /// <summary>
    /// Closes a drive whose positions were just written, with these as the first and the last of their numbers; no index of the table leads from
    /// drives to positions.
    /// </summary>
    public static Statement CloseWritten(CarId car, DriveId drive, PositionId first, PositionId last) => new(
        CloseWrittenSql, [Value.Of(drive.Value), Value.Of(first.Value), Value.Of(last.Value)],
        reader => Read(reader, car, DriveEnd.Ended, lookUpAddresses: false));

    static Outcome Read(NpgsqlDataReader reader, CarId car, DriveEnd reason, bool lookUpAddresses, bool isAgain = false)
    {
        var drive = new DriveId(reader.GetInt32(0));
        return reader.GetBoolean(1)
            ? new Outcome.DriveClosed(car, drive, reason, reader.Double(2), reader.GetInt16(3), lookUpAddresses) { IsAgain = isAgain }
            : new Outcome.DriveDiscarded(car, drive, reason);
    }
}
