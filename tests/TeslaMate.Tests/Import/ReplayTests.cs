using TeslaMate.Import.Running;
using static TeslaMate.Tests.Import.CsvRow;

namespace TeslaMate.Tests.Import;

/// <summary>The table of spec import 17.4: rows of a minute each, and what becomes of them.</summary>
public sealed class ReplayTests
{
    [Theory]
    [InlineData(1, "11:00:00|11:51:00|17.70")]
    [InlineData(16, "11:00:00|11:51:00|17.70")]
    [InlineData(17, "11:00:00|11:01:00|1.61;11:50:00|11:51:00|1.61")]
    [InlineData(18, "11:00:00|11:01:00|1.61;11:50:00|11:51:00|1.61")]
    [InlineData(19, "11:00:00|11:01:00|1.61")]
    [InlineData(20, "11:00:00|11:01:00|1.61", "online|10:01:00|11:21:00;offline|11:21:00|11:51:00;online|11:51:00|-")]
    public async Task A_drive_goes_on_after_some_minutes_offline(int minutes, string drives, string states = "online|10:01:00|-")
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", [
            .. Beginning, Drive("11:00", 1000), Drive("11:01", 1001), .. Minutes("11:02", minutes, Offline), Drive("11:50", 1010),
            Park("11:51", 1011), Online("11:52") with { Odometer = 1011 },
        ]);
        (await import.ImportAsync()).IsClean.ShouldBeTrue();
        (await import.DrivesAsync()).ShouldBe(drives.Split(';'));
        (await import.StatesAsync()).ShouldBe(states.Split(';'));
    }

    public static TheoryData<string, CsvRow[], string, string> Cases => new()
    {
        {
            "a sleep ends a drive", [Drive("11:00", 1000), Drive("11:01", 1001), Asleep("11:02"), Asleep("11:03"), Online("12:03"), Online("12:04")],
            "11:00:00|11:01:00|1.61", "online|10:01:00|11:03:00;asleep|11:03:00|12:04:00;online|12:04:00|-"
        },
        { "nobody looked for hours", [Drive("11:00", 1000), Drive("11:01", 1001), Drive("20:00", 1002), Park("20:01", 1003)],
            "11:00:00|20:01:00|4.83", "online|10:01:00|-" },
        {
            "each state starts at its second row",
            [.. Minutes("11:00", 3, Offline), .. Minutes("11:03", 3, Asleep), .. Minutes("11:06", 3, Offline), .. Minutes("11:09", 3, Online)],
            "", "online|10:01:00|11:01:00;offline|11:01:00|11:04:00;asleep|11:04:00|11:07:00;offline|11:07:00|11:10:00;online|11:10:00|-"
        },
        {
            "single rows of a state", [Asleep("11:00"), Online("11:01"), Asleep("11:02"), Online("11:03"), Asleep("11:04"), Online("11:05"),
                Online("11:06")],
            "", "online|10:01:00|11:02:00;asleep|11:02:00|11:06:00;online|11:06:00|-"
        },
        { "no ideal range, no drive", [Drive("11:00", 1000) with { Ideal = null }, Drive("11:01", 1001) with { Ideal = null },
            Park("11:02", 1002) with { Ideal = null }], "", "online|10:01:00|-" },
        { "no odometer, no drive", [Drive("11:00", 1) with { Odometer = null }, Park("11:02", 2) with { Odometer = null }], "", "online|10:01:00|-" },
        { "too short a drive", [Drive("11:00", 1000), Park("11:02", 1000.001)], "", "online|10:01:00|-" },
        {
            "words that say nothing",
            [
                Online("11:00") with { State = "driving" }, Online("11:01") with { State = "None" }, Online("11:02") with { State = "" },
                Online("11:03").With("latitude", ""),
                Drive("11:04", 1000) with { State = "waking" }, Park("11:05", 1001) with { State = "waking" },
                Online("11:06") with { State = "shutdown" },
            ],
            "11:04:00|11:05:00|1.61", "online|10:01:00|-"
        },
        { "an unknown gear", [Drive("11:00", 1000), Drive("11:01", 1001, "X"), Park("11:02", 1002)], "11:00:00|11:02:00|3.22", "online|10:01:00|-" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_becomes_of_rows(string what, CsvRow[] rows, string drives, string states)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", [.. Beginning, .. rows]);
        var report = await import.ImportAsync();
        report.Rejections.ShouldBeEmpty(what);
        (await import.DrivesAsync()).ShouldBe(drives.Split(';', StringSplitOptions.RemoveEmptyEntries), ignoreOrder: false, customMessage: what);
        (await import.StatesAsync()).ShouldBe(states.Split(';'), ignoreOrder: false, customMessage: what);
    }

    public static TheoryData<string, CsvRow[], string> Charges => new()
    {
        { "whole", [.. Minutes("11:00", 20, time => Charge(time, 1)), Charge("11:30", 2, "Complete")], "11:00:00|11:30:00|1.00|21" },
        {
            "no phases", [.. Minutes("11:00", 20, time => Charge(time, 1).With("charger_phases", "0")), Charge("11:30", 2, "Complete")],
            "11:30:00|11:30:00|0.00|1"
        },
        {
            "gone for an hour",
            [.. Minutes("11:00", 5, time => Charge(time, 1)), .. Minutes("11:05", 2, Offline), .. Minutes("12:05", 5, time => Charge(time, 2)),
                Charge("12:10", 3, "Complete")],
            "11:00:00|12:10:00|2.00|11"
        },
        {
            "asleep", [.. Minutes("11:00", 5, time => Charge(time, 1)), Asleep("11:06"), Asleep("11:07"), Online("12:30"), Online("12:31")],
            "11:00:00|11:04:00|0.00|5"
        },
        {
            "while nobody could see it", [Drive("10:59", 999), Drive("11:00", 1000), Drive("11:01", 1001) with { Ideal = 199 },
                .. Minutes("11:02", 17, Offline), Park("11:50", 1001) with { Ideal = 260 }],
            "11:01:00|11:50:00|0.00|2"
        },
    };

    [Theory]
    [MemberData(nameof(Charges))]
    public async Task Charges_become_charging_processes(string what, CsvRow[] rows, string expected)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", [.. Beginning, .. rows]);
        (await import.ImportAsync()).IsClean.ShouldBeTrue(what);
        (await import.ChargesAsync()).ShouldBe(expected.Split(';'), ignoreOrder: false, customMessage: what);
    }

    [Fact]
    public async Task The_ends_of_a_charge_leave_their_positions()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", [.. Beginning, .. Minutes("11:00", 20, time => Charge(time, 1)), Charge("11:30", 2, "Complete")]);
        await import.ImportAsync();
        (await import.Database.RowsAsync("select date from positions order by date, id")).ShouldBe(["10:01:00", "11:00:00", "11:30:00", "11:30:00"]);
    }

    [Fact]
    public async Task A_charge_that_ends_in_sleep_is_followed_by_its_state()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv",
            [.. Beginning, .. Minutes("11:00", 5, time => Charge(time, 1)), Asleep("11:06"), Asleep("11:07"), Online("12:30"), Online("12:31")]);
        await import.ImportAsync();
        (await import.StatesAsync()).ShouldBe(["online|10:01:00|11:06:00", "asleep|11:06:00|12:31:00", "online|12:31:00|-"]);
    }

    [Theory]
    [InlineData("ideal_battery_range")]
    [InlineData("odometer")]
    public async Task Positions_of_a_drive_that_was_none_are_kept_without_it(string missing)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv",
            [.. Beginning, .. new[] { Drive("11:00", 1000), Drive("11:01", 1001), Park("11:02", 1002) }.Select(row => row.With(missing, ""))]);
        var report = await import.ImportAsync();
        (await import.DrivesAsync()).ShouldBeEmpty();
        (await import.Database.RowsAsync("select date, drive_id from positions order by date, id"))
            .ShouldBe(["10:01:00|-", "11:00:00|-", "11:01:00|-", "11:02:00|-", "11:02:00|-"]);
        report.Created.Positions.ShouldBe(5);
        // And they are known as imported ones, not as what the car logged.
        (await import.Database.ScalarAsync<long>("select count(*) from teslamate.imported_entries where kind = 'position'")).ShouldBe(5);
    }

    [Fact]
    public async Task Rows_that_go_back_in_time_are_put_in_order()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", [.. Beginning, Asleep("12:00"), Asleep("12:01"), Online("11:00"), Drive("11:01", 1000), Park("11:05", 1003),
            Online("13:00"), Online("13:01")]);
        (await import.ImportAsync()).IsClean.ShouldBeTrue();
        (await import.DrivesAsync()).ShouldBe(["11:01:00|11:05:00|4.83"]);
        (await import.StatesAsync()).ShouldBe(["online|10:01:00|12:01:00", "asleep|12:01:00|13:01:00", "online|13:01:00|-"]);
    }

    [Fact]
    public async Task The_same_month_twice_is_the_month_once()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        CsvRow[] rows = [.. Beginning, Asleep("12:00"), Asleep("12:01"), Online("13:00"), Online("13:01"), Drive("14:00", 1000), Park("14:05", 1003)];
        import.Write("052024.csv", rows);
        import.Write("TeslaFi52024.csv", Wide(rows));
        var report = await import.ImportAsync();
        report.Files.Select(file => (file.Name, file.Imported, file.Skipped, file.State))
            .ShouldBe([("052024.csv", 9, 0, FileState.Done), ("TeslaFi52024.csv", 0, 9, FileState.Done)]);
        (await import.DrivesAsync()).Count.ShouldBe(1);
        (await import.StatesAsync()).ShouldBe(["online|10:01:00|12:01:00", "asleep|12:01:00|13:01:00", "online|13:01:00|-"]);
    }

    [Fact]
    public async Task One_row_is_a_car_and_nothing_more()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", Online("10:00"));
        (await import.ImportAsync()).Created.ShouldBe(new Created(0, 0, 0, 0, 0, 0));
        (await import.Database.RowAsync(
            "select (select count(*) from cars), (select count(*) from states), (select count(*) from positions)")).ShouldBe("1|0|0");
    }

    [Fact]
    public async Task What_is_open_at_the_end_of_the_data_ends_at_its_last_row()
    {
        await using var driving = await ImportUnderTest.CreateAsync();
        driving.Write("052024.csv", [.. Beginning, Drive("11:00", 1000), Drive("11:01", 1001)]);
        await driving.ImportAsync();
        (await driving.DrivesAsync()).ShouldBe(["11:00:00|11:01:00|1.61"]);

        await using var charging = await ImportUnderTest.CreateAsync();
        charging.Write("052024.csv", [.. Beginning, Charge("11:00", 1), Charge("11:01", 3)]);
        await charging.ImportAsync();
        (await charging.ChargesAsync()).ShouldBe(["11:00:00|11:01:00|2.00|2"]);
    }

    [Fact]
    public async Task Versions_become_updates_by_their_dates()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        string[] versions = ["2020.4.1 abc", "2020.12 x", "2020.5 y", "2020.20", "2020.24.6"];
        import.Write("052024.csv", versions.SelectMany((version, hour) => new[]
        {
            Asleep($"1{hour}:00"), Asleep($"1{hour}:01"), Online($"1{hour}:02").With("car_version", version),
            Online($"1{hour}:03").With("car_version", version),
        }));
        await import.ImportAsync();
        (await import.UpdatesAsync()).ShouldBe(["10:03:00|2020.4.1 abc", "11:03:00|2020.12 x", "14:03:00|2020.24.6"]);
    }

    [Fact]
    public async Task A_drive_and_a_state_go_on_from_one_file_to_the_next()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("042024.csv", Online("23:50").On("2024-04-30"), Online("23:51").On("2024-04-30"), Drive("23:58", 1000).On("2024-04-30"),
            Drive("23:59", 1001).On("2024-04-30"));
        import.Write("TeslaFi52024.csv", Drive("00:00", 1002), Park("00:01", 1003), Online("00:02") with { Odometer = 1003 });
        var report = await import.ImportAsync();
        (await import.DrivesAsync()).ShouldBe(["23:58:00|00:01:00|4.83"]);
        (await import.StatesAsync()).ShouldBe(["online|23:51:00|-"]);
        report.Created.ShouldBe(new Created(1, 0, 6, 0, 1, 1));
        report.Files.Select(file => (file.Name, file.Rows, file.Imported, file.State))
            .ShouldBe([("042024.csv", 4, 4, FileState.Done), ("TeslaFi52024.csv", 3, 3, FileState.Done)]);
    }
}
