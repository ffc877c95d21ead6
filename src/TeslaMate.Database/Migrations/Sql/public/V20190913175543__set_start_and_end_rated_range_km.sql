-- A drive's rated range is that of its first and last position. Of positions with the same date the sort below decides, one drive at a time, as it did
-- when the reference filled these columns; a drive whose first position is also its last is left alone.
-- Scans: drives, positions
-- Locks: row exclusive on drives

update drives
set start_rated_range_km = ends.first_range_km, end_rated_range_km = ends.last_range_km
from (
    select drives.id,
           max(track.id) filter (where track.from_start = 1) as first_id,
           max(track.id) filter (where track.from_end = 1) as last_id,
           max(track.rated_battery_range_km) filter (where track.from_start = 1) as first_range_km,
           max(track.rated_battery_range_km) filter (where track.from_end = 1) as last_range_km
    from drives
    cross join lateral (
        select id, rated_battery_range_km,
               row_number() over (order by date) as from_start,
               row_number() over (order by date desc) as from_end
        from positions
        where drive_id = drives.id
    ) as track
    where (drives.start_rated_range_km is null or drives.end_rated_range_km is null)
      and 1 in (track.from_start, track.from_end)
    group by drives.id
) as ends
where drives.id = ends.id and ends.first_id <> ends.last_id;
