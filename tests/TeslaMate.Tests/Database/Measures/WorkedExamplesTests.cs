using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.Database.Measures;

/// <summary>The worked examples of the specification of spec charts 7, on all servers.</summary>
public sealed class WorkedExamplesTests
{
    public static TheoryData<string> Servers => PostgresServer.All;

    const string Berlin = "Europe/Berlin";

    [Theory, MemberData(nameof(Servers))]
    public async Task Battery_health(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        foreach (var (day, odometer, from, to, fromRange, toRange, added) in new[]
        {
            ("2025-01-10", 1000, 30, 80, 150.00, 400.00, 37.50), ("2025-03-10", 5000, 20, 90, 99.60, 448.20, 52.29),
            ("2025-05-10", 9000, 30, 80, 148.80, 396.80, 37.20),
            ("2025-07-10", 13000, 1, 20, 5.00, 105.00, 15.00), ("2025-09-10", 17000, 40, 80, 196.00, 392.00, 29.40),
            ("2025-11-10", 21000, 50, 90, 244.00, 439.20, 29.28),
            ("2026-01-10", 25000, 50, 80, 243.00, 388.80, 21.87), ("2026-03-10", 29000, 40, 75, 193.60, 363.00, 25.41),
        })
            Session(log, day, odometer, from, to, fromRange, toRange, added);
        (await log.LinesAsync(
            "select capacity_kwh, range_km, capacity_median_kwh from teslamate.capacity_samples(1, null, null) order by number")).ShouldBe([
            "75|500|", "74.7|498|", "74.4|496|", "73.5|490|", "73.2|488|74.4", "72.9|486|73.5", "72.6|484|73.2",
        ]);
        (await log.LineAsync("""
            select samples, capacity_new_kwh, capacity_now_kwh, health, degradation, cycles, second_capacity_kwh, range_new_km, range_now_km,
                energy_added_kwh, is_new_given
            from teslamate.battery_health(1)
            """)).ShouldBe("7|74.4|73.2|98.39|1.61|3.33|73.95|496|488|247.95|False");

        Session(log, "2026-04-10", 30000, 40, 80, 208.80, 417.60, 29.00);
        (await log.LineAsync("select capacity_new_kwh, capacity_now_kwh, health from teslamate.battery_health(1)")).ShouldBe("74.4|72.9|97.98");
        (await log.LinesAsync("select end_date::date, capacity_kwh, constant_before, constant_kwh_per_km from teslamate.capacity_samples(1, null, "
            + "null) where is_step", 3))
            .ShouldBe(["2026-04-10|72.5|0.15|0.139"]);

        log.Sql("insert into teslamate.car_preferences (car_id, capacity_kwh) values (1, 78)");
        (await log.LineAsync("select capacity_new_kwh, is_new_given, health from teslamate.battery_health(1)")).ShouldBe("78|True|93.46");

        static void Session(LogRows log, string day, double odometer, int from, int to, double fromRange, double toRange, double added)
        {
            var process = log.Charge($"{day} 10:00", 240, odometer, fromRange, toRange, added, added, fromLevel: from, toLevel: to);
            log.Row(process, $"{day} 10:00", from, 10, fromRange).Row(process, $"{day} 14:00", to, 10, toRange, added);
        }
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Efficiency(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.Drive("2026-01-05 07:00", 30, 10000, 10030, 400, 358, -2.0);
        log.Drive("2026-01-05 17:00", 30, 10030, 10060, 356, 316, 2.4);
        log.Drive("2026-01-06 07:00", 10, 10060, 10065, 314, 306, 3.0);
        log.Drive("2026-01-07 10:00", 90, 10065, 10185, 300, 175, 7.5);
        log.Drive("2026-01-07 12:00", 5, 10185, 10185.8, 175, 174, 7.5);
        log.Charge("2026-01-07 18:00", 180, 10185.8, 172, 372, 30, 33);
        log.Drive("2026-01-08 08:00", 6, 10185.8, 10189.8, 371, 371.5, 8.0);
        (await log.LineAsync($"""
            select distance_km, net_wh_per_km, gross_kwh, gross_wh_per_km, gross_coverage, teslamate.to_consumption(net_wh_per_km, 'mi')
            from teslamate.statistics(1, '2026-01-01', '2026-02-01', '{Berlin}', 'total', '2026-02-01')
            """, 3)).ShouldBe("189.8|170.311|34.275|180.585|1|274.089");
        (await log.LinesAsync("select temperature, distance_km, efficiency * 100, net_wh_per_km, speed_avg_kmh from "
            + "teslamate.efficiency_by_temperature(1, null, null, 1, 'C')"))
            .ShouldBe(["10|120|96|156.25|80", "5|5|62.5|240|30", "0|60|73.17|205|60"]);
        (await log.LineAsync($"select median_km, net_kwh from teslamate.drive_statistics(1, null, null, '{Berlin}', 'total')")).ShouldBe(
            "17.5|32.33");
        (await log.LinesAsync("select net_kwh, net_wh_per_km, is_rough from teslamate.drive_facts(1, '2026-01-08', null)", 3)).ShouldBe(
            ["-0.075|-18.75|True"]);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Vampire_drain(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.Sql("insert into teslamate.car_preferences (car_id, capacity_kwh) values (1, 75)");
        log.Drive("2026-02-01 17:30", 30, 100, 110, 310, 300, fromLevel: 62, toLevel: 60);
        log.Drive("2026-02-02 08:00", 30, 110, 130, 296, 270, fromLevel: 59, toLevel: 54);
        log.Drive("2026-02-03 20:30", 30, 130, 140, 262, 250, fromLevel: 53, toLevel: 50, fromUsable: 52);
        log.Drive("2026-07-01 09:00", 60, 200, 250, 340, 300, fromLevel: 68, toLevel: 60);
        log.Drive("2026-09-01 10:00", 30, 250, 270, 276, 250, fromLevel: 55, toLevel: 50);
        foreach (var (state, start, end) in new (string, string, string?)[]
        {
            ("offline", "2026-02-01 17:55", "2026-02-01 18:40"), ("asleep", "2026-02-01 18:40", "2026-02-02 07:40"),
            ("online", "2026-02-02 07:40", "2026-02-02 09:00"),
            ("asleep", "2026-02-02 09:00", "2026-02-03 20:20"), ("online", "2026-02-03 20:20", "2026-07-01 11:00"),
            ("asleep", "2026-07-01 11:00", "2026-09-01 09:00"),
            ("online", "2026-09-01 09:00", null),
        })
            log.State(state, start, end);
        (await log.LinesAsync("""
            select start_date, idle_s / 3600, standby * 100, range_loss_km, loss_kwh, power_w, range_loss_kmh, -level_loss, is_from_level
            from teslamate.idles(1, '2026-02-01', '2026-09-02', '2026-09-02')
                where start_date in ('2026-02-01 18:00', '2026-02-02 08:30', '2026-07-01 10:00') order by start_date
            """, 3)).ShouldBe([
            "2026-02-01 18:00|14|97.619|4|0.6|42.857|0.286|-1|False",
            "2026-02-02 08:30|36|98.148|8|0.75|20.833|0.222|-1|True",
            "2026-07-01 10:00|1488|99.866|24|3.6|2.419|0.016|-5|False",
        ]);
        // The odometer went on between February and July: no idle. The newest lasts until now.
        (await log.LinesAsync(
            "select start_date, end_date, is_current, idle_s from teslamate.idles(1, null, null, '2026-09-02') where is_current")).ShouldBe(
                ["2026-09-01 10:30|2026-09-02|True|48600"]);
        (await log.LineAsync("select count(*) from teslamate.idles(1, null, null, '2026-09-02')")).ShouldBe("4");
        // Cut at the borders of months, in proportion; sums stay.
        (await log.LinesAsync($"select period_key, idle_s / 86400, idle_kwh from teslamate.idle_statistics(1, '2026-07-01', '2026-09-01 10:00', "
            + $"'2026-09-02', '{Berlin}', 'month') order by 1", 3))
            .ShouldBe(["2026-07-01|30.5|1.771", "2026-08-01|31|1.8", "2026-09-01|0.5|0.029"]);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Mileage(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.Drive("2026-03-30 08:00", 40, 1000, 1040, null, null);
        log.Drive("2026-03-31 21:30", 45, 1040, 1070, null, null);
        log.Drive("2026-04-02 08:00", 30, 1095, 1125, null, null);
        (await log.LinesAsync($"select label, distance_km, odometer_km, gap_km from teslamate.statistics(1, '2026-02-28 23:00', '2026-04-30 "
            + $"22:00', '{Berlin}', 'month', '2026-05-01')"))
            .ShouldBe(["2026-03|70|70|0", "2026-04|30|55|25"]);
        (await log.LineAsync(
            "select distance_km, odometer_km, gap_km from teslamate.statistics(1, null, null, 'UTC', 'total', '2026-05-01')")).ShouldBe("100|125|25");
        (await log.LineAsync("select days, per_month_km, is_too_short from teslamate.extrapolation(1, '2026-03-01', '2026-04-30 22:00')",
            3)).ShouldBe("31.583|120.465|False");
        (await log.LineAsync("select per_month_km, is_too_short from teslamate.extrapolation(1, '2026-03-01', '2026-04-12')")).ShouldBe("|True");
        (await log.LinesAsync("select start_date, start_km, end_date, end_km from teslamate.mileage(1, null, null)"))
            .ShouldBe(["2026-03-30 08:00|1000|2026-03-30 08:40|1040", "2026-03-31 21:30|1040|2026-03-31 22:15|1070",
                "2026-04-02 08:00|1095|2026-04-02 08:30|1125"]);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Statistics_over_the_change_to_summer_time(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.Drive("2026-02-28 23:30", 30, 2000, 2020, 400, 376, 4);
        log.Drive("2026-03-29 00:30", 20, 2020, 2040, 370, 348, 6);
        log.Drive("2026-03-29 01:30", 30, 2040, 2070, 346, 312, 8);
        log.Charge("2026-03-29 12:00", 120, 2070, 310, 410, 15.00, 16.50, 4.95);
        log.Drive("2026-03-31 21:50", 40, 2070, 2110, 408, 360, 10);
        log.Drive("2026-03-31 22:30", 30, 2110, 2130, 360, 336, 10);
        log.Charge("2026-04-02 18:00", 120, 2130, 330, 430, 15.00, 16.00);
        log.Charge("2026-04-05 18:00", 1, 2130, 425, 425, 0.00, 0.05, 0.02);
        string[] months =
        [
            "1772319600|1774994400|743|4|7200|110|7|85.94|1|16.5|4.95|0.3|174.55|190.91|6.3|8.57",
            "1774994400|1777586400|720|1|1800|20|10|83.33|1|16|||180|262.5||31.43",
        ];
        var query = $"""
            select extract(epoch from period_from)::bigint, extract(epoch from period_to)::bigint, period_s / 3600, drives, driving_s, distance_km,
                outside_temp_c, driving_efficiency * 100, charges,
                energy_used_kwh, cost, price_per_kwh, net_wh_per_km, gross_wh_per_km, cost_per_100_km, overhead * 100
            from teslamate.statistics(1, '2026-02-28 23:00', '2026-04-30 22:00', '{Berlin}', 'month', '2026-05-01')
            """;
        (await log.LinesAsync(query)).ShouldBe(months);
        (await log.LinesAsync($"""
            select extract(epoch from period_from)::bigint, extract(epoch from period_to)::bigint, drives, distance_km
            from teslamate.statistics(1, '2026-02-28 23:00', '2026-04-30 22:00', '{Berlin}', 'day', '2026-05-01') where label = '2026-03-29'
            """)).ShouldBe(["1774738800|1774821600|2|50"]);
        (await log.LinesAsync(
            "select label, drives from teslamate.statistics(1, '2026-02-01', '2026-04-01', 'UTC', 'month', '2026-05-01')")).ShouldBe(["2026-02|1",
                "2026-03|4"]);
        (await log.LinesAsync($"select label from teslamate.statistics(1, '2026-03-30', '2026-04-01', '{Berlin}', 'week', '2026-05-01')")).ShouldBe(
            ["2026-W14"]);

        // An open drive is told of and changes nothing.
        log.Sql("insert into drives (id, car_id, start_date) values (99, 1, '2026-03-15 10:00')");
        (await log.LinesAsync(query)).ShouldBe(months);
        (await log.LinesAsync($"select open_drives, gross_coverage from teslamate.statistics(1, '2026-02-28 23:00', '2026-04-30 22:00', "
            + $"'{Berlin}', 'month', '2026-05-01')"))
            .ShouldBe(["1|1", "0|1"]);
        // The session's zone means nothing.
        await log.Database.ExecuteAsync($"alter database {log.Database.Name} set timezone = 'Pacific/Apia'");
        await using var elsewhere =
            Npgsql.NpgsqlDataSource.Create(log.Database.ConnectionString.Replace("Timezone=UTC;", "", StringComparison.Ordinal) + ";Pooling=false");
        await using var command = elsewhere.CreateCommand($"select current_setting('timezone') || string_agg(' ' || "
            + $"round(gross_wh_per_km::numeric, 2), '' order by period_key) from teslamate.statistics(1, '2026-02-28 23:00', '2026-04-30 22:00', "
            + $"'{Berlin}', 'month', '2026-05-01')");
        (await command.ExecuteScalarAsync()).ShouldBe("Pacific/Apia 190.91 262.50");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Charge_curve(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        var a = log.Charge("2026-05-01 10:00", 25, 100, 80, 320, 45, 46, fromLevel: 20, toLevel: 80);
        foreach (var (minute, level, power) in new[] { (0, 20, -1), (1, 20, 140), (2, 20, 170), (6, 40, 120), (12, 60, 80), (13, 60, 76),
            (25, 80, 45) })
            log.Row(a, $"2026-05-01 10:{minute:00}", level, power, kind: "dc");
        var b = log.Charge("2026-05-02 10:00", 31, 200, 80, 320, 45, 46, fromLevel: 20, toLevel: 80);
        foreach (var (minute, level, power) in new[] { (0, 20, 60), (6, 40, 100), (14, 60, 90), (31, 80, 41) })
            log.Row(b, $"2026-05-02 10:{minute:00}", level, power, kind: "dc");
        var ac = log.Charge("2026-05-03 10:00", 60, 300, 80, 320, 45, 46, fromLevel: 20, toLevel: 80);
        log.Row(ac, "2026-05-03 10:00", 20, 11).Row(ac, "2026-05-03 11:00", 80, 11);
        (await log.LinesAsync("select x, sessions, median_kw from teslamate.charge_curve(1, null, null)")).ShouldBe(["20|2|107.5", "40|2|110",
            "60|2|84", "80|2|43"]);
        (await log.LinesAsync("select span_s / 60, power_avg_kw, efficiency * 100 from teslamate.charge_sessions(1, null, null, 20, 80) order by "
            + "start_date", 1))
            .ShouldBe(["25|108|97.8", "31|87.1|97.8"]);
        (await log.LinesAsync("select x, median_kw from teslamate.charge_curve(1, null, null, 'minute') where x in (0, 1, 6)")).ShouldBe(["0|60",
            "1|140", "6|110"]);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Timeline(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.Sql("""
            insert into addresses (id, display_name, name, latitude, longitude, osm_id, osm_type, inserted_at, updated_at)
            select n, name, name, 52, 13, n, 'node', now(), now() from unnest(array['Home', 'Office', 'Mall']) with ordinality as a (name, n)
            """);
        Drive("2026-05-04 06:00", 60, 100, 160, 400, 330, 80, 66, 1, 2);
        log.Charge("2026-05-04 07:10", 120, 160, 330, 400, 10.50, 11, fromLevel: 66, toLevel: 80, more: ", address_id", values: ", 2");
        Drive("2026-05-04 16:00", 20, 160, 170, 396, 384, 79, 77, 2, 3);
        Drive("2026-05-04 19:00", 30, 185, 205, 360, 338, 72, 67, 2, 1);
        log.Sql("insert into updates (car_id, start_date, end_date, version) values (1, '2026-05-05 01:00', '2026-05-05 01:25', '2026.8.3 abc')");
        Drive("2026-05-05 06:00", 60, 205, 265, 334, 262, 66, 52, 1, 2);
        log.Position("2026-05-05 07:30", 265, 51, 51, range: 258);
        const string Columns = "select kind, to_char(start_date, 'HH24:MI'), duration_s / 60, distance_km, energy_kwh, range_difference_km, "
            + "level_difference";
        (await log.LinesAsync(
            $"{Columns} from teslamate.timeline(1, '2026-05-04', '2026-05-06', '2026-05-05 08:00') order by start_date, kind")).ShouldBe([
            "driving|06:00|60|60|-10.5|-70|-14",
            "parking|07:00|10||0|0|0",
            "charging|07:10|120||10.5|70|14",
            "parking|09:10|410||-0.6|-4|-1",
            "driving|16:00|20|10|-1.8|-12|-2",
            "missing|16:20|160|15|-1.35|-9|-5",
            "driving|19:00|30|20|-3.3|-22|-5",
            "parking|19:30|630||-0.6|-4|-1",
            "updating|01:00|25||||",
            "driving|06:00|60|60|-10.8|-72|-14",
            "parking|07:00|60||-0.6|-4|-1",
        ]);
        (await log.LineAsync("select end_range_km, start_place, end_place from teslamate.timeline(1, '2026-05-04', '2026-05-06', '2026-05-05 "
            + "08:00') where kind = 'missing'")).ShouldBe("360|Mall|Office");
        // What is filtered comes after what is next.
        (await log.LinesAsync($"""
            {Columns} from teslamate.timeline(1, '2026-05-04', '2026-05-06', '2026-05-05 08:00') where 'Home' in (start_place, end_place)
                order by start_date, kind
            """)).ShouldBe(["driving|06:00|60|60|-10.5|-70|-14", "driving|19:00|30|20|-3.3|-22|-5", "parking|19:30|630||-0.6|-4|-1", "driving|06:00|60|60|-10.8|-72|-14"]);

        void Drive(string start, double minutes, double fromKm, double toKm, double fromRange, double toRange, int fromLevel, int toLevel, int from,
            int to)
            => log.Drive(start, minutes, fromKm, toKm, fromRange, toRange, fromLevel: fromLevel, toLevel: toLevel,
                more: ", start_address_id, end_address_id", values: $", {from}, {to}");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Charging_costs(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.Sql("""
            insert into geofences (id, name, latitude, longitude, inserted_at, updated_at) values (1, 'Home', 52, 13, now(), now());
            insert into addresses (id, display_name, name, city, latitude, longitude, osm_id, osm_type, inserted_at, updated_at) values
            (1, 'Supercharger Nord, Kassel', 'Supercharger Nord', 'Kassel', 52, 13, 1, 'node', now(), now()),
                (2, 'Fastned, Fulda', 'Fastned', 'Fulda', 52, 13, 2, 'node', now(), now());
            """);
        // 200, 200, 100, 20 km before the charges, 100 km behind them; 102.6 kWh are 684 km of range.
        log.Drive("2026-06-01 08:00", 120, 0, 200, 400, 180);
        Charge("2026-06-01 12:00", 240, 200, 180, 400, 33, 36, 10.80, 36, 80, "ac", "1, null");
        log.Drive("2026-06-02 08:00", 120, 200, 400, 400, 180);
        Charge("2026-06-02 12:00", 25, 400, 180, 400, 33, 34, 17.00, 36, 80, "dc", "null, 1");
        log.Drive("2026-06-03 08:00", 60, 400, 500, 400, 290);
        Charge("2026-06-03 12:00", 20, 500, 290, 400, 16.50, null, null, 58, 80, "dc", "null, 2");
        log.Drive("2026-06-04 08:00", 20, 500, 520, 400, 370);
        Charge("2026-06-04 12:00", 120, 520, 370, 400, 4.50, 5, 0, 75, 81, "ac", "1, null");
        Charge("2026-06-04 16:00", 1, 520, 400, 400, 0, 0.10, 0.03, 81, 81, "ac", "1, null");
        log.Drive("2026-06-05 08:00", 60, 520, 620, 400, 296);
        const string Window = "1, '2026-06-01', '2026-07-01'";
        (await log.LineAsync($"""
            select charges, energy_added_kwh, cost, priced_charges, price_coverage * 100, price_per_kwh, price_dc_per_kwh, price_ac_per_kwh,
                efficiency * 100, cost_supercharger,
                energy_used_dc_kwh, energy_used_ac_kwh, charging_dc_s / 60, charging_ac_s / 60, price_ac_coverage, price_dc_coverage
            from teslamate.charge_statistics({Window}, 'UTC', 'total')
            """, 3)).ShouldBe("4|87|27.8|3|81.967|0.371|0.5|0.263|94|17|50.5|41|45|360|1|0.673");
        (await log.LineAsync($"select gross_kwh, gross_wh_per_km, cost_per_100_km from teslamate.statistics({Window}, 'UTC', 'total', "
            + "'2026-07-01')")).ShouldBe("102.6|165.48|6.53");
        (await log.LinesAsync($"select level, charges from teslamate.charge_levels({Window}, 'end')")).ShouldBe(["80|4"]);
        (await log.LinesAsync($"select level, charges from teslamate.charge_levels({Window}, 'start')")).ShouldBe(["35|2", "55|1", "75|1"]);
        (await log.LinesAsync($"select place, energy_added_kwh, cost, price_coverage from teslamate.charge_places({Window})"))
            .ShouldBe(["Home|37.5|10.8|1", "Supercharger Nord, Kassel|33|17|1", "Fastned, Fulda|16.5||0"]);
        (await log.LineAsync($"select charges from teslamate.charge_statistics({Window}, 'UTC', 'total', array[1])")).ShouldBe("2");
        (await log.LineAsync($"select charges from teslamate.charge_statistics({Window}, 'UTC', 'total', array[0])")).ShouldBe("2");
        (await log.LineAsync($"select charges from teslamate.charge_statistics({Window}, 'UTC', 'total', null, 120)")).ShouldBe("2");

        void Charge(string start, double minutes, double odometer, double fromRange, double toRange, double added, double? used, double? cost,
            int from, int to, string kind, string place)
        {
            var process = log.Charge(start, minutes, odometer, fromRange, toRange, added, used, cost, from, to, ", geofence_id, address_id",
                $", {place}");
            log.Row(process, start, from, 11, kind: kind);
        }
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Projected_range(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        log.Position("2026-01-10 01:00", 1, 80, 80, range: 400, temperature: 4);
        log.Position("2026-01-10 03:00", 1, 50, 50, range: 250, temperature: 6);
        log.Position("2026-01-10 07:00", 1, 50, 48, range: 240, temperature: -10);
        log.Position("2026-01-10 07:05", 1, 50);
        log.Position("2026-01-10 13:00", 1, 5, 5, range: 26, temperature: 0);
        log.Position("2026-01-10 14:00", 1, 5, 5, range: 26);
        var process = log.Charge("2026-01-10 14:00", 180, 1, 26, 398, 50, 55);
        log.Row(process, "2026-01-10 14:00", 5, 11, 26).Row(process, "2026-01-10 16:00", 80, 11, 398);
        foreach (var fill in (string[])["select 1", "select * from teslamate.refresh_levels(1)"])
        {
            await log.LinesAsync(fill);
            // The quarters of the day, here in pieces of six hours.
            (await log.LinesAsync("""
                select b, (select range_at_100_km from teslamate.projected_range(1, b, b + interval '6 hours', 'UTC', 'total')),
                    (select level || '/' || usable_level from teslamate.projected_range(1, b, b + interval '6 hours', 'UTC', 'total'))
                from generate_series(timestamp '2026-01-10', timestamp '2026-01-10 12:00', interval '6 hours') as b
                """)).ShouldBe(["2026-01-10|500|65/65", "2026-01-10 06:00|500|50/48", "2026-01-10 12:00|497.5|23.75/23.75"]);
            (await log.LineAsync("select teslamate.to_length(range_at_100_km, 'mi') from teslamate.projected_range(1, '2026-01-10', '2026-01-10 "
                + "06:00', 'UTC', 'total')")).ShouldBe("310.69");
            (await log.LineAsync($"select period_key, range_at_100_km, low_range_at_100_km, outside_temp_c from teslamate.projected_range(1, "
                + $"null, null, '{Berlin}')", 1)).ShouldBe("2026-01-10|499.2|520|0");
        }
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Updates(string server)
    {
        await using var log = await LogRows.CreateAsync(server);
        foreach (var (start, end, version) in new[] { ("03-01 02:00", "03-01 02:25", "2026.2.8"), ("03-15 14:40", "03-15 15:10", "2026.8.3"),
            ("04-20 03:00", "04-20 03:20", "2026.8.6"), ("05-01 09:00", "05-01 09:00", "2026.14.1") })
            log.Sql($"insert into updates (car_id, start_date, end_date, version) values (1, '2026-{start}', '2026-{end}', '{version} abcdef')");
        log.Drive("2026-03-02 08:00", 30, 0, 20, 400, 380, fromLevel: 80, toLevel: 76);
        log.Drive("2026-03-15 14:10", 20, 20, 40, 445, 430, fromLevel: 89, toLevel: 86);
        log.Drive("2026-04-01 08:00", 30, 40, 60, 392, 370, fromLevel: 80, toLevel: 75);
        foreach (var (end, range, added) in new[] { ("2026-03-05 22:00", 450, 20), ("2026-03-20 22:00", 441, 20), ("2026-04-25 22:00", 445.5, 20),
            ("2026-04-25 22:31", 445.5, 0) })
            log.Charge(DateTime.Parse(end, System.Globalization.CultureInfo.InvariantCulture).AddMinutes(-30).ToString("yyyy-MM-dd HH:mm",
                System.Globalization.CultureInfo.InvariantCulture), 30, 60, 300, range, added, added, fromLevel: 60, toLevel: 90);
        const string Window = "1, '2026-01-01', '2026-06-01', '2026-06-01'";
        (await log.LinesAsync($"select version, duration_s, since_previous_days, charges, range_at_100_km from "
            + $"teslamate.software_versions({Window}, '{Berlin}') order by start_date"))
            .ShouldBe(["2026.2.8|1500||1|500", "2026.8.3|1800|14|1|490", "2026.8.6|1200|36|1|495", "2026.14.1|0|11|0|"]);
        (await log.LineAsync($"select count(*), percentile_disc(0.5) within group (order by since_previous_s) from "
            + $"teslamate.software_versions({Window}, '{Berlin}')")).ShouldBe("4|1255200");
        // The one before is known although the window begins after it.
        (await log.LinesAsync($"select since_previous_days from teslamate.software_versions(1, '2026-03-10', '2026-04-01', '2026-06-01', "
            + $"'{Berlin}')")).ShouldBe(["14"]);
        log.Charge("2026-03-15 11:00", 235, 40, 300, 445, 20, 20, fromLevel: 60, toLevel: 89);
        (await log.LinesAsync($"select charges from teslamate.software_versions({Window}, '{Berlin}') order by start_date")).ShouldBe(["1", "2", "1",
            "0"]);
    }
}
