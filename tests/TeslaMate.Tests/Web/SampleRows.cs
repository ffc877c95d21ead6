using TeslaMate.Tests.Database;

namespace TeslaMate.Tests.Web;

/// <summary>A car with one drive of four positions and one ended charge.</summary>
static class SampleRows
{
    public static Task AddAsync(TestDatabase database) => database.ExecuteAsync("""
        insert into car_settings (id) values (1);
        insert into cars (id, eid, vid, vin, name, model, efficiency, settings_id, inserted_at, updated_at)
        values (1, 1, 1, '5YJ3E1EA7KF317000', 'Model Y', 'Y', 0.15, 1, '2024-01-01', '2024-01-01');
        insert into addresses (id, display_name, name, city, latitude, longitude, osm_id, osm_type, inserted_at, updated_at)
        values (1, 'Beelitz Supercharger, Beelitz', 'Beelitz Supercharger', 'Beelitz', 52.5, 13.3, 1, 'node', '2024-01-01', '2024-01-01');
        insert into drives (id, start_date, end_date, car_id, distance, duration_min, speed_max, power_max, power_min, start_rated_range_km,
            end_rated_range_km, start_address_id, end_address_id, outside_temp_avg)
        values (1, '2024-05-01 08:00:00.123456', '2024-05-01 08:20', 1, 20, 20, 120, 80, -30, 300, 280, 1, 1, 21);
        insert into positions (id, date, latitude, longitude, elevation, speed, power, car_id, drive_id) values
            (3, '2024-05-01 08:00:20', 52.516, 13.352, 40, 60, 20, 1, 1),
            (1, '2024-05-01 08:00:00.123456', 52.514521, 13.350144, 34, 0, 0, 1, 1),
            (4, '2024-05-01 08:00:30', 0, 13.353, 41, 50, 10, 1, 1),
            (2, '2024-05-01 08:00:10', 52.515, 13.351, null, 30, 40, 1, 1),
            (5, '2024-05-01 09:00', 52.5, 13.3, 40, null, null, 1, null);
        insert into charging_processes (id, start_date, end_date, charge_energy_added, charge_energy_used, start_battery_level, end_battery_level,
            duration_min, car_id, position_id, address_id)
        values (1, '2024-05-01 09:00', '2024-05-01 09:15', 8, 10, 40, 50, 15, 1, 5, 1);
        insert into charges (date, charge_energy_added, charger_power, charger_voltage, battery_level, ideal_battery_range_km, charging_process_id)
        select '2024-05-01 09:00'::timestamp + make_interval(secs => step), step / 112.5, 32, 400, 40 + step / 90, 200, 1 from generate_series(0, 900, 5) as step;
        insert into teslamate.outgoing_targets (kind, name, settings, created_at)
        values ('webhook', 'Door bell', '{"url": "https://bell.example.org/hook"}', '2024-05-01 07:00');
        insert into teslamate.outgoing_events (id, type, car_id, occurred_at, body) values ('evt_1', 'drive.ended', 1, '2024-05-01 08:20', '{}');
        insert into teslamate.outgoing_deliveries (target_id, event_id, state, attempts, next_at, last_error, created_at)
        values (1, 'evt_1', 'pending', 2, '2024-05-01 08:50', 'HTTP 500', '2024-05-01 08:20');
        """);
}
