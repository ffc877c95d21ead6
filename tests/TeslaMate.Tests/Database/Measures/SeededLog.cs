namespace TeslaMate.Tests.Database.Measures;

/// <summary>A small log in which everything occurs once: places, open and odd rows, both kinds of charge, two cars.</summary>
static class SeededLog
{
    public static void Fill(LogRows log)
    {
        log.Car(2, "O'Hare", efficiency: null);
        log.Sql("""
            insert into geofences (id, name, latitude, longitude, inserted_at, updated_at)
                values (1, 'Home', 52.5, 13.4, now(), now()), (2, 'O''Hare', 52, 13, now(), now());
            insert into addresses (id, display_name, name, city, state, country, latitude, longitude, osm_id, osm_type, inserted_at, updated_at)
            values (1, '100% _ 🚗, Kassel', '100% _ 🚗', 'Kassel', 'Hessen', 'Germany', 52, 13, 1, 'node', now(), now());
            insert into updates (car_id, start_date, end_date, version)
                values (1, '2026-01-05', '2026-01-05 00:30', '2026.1 a'), (1, '2026-02-05', null, null)
            """);
        for (var day = 1; day <= 20; day++)
        {
            var date = $"2026-03-{day:00}";
            var range = 400 - (day % 5 * 50);
            var drive = log.Drive($"{date} 07:00", 30, day * 30, day * 30 + 28, range, range - 35, day - 5, 80, 73,
                more: ", start_geofence_id, end_address_id, ascent, descent, speed_max, power_max",
                values: ", 1, 1, 100, 80, 120, 90");
            for (var minute = 0; minute < 30; minute++)
                log.Position($"{date} 07:{minute:00}:30", day * 30 + minute, 80 - minute / 4, 80 - minute / 4, 52.5 + minute * 0.01, 13.4,
                    range - minute, drive, day - 5,
                    ", speed, power, elevation, tpms_pressure_fl, tpms_pressure_fr, tpms_pressure_rl, tpms_pressure_rr",
                    $", {20 + minute * 3}, {minute % 20 - 5}, {100 + minute}, 2.9, 2.9, 2.8, 2.9");
            var process = log.Charge($"{date} 18:00", 120, day * 30 + 28, range - 40, range + 30, 20, 22, day % 3 == 0 ? null : 6.5, 60, 85,
                ", geofence_id", day % 2 == 0 ? ", 1" : ", null");
            for (var minute = 0; minute < 120; minute += 20)
                log.Row(process, $"{date} {18 + minute / 60}:{minute % 60:00}", 60 + minute / 5, day % 4 == 0 ? 90 - minute / 3 : 11,
                    range - 40 + minute / 2, minute / 6.0, day % 4 == 0 ? "dc" : "ac");
            log.State("asleep", $"{date} 21:00", $"{date} 23:00").State("online", $"{date} 23:00", $"{date} 23:30");
        }

        log.Drive("2026-04-01 07:00", 30, null, null, 300, null, hasDistance: false);
        log.Drive("2026-04-02 07:00", 0, 900, 900, 300, 300);
        log.Charge("2026-04-03 07:00", null, 900, 300);
        log.Charge("2026-04-04 07:00", 10, 900, added: 0, used: 0);
        log.Sql("insert into drives (id, car_id, start_date) values (1000, 1, '2026-06-30 20:00')");
    }
}
