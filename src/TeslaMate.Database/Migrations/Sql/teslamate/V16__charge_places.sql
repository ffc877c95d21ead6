-- Where a charging process took place and the odometer then. The position that says so lies anywhere among all others, and every sum of charges asked for one of each.
alter table teslamate.charge_samples
    add column position_id integer,
    add column odometer_km double precision,
    add column latitude double precision,
    add column longitude double precision;
update teslamate.charge_samples as k
set position_id = p.position_id, odometer_km = place.odometer, latitude = place.latitude, longitude = place.longitude
from public.charging_processes as p
join public.positions as place on place.id = p.position_id
where p.id = k.charging_process_id;
-- All that the lists and sums of charges read, without the curves beside it.
create unique index charge_samples_readings_index on teslamate.charge_samples (charging_process_id)
    include (start_date, end_date, position_id, kind, charger_brand, power_max, first_usable, last_usable, last_rated_km, odometer_km, latitude, longitude);
