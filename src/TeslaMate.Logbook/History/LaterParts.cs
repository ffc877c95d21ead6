namespace TeslaMate.Logbook.History;

/// <summary>
/// What was under way at the last row that was read may go on in rows that an earlier import brought: months come in any order. Its later part is
/// what these rows begin with, no longer afterwards than a silence may last, with nothing of the car in between; it becomes part of the new entry.
/// </summary>
/// <remarks>
/// <c>$1</c> is the car, <c>$2</c> the new entry, which is to be closed or completed afterwards, <c>$3</c> the moment of its last row. They return
/// one row with the number of positions that are needed no more, and none where nothing goes on. What the owner has tagged or priced stays as it is.
/// </remarks>
static class LaterParts
{
    public static readonly string JoinDrive = $"""
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
        forgotten as (
            delete from teslamate.imported_entries entry
            using later
            where (entry.kind = 'drive' and entry.entry_id = later.id) or (entry.kind = 'position' and entry.entry_id in (select id from needless)))
        select (select count(*) from needless)::integer from later
        """;

    public static readonly string JoinCharging = $"""
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
