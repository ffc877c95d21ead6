namespace TeslaMate.Logbook.History;

/// <summary>
/// Months come in any order and from any folder, so that a part of what was under way at the first or the last row that was read may have been
/// written by an earlier import: no longer before or afterwards than a silence may last, with nothing of the car in between.
/// </summary>
static class OtherParts
{
    /// <summary>
    /// Finds the drive that goes on with new rows, and takes the mark from it that it was cut off. <c>$1</c> is the car, <c>$2</c> the moment of the
    /// first row. Returns one row with its number and whether it goes on behind the new rows, too: its own rows were the ones around them.
    /// </summary>
    public static readonly string EarlierDrive = Earlier("drives", "drive");

    /// <summary>
    /// The same for a charging process. One that the owner has priced stays as it is, since its cost would be computed anew.
    /// </summary>
    public static readonly string EarlierCharging
        = Earlier("charging_processes", "charging_process", "and not (entry.cost is not null and entry.geofence_id is null)");

    /// <summary>
    /// Makes the drive that was imported first a part of the new one. <c>$1</c> is the car, <c>$2</c> the new entry, which is to be closed
    /// afterwards, <c>$3</c> the moment of its last row. Returns one row with the number of positions that are needed no more, and none where nothing
    /// goes on. What the owner has tagged stays as it is.
    /// </summary>
    public static readonly string LaterDrive = $"""
        with later as (
            select entry.id, entry.start_date, entry.end_date
            from public.drives entry
            join teslamate.imported_entries mine on mine.kind = 'drive' and mine.entry_id = entry.id
            where {GoesOn} and not exists (select from teslamate.drive_tags where drive_id = entry.id)
            order by entry.start_date
            limit 1),
        moved as (
            update public.positions
            set drive_id = $2
            from later
            where positions.car_id = $1 and positions.date between later.start_date and later.end_date and positions.drive_id = later.id),
        -- The first row was also that of the state, which begins before now.
        needless as (
            delete from public.positions
            using later, teslamate.imported_entries mine
            where positions.car_id = $1 and positions.date = later.start_date and positions.drive_id is null
                and mine.kind = 'position' and mine.entry_id = positions.id
            returning positions.id),
        gone as (
            delete from public.drives using later where drives.id = later.id),
        cut_off as (
            update teslamate.imported_entries entry
            set entry_id = $2
            from later
            where entry.kind = 'cut_off_drive' and entry.entry_id = later.id),
        forgotten as (
            delete from teslamate.imported_entries entry
            using later
            where (entry.kind = 'drive' and entry.entry_id = later.id) or (entry.kind = 'position' and entry.entry_id in (select id from needless)))
        select (select count(*) from needless)::integer from later
        """;

    /// <summary>The same for a charging process. What the owner has priced stays as it is, too.</summary>
    public static readonly string LaterCharging = $"""
        with later as (
            select entry.id, entry.start_date, entry.end_date, entry.position_id
            from public.charging_processes entry
            join teslamate.imported_entries mine on mine.kind = 'charging_process' and mine.entry_id = entry.id
            where {GoesOn} and not (entry.cost is not null and entry.geofence_id is null)
                and not exists (select from teslamate.charging_process_tags where charging_process_id = entry.id)
            order by entry.start_date
            limit 1),
        moved as (
            update public.charges set charging_process_id = $2 from later where charges.charging_process_id = later.id),
        gone as (
            delete from public.charging_processes using later where charging_processes.id = later.id),
        cut_off as (
            update teslamate.imported_entries entry
            set entry_id = $2
            from later
            where entry.kind = 'cut_off_charging_process' and entry.entry_id = later.id),
        needless as (
            delete from public.positions
            using later, teslamate.imported_entries mine
            where positions.car_id = $1 and positions.date between $3 and later.start_date and positions.drive_id is null
                and mine.kind = 'position' and mine.entry_id = positions.id and positions.date > $3
            returning positions.id),
        forgotten as (
            delete from teslamate.imported_entries entry
            using later
            where (entry.kind = 'charging_process' and entry.entry_id = later.id)
                or (entry.kind = 'position' and entry.entry_id in (select id from needless)))
        select (select count(*) from needless)::integer from later
        """;

    /// <param name="kind">As <c>imported_entries</c> calls what is in the table.</param>
    /// <param name="condition">What must hold besides.</param>
    static string Earlier(string table, string kind, string condition = "") => $"""
        with earlier as (
            select entry.id, entry.end_date > $2 as is_around
            from public.{table} entry
            join teslamate.imported_entries mine on mine.kind = '{kind}' and mine.entry_id = entry.id
            left join teslamate.imported_entries mark on mark.kind = 'cut_off_{kind}' and mark.entry_id = entry.id
            where entry.car_id = $1 and entry.start_date < $2 and (entry.end_date > $2 or (mark.entry_id is not null and {ReachesUp}))
                {condition}
            order by entry.end_date desc
            limit 1),
        whole as (
            delete from teslamate.imported_entries mark
            using earlier
            where mark.kind = 'cut_off_{kind}' and mark.entry_id = earlier.id and not earlier.is_around)
        select id, is_around from earlier
        """;

    const string ReachesUp = """
        entry.end_date < $2 and entry.end_date >= $2 - interval '24 hours'
                and not exists (
                    select from public.positions where positions.car_id = $1 and positions.date > entry.end_date and positions.date < $2)
                and not exists (
                    select
                    from public.states
                    where states.car_id = $1 and states.state <> 'online' and states.start_date > entry.end_date and states.start_date <= $2)
        """;

    const string GoesOn = """
        entry.car_id = $1 and entry.start_date > $3 and entry.start_date <= $3 + interval '24 hours' and entry.end_date is not null
                and not exists (
                    select from public.positions where positions.car_id = $1 and positions.date > $3 and positions.date < entry.start_date)
                and not exists (
                    select
                    from public.states
                    where states.car_id = $1 and states.state <> 'online' and states.start_date > $3 and states.start_date <= entry.start_date)
        """;
}
