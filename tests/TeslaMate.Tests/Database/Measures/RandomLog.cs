using System.Globalization;

namespace TeslaMate.Tests.Database.Measures;

/// <summary>
/// Logs by chance, of 2026: drives and charges of two cars, at home and elsewhere, priced and not, with values missing, kilometres nobody saw,
/// nights that the clocks change, a month without anything, rows that were left open and some that are still going on.
/// </summary>
static class RandomLog
{
    // When clocks change in Berlin, St. John's and Berlin again: a drive is on its way, or a charge, or the car stands.
    static readonly DateTime[] ClockChanges =
        [new(2026, 3, 8, 5, 30, 0), new(2026, 3, 29, 1, 0, 0), new(2026, 10, 25, 1, 0, 0), new(2026, 11, 1, 4, 30, 0)];

    /// <summary>Fills a database of <see cref="LogRows.CreateAsync"/>; car 2 uses another constant.</summary>
    public static void Fill(LogRows log, int seed)
    {
        log.Car(2, "Other", efficiency: 0.17);
        log.Sql("""
            insert into geofences (id, name, latitude, longitude, inserted_at, updated_at) values (1, 'Home', 52.5, 13.4, now(), now());
            insert into addresses (id, display_name, name, road, city, state, country, latitude, longitude, osm_id, osm_type, inserted_at, updated_at)
            values (1, 'One', 'One', null, 'Kassel', 'Hessen', 'Germany', 51, 9, 1, 'node', now(), now()),
                (2, 'Two', null, 'Long Road', 'Graz', null, 'Austria', 47, 15, 2, 'node', now(), now())
            """);
        for (var car = 1; car <= 2; car++)
            Fill(log, new Random(seed * 10 + car), car);
    }

    static void Fill(LogRows log, Random random, int car)
    {
        var (date, km, range) = (new DateTime(2026, 1, 20, 6, 0, 0), 1000.0 * car, 380.0);
        for (var number = 0; number < 120 && date < new DateTime(2026, 11, 25); number++)
        {
            var before = date;
            date = date.AddMinutes(random.Next(10) == 0 ? random.Next(30_000) : random.Next(4000));
            foreach (var change in ClockChanges.Where(change => before < change && date > change))
                date = before.AddHours(1) < change ? change.AddMinutes(-random.Next(30)) : date;
            if (date.Month == 8)
                date = new DateTime(2026, 9, 3, 4, 0, 0);
            var minutes = 5 + random.Next(90);
            var isOpen = random.Next(14) == 0;
            if (random.Next(3) == 0)
                range = Charge(log, random, car, date, isOpen ? null : minutes, km, range);
            else
                (km, range) = Drive(log, random, car, date, isOpen ? null : minutes, km, range);
            log.State(random.Next(2) == 0 ? "asleep" : "offline", Text(date.AddMinutes(minutes + 10)), Text(date.AddMinutes(minutes + 60)), car);
            if (random.Next(15) == 0)
                Update(log, car, date.AddMinutes(minutes + 20), date.AddMinutes(minutes + 45), $"2026.{number}");
            date = date.AddMinutes(minutes + 61);
        }

        // What goes on: asleep since the last of it, an update among that, and at last another drive or charge.
        log.State("asleep", Text(date), null, car);
        Update(log, car, date.AddHours(1), null, null);
        if (random.Next(2) == 0)
            Drive(log, random, car, date.AddHours(2), null, km, range);
        else
            Charge(log, random, car, date.AddHours(2), null, km, range);
    }

    static double Charge(LogRows log, Random random, int car, DateTime date, int? minutes, double km, double range)
    {
        var added = random.Next(5) == 0 ? 0 : random.Next(1, 40);
        var gain = added / 0.15;
        var (first, last) = (Level(range), Level(range + gain));
        var process = log.Charge(Text(date), minutes, km, range, minutes is null ? null : range + gain, minutes is null ? null : added,
            random.Next(4) == 0 ? null : added * 1.1, random.Next(3) == 0 ? null : added * 0.3, first, last,
            more: ", geofence_id, address_id", values: random.Next(3) switch { 0 => ", 1, null", 1 => ", null, 1", _ => ", null, null" }, car: car);
        if (random.Next(4) > 0)
            log.Row(process, Text(date), last, 11, range + gain, added, random.Next(2) == 0 ? "ac" : "dc");
        return range + gain;
    }

    static (double Km, double Range) Drive(LogRows log, Random random, int car, DateTime date, int? minutes, double km, double range)
    {
        // Some kilometres nobody saw, beyond what an idle may have.
        km += random.Next(5) == 0 ? random.Next(1, 30) : 0;
        var length = random.Next(1, 60);
        var degrees = random.Next(-15, 35);
        // In the cold less can be used than is in it.
        var withheld = degrees < 0 && random.Next(2) == 0 ? 3 : 0;
        var (first, last) = (Level(range), Level(range - length));
        var hasLevels = random.Next(4) > 0;
        var drive = minutes is null
            ? log.Drive(Text(date), null, random.Next(2) == 0 ? km : null, null, random.Next(2) == 0 ? range : null, null,
                hasDistance: false, car: car)
            : log.Drive(Text(date), minutes, km, km + length, random.Next(10) == 0 ? null : range, random.Next(10) == 0 ? null : range - length,
                random.Next(8) == 0 ? null : degrees, hasLevels ? first : null, hasLevels ? last : null,
                Math.Max(first - withheld, 0), Math.Max(last - withheld, 0),
                hasDistance: random.Next(12) > 0, more: ", speed_max, start_geofence_id, end_address_id",
                values: $", {random.Next(30, 140)}, {(random.Next(2) == 0 ? "1" : "null")}, {random.Next(1, 3)}", car: car);
        for (var second = 0; second < 60; second += 5)
            log.Position(Text(date.AddSeconds(second)), km, first, Math.Max(first - withheld, 0), range: range, drive: drive, temperature: degrees,
                more: ", power, speed, tpms_pressure_fl, tpms_pressure_fr, tpms_pressure_rl, tpms_pressure_rr",
                values: string.Create(CultureInfo.InvariantCulture,
                    $", {random.Next(-30, 60)}, {random.Next(120)}, {2.4 + random.Next(40) / 40.0}, 2.9, 2.8, 2.85"), car: car);
        return minutes is null ? (km, range) : (km + length, Math.Max(60, range - length));
    }

    static void Update(LogRows log, int car, DateTime start, DateTime? end, string? version)
        => log.Sql($"insert into updates (car_id, start_date, end_date, version) values ({car}, '{Text(start)}', "
            + $"{(end is { } known ? $"'{Text(known)}'" : "null")}, {(version is null ? "null" : $"'{version} x'")})");

    static int Level(double range) => Math.Clamp((int)(range / 5), 1, 100);

    static string Text(DateTime date) => date.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
