using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.Database.Measures;

/// <summary>The edge cases of the specification of spec charts 8, on all servers.</summary>
public sealed class EdgeCaseTests
{
    public static TheoryData<string> Servers => PostgresServer.All;

    [Theory, MemberData(nameof(Servers))]
    public async Task Weeks_and_days_are_those_of_the_calendar(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        foreach (var (day, week) in new[] { ("2025-12-29", "2026-W01"), ("2026-12-31", "2026-W53"), ("2027-01-03", "2026-W53") })
            (await log.LineAsync($"select label from teslamate.periods('{day}', '{day} 12:00', 'week', 'UTC')")).ShouldBe(week);
        (await log.LinesAsync("select label, period_s / 3600 from teslamate.periods('2026-03-28 23:00', '2026-03-29 22:00', 'day', "
            + "'Europe/Berlin')")).ShouldBe(["2026-03-29|23"]);
        (await log.LinesAsync("select label, period_s / 3600 from teslamate.periods('2026-10-24 22:00', '2026-10-25 23:00', 'day', "
            + "'Europe/Berlin')")).ShouldBe(["2026-10-25|25"]);
        foreach (var (zone, start) in new[] { ("Asia/Kolkata", "2026-06-30 18:30"), ("Pacific/Apia", "2026-06-30 11:00"),
            ("America/St_Johns", "2026-07-01 02:30") })
            (await log.LineAsync($"select period_from from teslamate.periods('2026-07-10', '2026-07-11', 'month', '{zone}')")).ShouldBe(start);
        // A day that Samoa left out, a midnight that Havana has twice.
        (await log.LinesAsync("select label from teslamate.periods('2011-12-29 12:00', '2011-12-31 12:00', 'day', 'Pacific/Apia')")).ShouldBe(
            ["2011-12-29", "2011-12-31", "2012-01-01"]);
        (await log.LineAsync("select teslamate.utc_time('2026-11-01', 'America/Havana')")).ShouldBe("2026-11-01 04:00");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task What_a_geocoder_sends_empty_is_no_part_of_a_place(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        foreach (var (parts, label) in new[]
        {
            ("'Home', 'Shop', 'Road', '1', 'City'", "Home"),
            ("'', 'Shop', 'Road', '1', 'City'", "Shop, City"),
            ("null, '', 'Road', '1', 'City'", "Road 1, City"),
            ("null, null, 'Road', '', 'City'", "Road, City"),
            ("null, null, '', '', 'City'", "City"),
            ("null, null, 'Road', null, ''", "Road"),
            ("null, '', '', '', ''", ""),
        })
            (await log.LineAsync($"select teslamate.place_label({parts})")).ShouldBe(label);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task The_median_of_five_is_that_of_the_server_in_every_order(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        (await log.LineAsync("""
            with numbers as (select n + 0.1::double precision as n from generate_series(0, 4) as n)
            select count(*), count(*) filter (where teslamate.median_of_five(a.n, b.n, c.n, d.n, e.n)
                <> (select percentile_cont(0.5) within group (order by x) from unnest(array[a.n, b.n, c.n, d.n, e.n]) as x))
            from numbers as a, numbers as b, numbers as c, numbers as d, numbers as e
            """)).ShouldBe("3125|0");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task An_hour_that_comes_twice_counts_once_per_instant(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.Drive("2026-10-25 00:30", 10, 0, 10, 400, 390);
        log.Drive("2026-10-25 01:30", 10, 10, 20, 390, 380);
        (await log.LinesAsync("select label, drives, distance_km from teslamate.statistics(1, '2026-10-24 22:00', '2026-10-25 23:00', "
            + "'Europe/Berlin', 'day', '2026-11-01')"))
            .ShouldBe(["2026-10-25|2|20"]);
        // From is in, to is out.
        (await log.LineAsync(
            "select drives from teslamate.statistics(1, '2026-10-25 00:30', '2026-10-25 01:30', 'UTC', 'total', '2026-11-01')")).ShouldBe("1");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_database_without_rows_has_no_numbers(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        (await log.LineAsync("select samples, capacity_now_kwh, health, cycles from teslamate.battery_health(1)")).ShouldBe("0|||");
        (await log.LineAsync("select drives, distance_km, net_wh_per_km, gross_wh_per_km, cost, price_coverage from teslamate.statistics(1, "
            + "'2026-01-01', '2026-02-01', 'UTC', 'month', '2026-02-01')")).ShouldBe("0|0||||");
        (await log.LinesAsync("select 1 from teslamate.statistics(1, null, null, 'UTC', 'month', '2026-02-01')")).ShouldBeEmpty();
        foreach (var function in (string[])["timeline(9, null, null, '2026-01-01')", "idles(1, null, null, '2026-01-01')",
            "charge_stops(1, null, null)", "trips(1, null, null)", "levels(1, null, null)"])
            (await log.LinesAsync($"select 1 from teslamate.{function}")).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Missing_values_leave_rows_visible_and_sums_skip_them(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.Drive("2026-05-01 08:00", 60, 0, 50, 400, 340);
        log.Drive("2026-05-01 12:00", 60, 50, 100, 340, null);
        log.Drive("2026-05-02 08:00", 60, 100, 150, 290, 230, hasDistance: false);
        log.Drive("2026-05-03 08:00", 0, 150, 150, 230, 230);
        log.Drive("2026-05-03 09:00", 5, 150, 151, 230, 230.5);
        (await log.LineAsync("select drives, uncounted_drives, distance_km, net_kwh, net_coverage, gross_coverage from teslamate.statistics(1, "
            + "null, null, 'UTC', 'total', '2026-06-01')", 3))
            .ShouldBe("4|1|101|8.925|0.505|1");
        (await log.LinesAsync(
            "select distance_km, is_distance_derived, start_place from teslamate.drive_list(1, '2026-05-02', '2026-05-03')")).ShouldBe(["50|True|"]);
        (await log.LinesAsync("select speed_avg_kmh, efficiency, net_kwh from teslamate.drive_list(1, '2026-05-03', null) order by start_date",
            3)).ShouldBe(["||0", "12|-2|-0.075"]);
        // Efficiency unknown: distances stay, energies are missing.
        log.Sql("update cars set efficiency = null");
        (await log.LineAsync(
            "select distance_km, net_kwh, gross_kwh from teslamate.statistics(1, null, null, 'UTC', 'total', '2026-06-01')")).ShouldBe("101||");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Charges_of_every_sort_count_as_they_should(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        var below = log.Charge("2026-05-01 08:00", 60, 100, 100, 170, 10.4, 10.0, 0);
        log.Row(below, "2026-05-01 08:00", 20, 11);
        log.Charge("2026-05-02 08:00", 60, 100, 100, 170, 10, 11, -0.53);
        var wall = log.Charge("2026-05-03 08:00", 60, 100, 100, 170, 10, 11);
        log.Row(wall, "2026-05-03 08:00", 20, 11, kind: "true, 'ACSingleWireCAN', null")
            .Sql($"update charges set fast_charger_brand = 'Tesla' where charging_process_id = {wall}");
        log.Charge("2026-05-04 08:00", null, 100, 100);
        (await log.LinesAsync("select kind, energy_used_kwh, efficiency, is_used_below_added, is_supercharger, is_counted, is_open, cost from "
            + "teslamate.charge_list(1, null, null) order by start_date")).ShouldBe([
            "ac|10.4|1|True|False|True|False|0", "|11|0.91|False|False|True|False|-0.53", "ac|11|0.91|False|False|True|False|",
            "|||False|False|False|True|",
        ]);
        (await log.LineAsync("select charges, open_charges, energy_added_kwh, cost, priced_charges, price_coverage from "
            + "teslamate.charge_statistics(1, null, null, 'UTC', 'total')")).ShouldBe("3|1|30.4|-0.53|2|0.66");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Fourteen_short_charges_are_one_stop(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        for (var number = 0; number < 14; number++)
            log.Charge($"2026-05-01 {8 + number / 4:00}:{number % 4 * 15:00}", 5, 100, 100, 101, 1, 1.1, 0.3, 50 + number, 51 + number);
        log.Drive("2026-05-01 13:00", 5, 100, 100.2, 200, 199);
        for (var number = 0; number < 3; number++)
            log.Charge($"2026-05-01 14:{number * 10:00}", 5, 100.2, 100, 101, 1, 1.1, null, 60, 61);
        (await log.LinesAsync("select charges, start_level, end_level, energy_added_kwh, cost, price_coverage, plugged_s / 60, charging_s / 60 "
            + "from teslamate.charge_stops(1, null, null)"))
            .ShouldBe(["3|60|61|3||0|25|15", "14|50|64|14|4.2|1|200|70"]);
        // A stop that began before the window does not begin again in it.
        (await log.LinesAsync("select charges from teslamate.charge_stops(1, '2026-05-01 09:00', null)")).ShouldBe(["3"]);
        // Top-ups are no samples of the capacity.
        (await log.LineAsync("select samples, health from teslamate.battery_health(1)")).ShouldBe("0|");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_stop_is_whole_in_the_window_in_which_it_begins(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.Charge("2026-05-31 23:00", 30, 1000, 100, 150, 7, 8, 2, 20, 30);
        log.Charge("2026-06-01 00:30", 30, 1000.1, 150, 200, 7, 8, 2, 30, 40);
        log.Drive("2026-06-01 08:00", 30, 1000.1, 1020, 200, 180);
        log.Charge("2026-06-01 09:00", 30, 1020, 180, 200, 3, 4, 1, 36, 40);
        foreach (var (since, until, stops) in new[] { ("2026-05-01", "2026-06-01", "2|14|40"), ("2026-06-01", "2026-07-01", "1|3|40") })
            (await log.LinesAsync($"select charges, energy_added_kwh, end_level from teslamate.charge_stops(1, '{since}', '{until}')"))
                .ShouldBe([stops]);
        // A drive ends it, also the first one after the window, and so does more than 0.1 km.
        (await log.LinesAsync("select charges from teslamate.charge_stops(1, '2026-05-31', '2026-06-01 00:45')")).ShouldBe(["2"]);
        log.Sql("update positions set odometer = 1000.11 where odometer = 1000.1");
        (await log.LinesAsync("select charges from teslamate.charge_stops(1, null, null)")).ShouldBe(["1", "1", "1"]);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Limits_count_as_they_are_written(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        // Exactly 60 km of range, 10 kWh and 50 %.
        var charge = log.Charge("2026-05-01 08:00", 60, 1000, 100.01, 160.01, 10, 11, fromLevel: 20, toLevel: 50);
        log.Row(charge, "2026-05-01 09:00", 50, 11, 160.01);
        (await log.LineAsync("select samples from teslamate.battery_health(1)")).ShouldBe("1");
        log.Sql("update charging_processes set end_rated_range_km = 160");
        (await log.LineAsync("select samples from teslamate.battery_health(1)")).ShouldBe("0");
        // Half a kilometre is neither parked nor missing.
        log.Drive("2026-05-02 08:00", 10, 1020, 1023.6, 300, 290);
        log.Drive("2026-05-02 09:00", 10, 1024.1, 1023.9, 290, 280);
        log.Drive("2026-05-02 10:00", 10, 1024.4, 1030, 280, 270);
        (await log.LinesAsync("select 1 from teslamate.idles(1, '2026-05-02 08:10', '2026-05-02 10:00', '2026-05-02 10:10')")).ShouldBeEmpty();
        (await log.LinesAsync("select kind from teslamate.timeline(1, '2026-05-02 08:10', '2026-05-02 10:00', '2026-05-02 10:10')"))
            .ShouldBe(["parking", "driving", "parking"]);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Rows_without_power_tell_no_kind_of_charge(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        var idle = log.Charge("2026-05-01 08:00", 60, 100, 100, 170, 10, 11, 3);
        log.Row(idle, "2026-05-01 08:00", 20, 0, kind: "dc").Row(idle, "2026-05-01 09:00", 21, 0, kind: "dc");
        var mixed = log.Charge("2026-05-02 08:00", 60, 100, 100, 170, 10, 11, 3);
        log.Row(mixed, "2026-05-02 08:00", 20, 0, kind: "dc").Row(mixed, "2026-05-02 08:30", 20, 0, kind: "dc")
            .Row(mixed, "2026-05-02 09:00", 21, 11);
        (await log.LinesAsync("select kind from teslamate.charge_facts(1, null, null) order by 1")).ShouldBe(["ac", ""]);
        (await log.LineAsync("select charges, charges_ac, charges_dc, cost, cost_ac, cost_dc from teslamate.charge_statistics(1, null, null, "
            + "'UTC', 'total')")).ShouldBe("2|1|0|6|3|");
        (await log.LinesAsync("select 1 from teslamate.charge_sessions(1, null, null)")).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task What_nothing_is_known_of_is_not_all_and_not_none(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        // A drive without duration: nothing of it is covered, and its distance counts for the speed of all.
        log.Drive("2026-05-01 08:00", 0, 100, 101, 300, 299);
        (await log.LineAsync("select recovered_kwh, recovered_coverage from teslamate.recovery_statistics(1, null, null, 'UTC', 'total')"))
            .ShouldBe("0|");
        log.Drive("2026-05-01 09:00", 60, 101, 150, 299, 240);
        (await log.LineAsync("select speed_avg_kmh from teslamate.drive_statistics(1, null, null, 'UTC', 'total')")).ShouldBe("50");
        // A day whose only leg has no range: how much was used is not known.
        log.Drive("2026-05-02 08:00", 60, 150, 200, null, null);
        log.Drive("2026-05-03 08:00", 60, 200, 250, 180, 130);
        (await log.LinesAsync("select gross_kwh, gross_distance_km, gross_wh_per_km, gross_coverage from teslamate.gross_statistics(1, "
            + "'2026-05-02', null, 'UTC', 'day') order by period_key")).ShouldBe(["|0||0", "7.5|50|150|1"]);
        // A reading with a usable level alone has no part in the mean of those with both.
        log.Position("2026-05-04 08:00", level: 80, usable: 78, range: 400);
        log.Position("2026-05-04 09:00", usable: 60, range: 300);
        (await log.LineAsync("select level, usable_level, range_at_100_km from teslamate.projected_range(1, null, null, 'UTC', 'total')"))
            .ShouldBe("80|78|507.25");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Charges_and_versions_begin_with_their_first_row(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.State("online", "2026-04-29 12:00", "2026-04-29 13:00");
        var charge = log.Charge("2026-04-30 23:00", 120, 1000, 100, 300, 30, 32, fromLevel: 20, toLevel: 60);
        log.Row(charge, "2026-05-01 01:00", 60, 11, 300);
        log.Sql("insert into updates (car_id, start_date, end_date, version) values (1, '2026-05-02', '2026-05-02 00:30', '2026.8.3')");
        // A charge belongs to the window in which it starts.
        (await log.LinesAsync("select capacity_kwh from teslamate.capacity_samples(1, '2026-04-01', '2026-05-01')")).ShouldBe(["75"]);
        (await log.LinesAsync("select 1 from teslamate.capacity_samples(1, '2026-05-01', '2026-06-01')")).ShouldBeEmpty();
        (await log.LineAsync("select samples, charges from teslamate.battery_health(1, '2026-05-01')")).ShouldBe("1|1");
        // The first version has been in use since the first row of the car.
        (await log.LineAsync("select in_use_from, in_use_to, charges from teslamate.software_versions(1, null, null, '2026-05-03', 'UTC')"))
            .ShouldBe("2026-04-29 12:00|2026-05-03|1");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_session_weighs_as_one_however_many_rows_it_has(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        var one = log.Charge("2026-05-01 08:00", 60, 100, 100, 300, 40, 42);
        for (var number = 0; number < 400; number++)
            log.Row(one, $"2026-05-01 08:{number / 10:00}:{number % 10 * 6:00}", 50, 40, kind: "dc");
        var other = log.Charge("2026-05-02 08:00", 60, 100, 100, 300, 40, 42);
        for (var number = 0; number < 6; number++)
            log.Row(other, $"2026-05-02 08:0{number}", 50, 100, kind: "dc");
        (await log.LinesAsync("select x, sessions, median_kw from teslamate.charge_curve(1, null, null)")).ShouldBe(["50|2|70"]);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Long_idles_are_exact_and_a_tow_is_told(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.Drive("2025-01-01 08:00", 60, 0, 50, 400, 340, fromLevel: 80, toLevel: 70);
        log.Drive("2026-02-05 09:00", 60, 50, 90, 300, 250, fromLevel: 62, toLevel: 55, latitude: 53.0);
        log.State("asleep", "2025-01-01 08:30", null);
        (await log.LinesAsync("select idle_s / 86400, standby, is_moved, range_loss_km from teslamate.idles(1, null, '2026-02-06', '2026-02-05 "
            + "10:00')")).ShouldBe(["400|1|True|40"]);
        // States that overlap, as rows moved by hand may: the time they share counts once.
        log.Sql("update states set end_date = '2025-07-01'");
        log.State("offline", "2025-03-01", "2025-08-01");
        (await log.LineAsync("select asleep_s / 86400 from teslamate.idles(1, null, '2026-02-06', '2026-02-05 10:00')")).ShouldBe("211.63");
        (await log.LineAsync("select standby from teslamate.idles(1, '2025-04-01', '2025-04-11', '2026-02-05 10:00')")).ShouldBe("1");
        // The window cuts it, in proportion.
        (await log.LinesAsync(
            "select idle_s / 86400, range_loss_km from teslamate.idles(1, '2025-02-01', '2025-02-11', '2026-02-05 10:00')")).ShouldBe(["10|1"]);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_charge_splits_a_missing_stretch_and_an_update_splits_nothing(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.Drive("2026-05-01 08:00", 60, 0, 50, 400, 350, fromLevel: 80, toLevel: 70);
        log.Sql("insert into updates (car_id, start_date, version) values (1, '2026-05-01 10:00', null)");
        log.Charge("2026-05-01 12:00", 60, 70, 325, 400, 12, 13, fromLevel: 65, toLevel: 80);
        log.Drive("2026-05-01 18:00", 60, 100, 150, 365, 310, fromLevel: 73, toLevel: 62);
        (await log.LinesAsync("select kind, distance_km, range_difference_km, is_open from teslamate.timeline(1, null, null, '2026-05-01 20:00') "
            + "order by start_date")).ShouldBe([
            "driving|50|-50|False", "missing|20|-5|False", "updating|||True", "charging||75|False", "missing|30|-5|False", "driving|50|-55|False",
            "parking|||True",
        ]);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Recovered_energy_and_lines_on_a_map(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        var drive = log.Drive("2026-05-01 08:00", 2, 0, 2, 400, 390);
        foreach (var (second, power, speed, longitude) in new[] { (0, 10, 0, 179.90), (5, -36, 50, 179.95), (10, -36, 50, 179.99),
            (71, -36, 50, -179.99), (80, 20, 30, -179.95), (120, 0, 0, -179.90) })
            log.Position($"2026-05-01 08:0{second / 60}:{second % 60:00}", second / 60.0, 50, drive: drive, longitude: longitude,
                more: ", power, speed", values: $", {power}, {speed}");
        foreach (var fill in (string[])["select 1", "select teslamate.refresh_drives(1)"])
        {
            await log.LinesAsync(fill);
            // 36 kW over 5, 5 and, of 61 seconds, 10.
            (await log.LineAsync("select recovered_kwh, powered_s, moving_s from teslamate.drive_sample_facts(1, null, null)")).ShouldBe(
                "0.2|39|114");
            (await log.LineAsync("select recovered_kwh, recovered_coverage from teslamate.recovery_statistics(1, null, null, 'UTC', 'total')",
                3)).ShouldBe("0.2|0.325");
            (await log.LineAsync("select parts[1], parts[array_length(parts, 1)] from teslamate.routes(1, null, null)")).ShouldBe("0|1");
        }
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Drives_with_dates_at_infinity_are_no_visit_and_begin_no_pace(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.Drive("2026-05-01 08:00", 60, 0, 310, 400, 100);
        log.Drive("2026-05-01 10:00", 60, 310, 620, 400, 100);
        log.Sql("insert into drives (id, car_id, start_date, end_date) values (11, 1, '-infinity', '2026-04-01'), "
            + "(12, 1, '2026-05-02', 'infinity'), (13, 1, 'infinity', 'infinity')");
        log.Sql("insert into geofences (id, name, latitude, longitude, inserted_at, updated_at) values (1, 'Home', 52, 13, now(), now())");
        log.Sql("update drives set end_geofence_id = 1");
        (await log.LineAsync("select place, visits, last_visit, parked_s from teslamate.destinations(1, null, null)")).ShouldBe(
            "Home|2|2026-05-01 11:00|3600");
        (await log.LineAsync("select odometer_km, days, is_too_short from teslamate.extrapolation(1, null, '2026-06-01 08:00')")).ShouldBe(
            "620|31|False");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_charge_is_where_its_position_is_whatever_was_kept_of_another(string server)
    {
        const string Place = "select odometer_km, latitude, longitude from teslamate.charge_facts(1, null, null)";
        await using var log = await LogRows.CreateAsync(server);
        var elsewhere = log.Position("2026-05-01 11:00", 65, latitude: 50, longitude: 10);
        log.Charge("2026-05-01 12:00", 60, 70, 325, 400, 12, 13);
        foreach (var (change, expected) in new[]
        {
            ("select 1", "70|52.5|13.4"),
            ("select teslamate.refresh_charges(1)", "70|52.5|13.4"),
            ($"update public.charging_processes set position_id = {elsewhere} returning 1", "65|50|10"),
            ("select teslamate.refresh_charges(1)", "65|50|10"),
        })
        {
            (await log.LineAsync(change)).ShouldBe("1");
            (await log.LineAsync(Place)).ShouldBe(expected);
        }
        (await log.LineAsync("select odometer_km, latitude, longitude from teslamate.charge_samples")).ShouldBe("65|50|10");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_line_keeps_within_ten_metres_of_twenty_thousand_points(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        var drive = log.Drive("2026-05-01 08:00", 400, 0, 300, 400, 100);
        log.Sql($"""
            insert into positions (date, latitude, longitude, car_id, drive_id)
            select timestamp '2026-05-01 08:00' + n * interval '1 second', 50 + n * 0.0001 + 0.01 * sin(n / 70.0), 10 + 0.02 * cos(n / 110.0), 1,
                {drive} from generate_series(0, 20000) n
            """);
        (await log.LineAsync("""
            with route as (select * from teslamate.drive_route(1)),
            line as (select number, x * 69000 as x, y * 111195 as y, lead(x) over (order by number) * 69000 as nx,
                lead(y) over (order by number) * 111195 as ny
                from route, unnest(longitudes, latitudes) with ordinality as p (x, y, number))
            select array_length((select latitudes from route), 1) <= 5000, max(distance) < 10 from (
                select p.id, min(sqrt(power(px - x - t * (nx - x), 2) + power(py - y - t * (ny - y), 2))) as distance
                from (select id, longitude::float8 * 69000 as px, latitude::float8 * 111195 as py from positions where drive_id = 1
                    and id % 97 = 0) as p
                cross join lateral (select *, greatest(0, least(1, ((px - x) * (nx - x) + (py - y) * (ny - y)) / nullif(power(nx - x,
                    2) + power(ny - y, 2), 0))) as t from line where nx is not null) as l
                group by p.id) as distances
            """)).ShouldBe("True|True");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Units_are_converted_at_the_edge(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        (await log.LineAsync("select teslamate.to_length(100, 'mi'), teslamate.to_temperature(-10, 'F'), teslamate.to_pressure(2.9, 'psi'), "
            + "teslamate.to_consumption(200, 'mi'), teslamate.to_length(null, 'mi')"))
            .ShouldBe("62.14|14|42.06|321.87|");
        log.Car(3, "Car").Car(4, null);
        (await log.LinesAsync("select label from teslamate.car_labels()")).Order(StringComparer.Ordinal)
            .ShouldBe(["Car - 000001", "Car - 000003", "VIN VIN00000000000004"]);
    }
}
