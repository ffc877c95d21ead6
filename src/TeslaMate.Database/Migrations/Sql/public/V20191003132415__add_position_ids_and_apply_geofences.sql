-- Finds the first and last position of every drive, chosen as in 20190913175543; a drive with a single position only starts there. Then the geofences
-- around these positions and those of charging processes; where geofences overlap, the one stored last wins.
-- Scans: charging_processes, drives, positions
-- Locks: row exclusive on charging_processes, drives

with ends as (
    select drives.id,
           max(track.id) filter (where track.from_start = 1) as first_id,
           max(track.id) filter (where track.from_end = 1) as last_id
    from drives
    cross join lateral (
        select id,
               row_number() over (order by date) as from_start,
               row_number() over (order by date desc) as from_end
        from positions
        where drive_id = drives.id
    ) as track
    where 1 in (track.from_start, track.from_end)
    group by drives.id
), linked as (
    select drives.id,
           coalesce(ends.first_id, drives.start_position_id) as start_position_id,
           case when ends.first_id <> ends.last_id then ends.last_id else drives.end_position_id end as end_position_id
    from drives
    left join ends on ends.id = drives.id
), fences as materialized (
    select id, earth_box(ll_to_earth(latitude, longitude), radius) as area, row_number() over (order by ctid) as place
    from geofences
), located as materialized (
    select positions.id as position_id, (array_agg(fences.id order by fences.place desc))[1] as geofence_id
    from positions
    join fences on fences.area @> ll_to_earth(positions.latitude, positions.longitude)
    where positions.id in (select start_position_id from linked union select end_position_id from linked)
    group by positions.id
)
update drives
set start_position_id = linked.start_position_id,
    end_position_id = linked.end_position_id,
    start_geofence_id = coalesce(at_start.geofence_id, drives.start_geofence_id),
    end_geofence_id = coalesce(at_end.geofence_id, drives.end_geofence_id)
from linked
left join located as at_start on at_start.position_id = linked.start_position_id
left join located as at_end on at_end.position_id = linked.end_position_id
where drives.id = linked.id;

with fences as materialized (
    select id, earth_box(ll_to_earth(latitude, longitude), radius) as area, row_number() over (order by ctid) as place
    from geofences
)
update charging_processes
set geofence_id = located.geofence_id
from (
    select charging_processes.id as process_id, (array_agg(fences.id order by fences.place desc))[1] as geofence_id
    from charging_processes
    join positions on positions.id = charging_processes.position_id
    join fences on fences.area @> ll_to_earth(positions.latitude, positions.longitude)
    group by charging_processes.id
) as located
where charging_processes.id = located.process_id;
