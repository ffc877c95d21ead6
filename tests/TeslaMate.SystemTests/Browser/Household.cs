namespace TeslaMate.SystemTests.Browser;

/// <summary>What a family has in its database, with everything that is long, empty or missing somewhere in it.</summary>
static class Household
{
    public const string LongName = "Großmutters feuerroter Langstreckenwagen";

    /// <summary>
    /// A drive with positions (9001) and one without (9002), charges with a curve (9001) and without (9005), two pages of each, and two geofences;
    /// as they were before, whatever a test did to them. The charges 9001 to 9004 are at one place, three of them without cost.
    /// </summary>
    public const string Rows = """
        delete from charging_processes where id between 9001 and 9999;
        delete from drives where id between 9001 and 9999;
        delete from positions where id between 900001 and 900700;
        delete from geofences;
        delete from addresses where id in (9001, 9002);
        delete from teslamate.outgoing_targets;
        delete from teslamate.outgoing_events;
        insert into teslamate.outgoing_targets (id, kind, name, is_enabled, settings, created_at, last_error_at, last_error, off_reason)
        overriding system value
        select 9000 + number, 'ntfy', 'Meldungen an die ganze Familie und die Nachbarn, die den Wagen mitbenutzen', false,
            '{"server": "https://ntfy.example.com"}', timestamp '2024-05-01 09:00', timestamp '2024-05-01 09:00',
            '403 Forbidden', '410 Gone: the topic is not there any more'
        from generate_series(1, 3) as number;
        insert into teslamate.outgoing_events (id, type, car_id, occurred_at, body)
        select 'evt_' || number, 'charge.interrupted', 1, timestamp '2024-05-01 09:00' + number * interval '1 hour', '{}'
        from generate_series(1, 12) as number;
        insert into teslamate.outgoing_deliveries (target_id, event_id, state, attempts, next_at, last_error, created_at)
        select 9001, id, case when id = 'evt_1' then 'pending' else 'failed' end, 4, case when id = 'evt_1' then timestamp '2100-01-01' end,
            '500 Internal Server Error', occurred_at
        from teslamate.outgoing_events;
        insert into addresses (id, display_name, name, road, house_number, city, country, latitude, longitude, osm_id, osm_type, inserted_at,
            updated_at) values
            (9001, 'a', null, 'Straße der Vereinten Nationen', '123 a', 'Schwäbisch Gmünd', 'Deutschland', 48.1, 11.5, 9001, 'way', now(), now()),
            (9002, 'b', 'Donaudampfschifffahrtsgesellschaftskapitänskajütenmuseum', 'Kai', '1',
                'Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch', 'Cymru', 48.2, 11.6, 9002, 'way', now(), now());
        insert into geofences (id, name, latitude, longitude, radius, inserted_at, updated_at) values
            (9001, 'Zuhause', 52.52, 13.4, 30, now(), now()),
            (9002, 'Ladepark am Autobahnkreuz Frankfurt-Nordwest, Raststätte Taunusblick, Fahrtrichtung Süden', 50.1, 8.6, 1200, now(), now());
        insert into positions (id, date, latitude, longitude, car_id, speed, power, elevation)
        select 900000 + step, timestamp '2024-05-01 08:00' + step * interval '5 s', 48.1 + (step - 1) * 0.0001,
            11.5 + (step - 1) * 0.0002 + 0.01 * sin(step / 60.0), (select min(id) from cars),
               (60 + 40 * sin(step / 50.0))::int, (20 + 30 * sin(step / 20.0))::int, (500 + 30 * sin(step / 90.0))::int
        from generate_series(1, 600) as step;
        insert into positions (id, date, latitude, longitude, car_id) select 900601, '2024-06-01', 50.1, 8.6, min(id) from cars;
        insert into drives (id, start_date, end_date, car_id, distance, duration_min, speed_max, power_max, power_min, start_rated_range_km,
            end_rated_range_km,
            outside_temp_avg, inside_temp_avg, ascent, descent, start_position_id, end_position_id, start_address_id, end_address_id)
        select 9001, '2024-05-01 08:00', '2024-05-01 08:51', min(id), 42.1, 51, 100, 180, -60, 300, 251, 21.4, 22, 310, 295, 900001, 900600, 9001,
            9002 from cars;
        insert into drives (id, start_date, end_date, car_id) select 9002, '2024-05-02 08:00', '2024-05-02 08:01', min(id) from cars;
        insert into drives (id, start_date, end_date, car_id, distance, duration_min, start_rated_range_km, end_rated_range_km, outside_temp_avg,
            start_address_id, end_address_id, start_geofence_id, end_geofence_id)
        select 9100 + number, timestamp '2024-04-01 08:00' - number * interval '7 hours', timestamp '2024-04-01 09:00' - number * interval '7 hours',
               (select id from cars order by id offset number % (select count(*) from cars) limit 1), 12.3 * number, 60 + number, 320, 320 - number,
                   15 - number, 9001 + number % 2, 9002 - number % 2,
               case when number % 3 = 0 then 9001 end, case when number % 4 = 0 then 9002 end
        from generate_series(1, 60) as number;
        update positions set drive_id = 9001 where id between 900001 and 900600;
        insert into charging_processes (id, start_date, end_date, charge_energy_added, charge_energy_used, duration_min, start_battery_level,
            end_battery_level, outside_temp_avg, car_id, position_id, cost)
        select 9000 + number, '2024-05-01 09:00', '2024-05-01 10:00', added, null, 60, 20, 80, 18, (select min(id) from cars), 900001, cost
        from (values (1, 50.63, 99), (2, 4.57, null), (3, 11.82, null), (4, 52.10, null)) as charge (number, added, cost);
        insert into charging_processes (id, start_date, end_date, charge_energy_added, charge_energy_used, duration_min, start_battery_level,
            end_battery_level, car_id, position_id, address_id, geofence_id, cost)
        select 9004 + number, timestamp '2024-04-01 20:00' - number * interval '30 hours',
            timestamp '2024-04-01 22:00' - number * interval '30 hours', 42.5 + number, 45 + number, 120, 12, 90,
               (select id from cars order by id offset number % (select count(*) from cars) limit 1), 900601, 9001 + number % 2,
                   case when number % 3 = 0 then 9002 end, case when number % 2 = 0 then 12.5 * number end
        from generate_series(1, 60) as number;
        insert into charges (date, charge_energy_added, charger_power, charger_voltage, battery_level, ideal_battery_range_km, charging_process_id)
        select timestamp '2024-05-01 09:00' + step * interval '10 s', step * 0.14, 50 - step / 10, 400, 20 + step / 6, 200, 9001
            from generate_series(0, 359) as step
        """;
}
