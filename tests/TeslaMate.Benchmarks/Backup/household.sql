-- Years of two cars in a table's shape and texture: what compresses badly in life (the last digits of coordinates, powers, times) does so here.
-- :positions is how many positions there are; 500 make a drive, and every fourth drive is followed by a charging process with 120 charges.
select setseed(0.42);

insert into car_settings default values;
insert into car_settings default values;
insert into cars (eid, vid, vin, model, name, settings_id, inserted_at, updated_at)
select id, id, '5YJ3E7EA0KF00000' || id, '3', 'Car ' || id, id, now(), now() from car_settings;

insert into addresses (display_name, latitude, longitude, name, city, country, osm_id, osm_type, inserted_at, updated_at, raw)
select 'Street ' || n || ', City ' || n % 50 || ', Germany', 47 + 7 * random(), 6 + 8 * random(), 'Street ' || n, 'City ' || n % 50, 'Germany', n, 'way', now(), now(),
    jsonb_build_object('road', 'Street ' || n, 'house_number', (100 * random())::int, 'postcode', 10000 + n, 'city', 'City ' || n % 50, 'country_code', 'de')
from generate_series(1, 2000) n;

insert into drives (id, car_id, start_date, end_date, outside_temp_avg, speed_max, power_max, power_min, start_km, end_km, distance, duration_min, start_address_id, end_address_id,
    start_ideal_range_km, end_ideal_range_km, start_rated_range_km, end_rated_range_km, inside_temp_avg, ascent, descent)
select n, 1 + n % 2, start, start + interval '21 minutes', 15 - 12 * cos(n / 1500.0), 60 + 90 * random(), 80 + 120 * random(), -60 * random(), n * 9, n * 9 + 9, 9 * random() + 4, 21,
    1 + 1999 * random(), 1 + 1999 * random(), 400 - n % 40 * 5, 390 - n % 40 * 5, 380 - n % 40 * 5, 370 - n % 40 * 5, 21, 200 * random(), 200 * random()
from generate_series(1, :positions / 500) n, lateral (select timestamp '2019-06-01' + n * interval '5 hours' + random() * interval '3 hours' as start) s;

-- Every fourth point is a whole answer of Tesla's, the others are the stream's: without ranges, climate and tyres.
insert into positions (date, latitude, longitude, speed, power, odometer, ideal_battery_range_km, battery_level, outside_temp, elevation, fan_status, driver_temp_setting,
    passenger_temp_setting, is_climate_on, is_rear_defroster_on, is_front_defroster_on, car_id, drive_id, inside_temp, battery_heater, battery_heater_on,
    est_battery_range_km, rated_battery_range_km, usable_battery_level, tpms_pressure_fl, tpms_pressure_fr, tpms_pressure_rl, tpms_pressure_rr)
select date_trunc('milliseconds', d.start_date + n * interval '2.5 seconds' + random() * interval '400 milliseconds'),
    a.latitude + 0.05 * sin(d.id + n / 90.0) + 0.0001 * random(), a.longitude + 0.08 * cos(d.id * 3 + n / 110.0) + 0.0001 * random(),
    greatest(0, 60 + 50 * sin(d.id + n / 40.0) + 8 * random()), 20 + 60 * sin(d.id + n / 9.0) * random(), round((d.start_km + n * 0.018 + 0.001 * random())::numeric, 6),
    case when whole then d.start_ideal_range_km - n * 0.02 end, 90 - d.id % 40 - n / 100, case when whole then d.outside_temp_avg + n / 200 * 0.5 end,
    a.latitude * 5 + 80 * sin(d.id + n / 60.0), case when whole then n / 50 % 7 end, case when whole then 21 end, case when whole then 21 end,
    case when whole then true end, case when whole then false end, case when whole then false end, d.car_id, d.id, case when whole then 20.5 + n / 250 * 0.5 end,
    case when whole then false end, case when whole then false end, case when whole then d.start_ideal_range_km * 0.8 - n * 0.02 + random() end,
    case when whole then d.start_rated_range_km - n * 0.02 end, case when whole then 89 - d.id % 40 - n / 100 end,
    case when whole then 2.9 end, case when whole then 2.9 end, case when whole then 2.8 + n / 300 * 0.1 end, case when whole then 2.9 end
from drives d
join addresses a on a.id = d.start_address_id
cross join generate_series(0, 499) n
cross join lateral (select n % 4 = 0 as whole) w
order by d.id, n;

update drives set start_position_id = p.first, end_position_id = p.last
from (select drive_id, min(id) as first, max(id) as last from positions group by drive_id) p where p.drive_id = drives.id;

insert into charging_processes (car_id, start_date, end_date, charge_energy_added, charge_energy_used, start_ideal_range_km, end_ideal_range_km, start_rated_range_km, end_rated_range_km,
    start_battery_level, end_battery_level, duration_min, outside_temp_avg, position_id, address_id, cost)
select car_id, end_date + interval '1 minute', end_date + interval '2 hours', 20 + 20 * random(), 22 + 20 * random(), 200, 350, 190, 330, 40, 80, 119, outside_temp_avg, end_position_id,
    end_address_id, 8 * random()
from drives where id % 4 = 0;

insert into charges (date, battery_heater_on, battery_level, charge_energy_added, charger_actual_current, charger_phases, charger_pilot_current, charger_power, charger_voltage,
    fast_charger_present, conn_charge_cable, fast_charger_brand, fast_charger_type, ideal_battery_range_km, not_enough_power_to_heat, outside_temp, charging_process_id, battery_heater,
    rated_battery_range_km, usable_battery_level)
select date_trunc('milliseconds', c.start_date + n * interval '60 seconds' + random() * interval '2 seconds'), false, 40 + n / 3, n * 0.31 + 0.05 * random(), 16, 3, 16, 11, 228 + 6 * random(),
    false, 'IEC', '<invalid>', '<invalid>', 200 + n * 1.25, false, c.outside_temp_avg, c.id, false, 190 + n * 1.2, 40 + n / 3
from charging_processes c cross join generate_series(0, 119) n
order by c.id, n;

insert into states (state, start_date, end_date, car_id)
select (array['online', 'asleep', 'offline'])[1 + n % 3]::states_status, timestamp '2019-06-01' + n * interval '2 hours', timestamp '2019-06-01' + n * interval '2 hours' + interval '2 hours', 1 + n % 2
from generate_series(1, 30000) n;

vacuum analyze;
