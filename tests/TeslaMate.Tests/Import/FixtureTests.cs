using System.Globalization;
using TeslaMate.Import.Running;
using static TeslaMate.Tests.Import.CsvRow;

namespace TeslaMate.Tests.Import;

/// <summary>The files of spec import 17.1, rebuilt with rows of our own, and what becomes of them.</summary>
public sealed class FixtureTests
{
    const string LosAngeles = "America/Los_Angeles";

    /// <summary>A row that says nothing of an ignored kind: online, but nobody knows where.</summary>
    static CsvRow Nowhere(string time) => Online(time).With("latitude", "").With("longitude", "");

    static CsvRow Nobody(CsvRow row) => row.With("vin", "").With("id", "").With("vehicle_id", "").With("vehicle_name", "");

    static CsvRow Named(CsvRow row) => row.With("vin", "1YYSA1YYYFF08YYYY").With("car_type", "").With("trim_badging", "").With("exterior_color",
        "Black").With("wheel_type", "Base19")
        .With("car_version", "2.20.30");

    static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    static double Miles(double km) => km * 0.62137119223733;

    /// <summary>Rows evenly between two moments, both included.</summary>
    static IEnumerable<string> Times(string from, string to, int count)
    {
        var (first, last) = (TimeOnly.Parse(from, CultureInfo.InvariantCulture), TimeOnly.Parse(to, CultureInfo.InvariantCulture));
        return Enumerable.Range(0, count).Select(i => first.Add((last - first) * i / (count - 1)).ToString("HH:mm:ss", CultureInfo.InvariantCulture));
    }

    /// <summary>A drive of spec import 17.1: the values of its first and of its last row.</summary>
    static IEnumerable<CsvRow> Ride(
        string from, string to, int rows, (double From, double To) km, (string From, string To) ideal, (string From, string To) rated, string mph,
        string inside, string outside)
        => Times(from, to, rows).Select((time, i) => Drive(time, Miles(km.From + ((km.To - km.From) * i / (rows - 1))), i == rows - 1 ? "P" : "D")
            .With("speed", i == 1 ? mph : "3").With("power", "")
            .With("ideal_battery_range", i < rows / 2 ? ideal.From : ideal.To).With("battery_range", i < rows / 2 ? rated.From : rated.To)
            .With("inside_temp", inside).With("outside_temp", outside));

    static CsvRow[] June2016() =>
    [
        .. Minutes("06:00", 20, Nowhere).Concat(
        [
            Nowhere("07:00").With("state", ""), Nowhere("07:01").With("state", "None"), Online("07:58:31"), Online("07:59:31"), Nowhere("08:00:31"),
            Online("08:01:31"),
            .. Ride("11:12:28", "11:15:28", 7, (22414.090164, 22415.295107), ("193.70", "193.70"), ("153.63", "153.63"), "34", "26.5", "19.3"),
            Online("11:16:28"),
            .. Ride("12:22:28", "12:34:09", 25, (22415.344102, 22420.306617), ("192.79", "187.29"), ("152.90", "148.54"), "36", "28.8", "20.1"),
            Online("12:35:09"), Nowhere("12:36:09"),
            .. Times("16:04:32", "17:14:32", 71).Select((time, i) => Charge(time, Math.Round(10.11 * i / 70, 2), i == 70 ? "Complete" : "Charging")
                .With("charger_phases", "").With("charger_power", i is >= 10 and < 19 ? "10" : "9").With("charger_voltage", "")
                .With("charger_actual_current", "")
                .With("battery_level", i < 35 ? "57" : "70").With("ideal_battery_range", i < 35 ? "185.44" : "229.39").With("battery_range",
                    i < 35 ? "147.07" : "181.93")
                .With("outside_temp", "23.5")),
            Online("17:15:32"),
        ]).Select(row => Named(row.On("2016-06-26"))),
    ];

    static CsvRow[] July2016() =>
    [
        .. Minutes("00:10", 5, Nowhere).Append(Online("00:20:33")).Select(Named)
            .Concat(Minutes("00:24", 30, Asleep).Select(row => Nobody(row with { Time = row.Time + ":33" })))
            .Select(row => row.On("2016-07-01")),
    ];

    static async Task<ImportUnderTest> CompleteAsync(int cars = 0)
    {
        var import = await ImportUnderTest.CreateAsync(cars);
        import.Write("TeslaFi62016.csv", Wide(June2016()));
        import.Write("TeslaFi72016.csv", Wide(July2016()));
        return import;
    }

    [Fact]
    public async Task Two_months_become_a_logbook()
    {
        await using var import = await CompleteAsync();
        var report = await import.ImportAsync(zone: LosAngeles);
        report.IsClean.ShouldBeTrue();
        report.Created.ShouldBe(new Created(2, 1, 38, 71, 2, 1));
        (await import.Database.RowsAsync("""
            select name, vid, vin, model, trim_badging, efficiency, exterior_color, wheel_type, suspend_min from cars
                join car_settings own on own.id = settings_id
            """)).ShouldBe(["82420|1111111111|1YYSA1YYYFF08YYYY|-|-|-|Black|Base19|21"]);
        (await import.Database.RowsAsync("select state::text, start_date::text, end_date::text from states order by start_date"))
            .ShouldBe(["online|2016-06-26 14:59:31|2016-07-01 07:25:33", "asleep|2016-07-01 07:25:33|-"]);
        (await import.Database.RowsAsync("""
            select start_date, end_date, distance, duration_min, speed_max, start_km, end_km, start_ideal_range_km, end_ideal_range_km,
                start_rated_range_km, end_rated_range_km,
                inside_temp_avg, outside_temp_avg, power_max, start_address_id, end_geofence_id, ascent, descent,
                    (select count(*) from positions where drive_id = drives.id)
            from drives order by start_date
            """)).ShouldBe([
            "18:12:28|18:15:28|1.2049430000006396|3|55|22414.090164|22415.295107|311.73|311.73|247.24|247.24|26.5|19.3|-|-|-|0|0|7",
            "19:22:28|19:34:09|4.962514999999257|12|58|22415.344102|22420.306617|310.27|301.41|246.07|239.05|28.8|20.1|-|-|-|0|0|25",
        ]);
        (await import.Database.RowsAsync("""
            select start_date::text, end_date::text, charge_energy_added, charge_energy_used, duration_min, start_battery_level, end_battery_level,
                start_ideal_range_km, end_ideal_range_km, start_rated_range_km, end_rated_range_km, outside_temp_avg, cost, address_id, geofence_id
                    from charging_processes
            """)).ShouldBe(["2016-06-26 23:04:32|2016-06-27 00:14:32|10.11|10.65|70|57|70|298.44|369.17|236.69|292.79|23.5|-|-|-"]);
        (await import.Database.RowsAsync("select version, start_date::text, end_date::text from updates")).ShouldBe(
            ["2.20.30|2016-06-26 14:59:31|2016-06-26 14:59:31"]);
        (await import.Database.RowAsync("select count(*), count(drive_id), count(distinct date), count(elevation) from positions")).ShouldBe(
            "38|32|35|0");
        (await import.Database.RowAsync("select (select count(*) from charges), (select count(*) from import_rejections), (select count(*) from "
            + "import_file_checkpoints)")).ShouldBe("71|0|2");
        (await import.Database.RowAsync("select status, timezone, date_limit, date_limit_captured from import_runs")).ShouldBe(
            $"complete|{LosAngeles}|-|True");
    }

    [Fact]
    public async Task What_the_car_logged_itself_stays_as_it_is()
    {
        await using var import = await CompleteAsync(cars: 1);
        await import.Database.ExecuteAsync("""
            update cars set vin = '1YYSA1YYYFF08YYYY', eid = 5, vid = 6, name = 'mine';
            insert into states (state, start_date, end_date, car_id)
            values ('asleep', '2016-06-26 19:22:28', '2016-06-26 20:00:10', 1), ('online', '2016-06-26 20:00:10', null, 1)
            """);
        var report = await import.ImportAsync(zone: LosAngeles);
        report.IsClean.ShouldBeTrue();
        (await import.DrivesAsync()).ShouldBe(["18:12:28|18:15:28|1.20"]);
        (await import.ChargesAsync()).ShouldBeEmpty();
        (await import.UpdatesAsync()).ShouldBe(["14:59:31|2.20.30"]);
        (await import.StatesAsync()).ShouldBe(["online|14:59:31|19:22:28", "asleep|19:22:28|20:00:10", "online|20:00:10|-"]);
        (await import.Database.ScalarAsync<long>("select count(*) from positions")).ShouldBe(9);
        (await import.Database.RowsAsync("select eid, vid, name from cars")).ShouldBe(["5|6|mine"]);
        // What is covered is skipped and counted, instead of ending the import.
        report.Files.ShouldAllBe(file => file.State == FileState.Done && file.Rows == file.Imported + file.Skipped + file.Rejected
            && file.Skipped > 0);
    }

    [Theory]
    [InlineData(LosAngeles, "asleep|10:18:11|15:55:12", "online|15:55:12|22:49:11", "asleep|22:49:11|23:34:12", "online|23:34:12|-")]
    [InlineData("Europe/Berlin", "asleep|01:18:11|06:55:12", "online|06:55:12|13:49:11", "asleep|13:49:11|14:34:12", "online|14:34:12|-")]
    public async Task The_zone_moves_all_times(string zone, params string[] states)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("TeslaFi92019.csv", Wide(SleepyDay("2019-09-01")));
        (await import.ImportAsync(zone: zone)).IsClean.ShouldBeTrue();
        (await import.StatesAsync()).ShouldBe(states);
        (await import.Database.RowAsync("select (select count(*) from drives), (select count(*) from charging_processes), (select count(*) from "
            + "positions)")).ShouldBe("0|0|2");
        (await import.UpdatesAsync()).ShouldBe([$"{states[1][7..15]}|2019.28.3.1 f9e95acd"]);
        (await import.Database.RowAsync("select model, suspend_min from cars join car_settings own on own.id = settings_id")).ShouldBe("S|12");
    }

    static IEnumerable<CsvRow> SleepyDay(string date) => new[]
    {
        Nobody(Asleep("03:18:11")), Nobody(Asleep("03:19:11")), Online("08:54:12"), Online("08:55:12"), Nowhere("08:56:12"), Online("08:57:12"),
        Nowhere("15:40:12"),
        Nobody(Asleep("15:48:11")), Nobody(Asleep("15:49:11")), Nobody(Asleep("15:50:11")), Online("16:33:12"), Online("16:34:12"),
        Nowhere("16:35:12"),
    }.Select(row => row.On(date).With("car_type", row.State == "asleep" ? "" : "models").With("trim_badging", "")
        .With("car_version", row.State == "asleep" ? "" : "2019.28.3.1 f9e95acd"));

    [Fact]
    public async Task A_month_of_sleep_goes_on_in_the_next()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("TeslaFi52018.csv", Wide(Times("00:00:14", "23:50:14", 9).Select(time => Nobody(Asleep(time)).On("2018-05-01"))));
        import.Write("TeslaFi62018.csv", Wide([
            .. Times("00:00:14", "07:20:14", 40).Select(time => Nobody(Asleep(time)).On("2018-06-01")),
            .. new[] { Online("07:26:14"), Online("07:27:14"), Nobody(Offline("07:28:14")),
                Online("07:29:14"), Nowhere("07:30:14") }.Select(row => row.On("2018-06-01").With("car_version", "2018.16 eac88a7")),
        ]));
        var report = await import.ImportAsync(zone: "Europe/Berlin");
        report.Files.ShouldAllBe(file => file.State == FileState.Done);
        (await import.Database.RowsAsync("select state::text, start_date::text, end_date::text from states order by start_date"))
            .ShouldBe(["asleep|2018-04-30 22:00:14|2018-06-01 05:27:14", "online|2018-06-01 05:27:14|-"]);
        (await import.Database.RowAsync("select (select count(*) from drives), (select count(*) from charging_processes), (select count(*) from "
            + "positions)")).ShouldBe("0|0|1");
        (await import.Database.RowsAsync("select version from updates")).ShouldBe(["2018.16 eac88a7"]);
    }

    [Fact]
    public async Task Rows_without_a_car_are_told_with_their_lines()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("TeslaFi110017.csv", Header + "\n");
        string[] dates = ["2017-11-01 00:00:00", "11/01/2017 00:01", "11/01/2017 12:02:16 AM", "11/1/2017 9:02:16 PM", "2017-11-2 00:00:00"];
        import.Write("TeslaFi112017.csv", dates.Select(date => Nobody(Asleep("00:00")).With("Date", date)));
        import.Write("TeslaFi122017.csv",
            Minutes("10:00", 4, time => Online(time).With("latitude", "north").With("longitude", "west").With("charge_energy_added", "much")));
        var report = await import.ImportAsync(zone: "Europe/Berlin");
        report.Files.Select(file => (file.Rows, file.Rejected, file.State, file.Reason)).ShouldBe([
            (0, 0, FileState.Done, null), (5, 0, FileState.Failed, "vehicle_data_incomplete"), (4, 4, FileState.Failed, "vehicle_data_incomplete"),
        ]);
        report.Rejections.Select(row => (row.File, row.Line, row.Reason))
            .ShouldBe(Enumerable.Range(2, 4).Select(line => ("TeslaFi122017.csv", line, "invalid_fields")));
        report.Rejections.ShouldAllBe(
            row => row.Fields.SequenceEqual(new[] { "charge_state.charge_energy_added", "drive_state.latitude", "drive_state.longitude" }));
        (await import.Database.ScalarAsync<long>("select count(*) from cars")).ShouldBe(0);
        // Once a file tells whose they are, they are read.
        import.Write("TeslaFi122017.csv", Online("10:00").On("2017-12-01"), Online("10:01").On("2017-12-01"));
        (await import.ImportAsync(zone: "Europe/Berlin")).Files.ShouldAllBe(file => file.State == FileState.Done || file.State == FileState.Skipped);
        (await import.Database.RowsAsync("select state::text, start_date::text from states order by start_date")).ShouldBe(
            ["asleep|2017-10-31 23:00:00", "online|2017-12-01 09:01:00"]);
    }

    [Fact]
    public async Task The_hour_that_comes_twice_in_autumn_is_told_row_by_row()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("TeslaFi102019.csv", Wide(new[]
        {
            Times("01:22:40", "01:29:40", 8).Select(Nowhere), Times("01:30:40", "01:59:40", 30).Select(Asleep),
            Times("02:00:41", "02:59:41", 60).Select(Asleep),
            Times("02:00:42", "02:59:42", 60).Select(Asleep), Times("03:00:44", "03:12:44", 13).Select(Asleep),
            Times("03:13:44", "03:14:44", 2).Select(Online),
            Times("03:15:44", "03:59:44", 45).Select(Nowhere),
        }.SelectMany(rows => rows).Select(row => row.On("2019-10-27"))));
        var report = await import.ImportAsync(zone: "Europe/Berlin");
        report.Files[0].ShouldBe(new FileReport("TeslaFi102019.csv", 218, 98, 0, 120, FileState.Done));
        report.Rejections.Select(row => (row.Line, row.Reason, row.Column))
            .ShouldBe(Enumerable.Range(40, 120).Select(line => (line, "ambiguous_local_time", (string?)"Date")));
        (await import.Database.RowsAsync("select state::text, start_date::text, end_date::text from states order by start_date"))
            .ShouldBe(["asleep|2019-10-26 23:30:40|2019-10-27 02:14:44", "online|2019-10-27 02:14:44|-"]);
        (await import.Database.ScalarAsync<long>("select count(*) from positions")).ShouldBe(1);
    }

    [Fact]
    public async Task A_file_of_two_cars_brings_nothing()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("TeslaFi12020.csv", Wide([
            .. Minutes("10:00", 200, time => Online(time).With("vin", "CAR-A").With("vehicle_id", "736151111").With("vehicle_name", "Car-A")),
            .. Minutes("14:00", 104, time => Online(time).With("vin", "CAR-B").With("vehicle_id", "172022222").With("vehicle_name", "Car-B")),
        ]));
        var report = await import.ImportAsync(zone: "America/New_York");
        report.Files[0].ShouldSatisfyAllConditions(file => file.State.ShouldBe(FileState.Failed), file => file.Reason.ShouldBe("vehicle_changed"));
        (await import.Database.RowAsync("select (select count(*) from states), (select count(*) from positions), (select count(*) from "
            + "import_file_checkpoints)")).ShouldBe("0|0|0");

        // One after the other they can be had.
        foreach (var vin in (string[])["CAR-A", "CAR-B"])
            (await import.ImportAsync(request => request with { Vin = vin }, "America/New_York")).Files[0].State.ShouldBe(FileState.Done);
        (await import.Database.RowsAsync(
            "select name, vid, (select count(*) from positions where car_id = cars.id) from cars order by vin")).ShouldBe(["Car-A|736151111|1",
                "Car-B|172022222|1"]);
    }

    [Fact]
    public async Task The_variant_of_2023_names_its_car_in_another_column()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("112023.csv", SleepyDay("2023-11-01").Select(row => row.With("vehicle_id", "").With("id", "").With("display_name", "")));
        (await import.ImportAsync(zone: LosAngeles)).IsClean.ShouldBeTrue();
        (await import.Database.RowsAsync("select name, vid from cars")).ShouldBe(["82420|1"]);
        (await import.StatesAsync()).ShouldBe(["asleep|10:18:11|15:55:12", "online|15:55:12|22:49:11", "asleep|22:49:11|23:34:12",
            "online|23:34:12|-"]);
        (await import.Database.ScalarAsync<long>("select count(*) from positions")).ShouldBe(2);
    }

    [Fact]
    public async Task A_bad_row_among_good_ones_is_left_out_and_its_content_is_nowhere()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", Drive("10:00", 1000), Drive("10:01", 1001).With("latitude", "secret-place").With("longitude", "secret-place"),
            Drive("10:02", 1002));
        var report = await import.ImportAsync();
        var rejection = report.Rejections.ShouldHaveSingleItem();
        (rejection.Line, rejection.Reason, rejection.Column).ShouldBe((3, "invalid_fields", "latitude"));
        rejection.Fields.ShouldBe(["drive_state.latitude", "drive_state.longitude"]);
        (await import.Database.RowAsync("""
            select file_name, "row", reason, fields[1], fields[2], length(import_rejections.file_fingerprint),
                import_rejections.file_fingerprint = (select checkpoint.file_fingerprint from import_file_checkpoints checkpoint)
            from import_rejections
            """)).ShouldBe("052024.csv|3|invalid_fields|drive_state.latitude|drive_state.longitude|64|True");
        (await import.Database.ScalarAsync<string>("select string_agg(import_rejections::text, ' ') from import_rejections")).ShouldNotBeNull()
            .ShouldNotContain("secret");
        (await import.PositionsAsync()).Select(row => row[..8]).ShouldBe(["10:02:00", "10:02:00"]);
        (await import.Database.RowAsync("select model, trim_badging, marketing_name, suspend_min from cars join car_settings own on own.id = "
            + "settings_id")).ShouldBe("3|74D|LR AWD|12");
        // Ended at its last row it is too short to be a drive.
        (await import.DrivesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Identity_is_the_VIN()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        string[] speeds = ["10", "11", "12", "13", "14"];
        CsvRow[] rows = [.. speeds.Select(
            (speed, i) => Drive($"10:0{i}", 1000 + (i / 10.0)).With("speed", speed).With("odometer", i == 1 ? "1000.1" : Number(1000 + (i / 10.0))))];
        rows[1] = rows[1].With("vehicle_id", "2222");
        rows[2] = rows[2].With("vin", "OTHER");
        rows[3] = rows[3].With("vin", "").With("vehicle_id", "3333");
        import.Write("052024.csv", rows);
        var report = await import.ImportAsync();
        report.Rejections.ShouldHaveSingleItem().ShouldSatisfyAllConditions(row => row.Line.ShouldBe(4),
            row => row.Reason.ShouldBe("vehicle_conflict"), row => row.Fields.ShouldBeEmpty());
        (await import.Database.RowsAsync("select date, speed from positions order by date, id")).ShouldBe(["10:01:00|18", "10:01:00|18",
            "10:03:00|21", "10:04:00|23"]);
        (await import.Database.ScalarAsync<double>("select odometer from positions where date = '2024-05-01 10:01' limit 1")).ShouldBe(1609.504934,
            tolerance: 1e-9);
    }
}
