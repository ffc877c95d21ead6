-- How far a drive went up and down, summed over its positions with a known elevation. A sum that does not fit is stored as 0.
-- Scans: drives, positions
-- Locks: access exclusive on drives

alter table drives
    add ascent smallint,
    add descent smallint;

update drives
set ascent = case when climbed.ascent < 32768 then climbed.ascent else 0 end,
    descent = case when climbed.descent < 32768 then climbed.descent else 0 end
from (
    select drive_id, sum(greatest(rise, 0)) as ascent, sum(greatest(-rise, 0)) as descent
    from (
        select drive_id, coalesce(elevation::int - lag(elevation) over (partition by drive_id order by date), 0) as rise
        from positions
        where elevation is not null
    ) as track
    group by drive_id
) as climbed
where drives.id = climbed.drive_id;
