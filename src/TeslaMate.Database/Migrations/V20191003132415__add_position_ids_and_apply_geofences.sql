-- Finds the first and last position of every drive, chosen as in 20190913175543; a drive with a single position only starts there. Then the geofences
-- around these positions and those of charging processes; where geofences overlap, the one stored last wins.

update drives
set start_position_id = ends.first_id,
    end_position_id = case when ends.first_id <> ends.last_id then ends.last_id else drives.end_position_id end
from (
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
) as ends
where drives.id = ends.id;

update drives
set start_geofence_id = located.geofence_id
from (
    select distinct on (drives.id) drives.id as drive_id, geofences.id as geofence_id
    from drives
    join positions on positions.id = drives.start_position_id
    join geofences on earth_box(ll_to_earth(geofences.latitude, geofences.longitude), geofences.radius)
                      @> ll_to_earth(positions.latitude, positions.longitude)
    order by drives.id, geofences.ctid desc
) as located
where drives.id = located.drive_id;

update drives
set end_geofence_id = located.geofence_id
from (
    select distinct on (drives.id) drives.id as drive_id, geofences.id as geofence_id
    from drives
    join positions on positions.id = drives.end_position_id
    join geofences on earth_box(ll_to_earth(geofences.latitude, geofences.longitude), geofences.radius)
                      @> ll_to_earth(positions.latitude, positions.longitude)
    order by drives.id, geofences.ctid desc
) as located
where drives.id = located.drive_id;

update charging_processes
set geofence_id = located.geofence_id
from (
    select distinct on (charging_processes.id) charging_processes.id as process_id, geofences.id as geofence_id
    from charging_processes
    join positions on positions.id = charging_processes.position_id
    join geofences on earth_box(ll_to_earth(geofences.latitude, geofences.longitude), geofences.radius)
                      @> ll_to_earth(positions.latitude, positions.longitude)
    order by charging_processes.id, geofences.ctid desc
) as located
where charging_processes.id = located.process_id;
