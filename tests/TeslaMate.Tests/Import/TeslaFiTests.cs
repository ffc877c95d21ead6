using TeslaMate.Import.Reading;
using TeslaMate.Import.Running;
using TeslaMate.Import.TeslaFi;
using static TeslaMate.Tests.Import.CsvRow;

namespace TeslaMate.Tests.Import;

/// <summary>TeslaFi's files: names, dates, cells, and rows that cannot be used (spec import 2 to 7).</summary>
public sealed class TeslaFiTests
{
    [Theory]
    [InlineData("112023.csv", 2023, 11)]
    [InlineData("TeslaFi12018.csv", 2018, 1)]
    [InlineData("TeslaFi110017.csv", 17, 11)]
    [InlineData("TeslaFi132018.csv", 2018, 13)]
    [InlineData("TeslaFi-12018.csv", 2018, -1)]
    [InlineData("201801.csv", 1801, 20)]
    [InlineData("12018.csv", null, 0)]
    [InlineData("teslafi12018.csv", null, 0)]
    [InlineData("TeslaFi12018.CSV", null, 0)]
    [InlineData("TeslaFi12018 (1).csv", null, 0)]
    [InlineData("TeslaFi1 2018.csv", null, 0)]
    [InlineData("TeslaFi2018-01.csv", null, 0)]
    [InlineData("xx2018.csv", null, 0)]
    public void A_name_tells_the_month(string name, int? year, int month)
        => TeslaFiName.Parse(name).ShouldBe(year is { } known ? (known, month) : null);

    [Theory]
    [InlineData("2018-01-01 10:00:00", "2018-01-01T10:00:00")]
    [InlineData("2018-1-1 01:02:03", "2018-01-01T01:02:03")]
    [InlineData("18-01-01 10:00:00", "0018-01-01T10:00:00")]
    [InlineData("01/13/17 00:01", "0017-01-13T00:01:00")]
    [InlineData("2018-01-01 23:59:60", "2018-01-02T00:00:00")]
    [InlineData("11/01/2017 00:01", "2017-11-01T00:01:00")]
    [InlineData("11/01/2017 11:02:16 AM", "2017-11-01T11:02:16")]
    [InlineData("11/01/2017 11:02:16 pm", "2017-11-01T23:02:16")]
    [InlineData("11/01/2017 12:02:16 AM", "2017-11-01T00:02:16")]
    [InlineData("11/01/2017 12:02:16 PM", "2017-11-01T12:02:16")]
    [InlineData("11/1/2017 9:02:16 AM", "2017-11-01T09:02:16")]
    [InlineData("2018-01-01 1:02:03", null)]
    [InlineData("2018-01-01 10:00", null)]
    [InlineData("2018-01-01T10:00:00", null)]
    [InlineData("2018-01-01 10:00:00.5", null)]
    [InlineData("2018-01-01 10:00:00Z", null)]
    [InlineData(" 2018-01-01 10:00:00", null)]
    [InlineData("2018-02-30 10:00:00", null)]
    [InlineData("2018-13-01 10:00:00", null)]
    [InlineData("2018-01-01 24:00:00", null)]
    [InlineData("2018-01-01 10:60:00", null)]
    [InlineData("1/1/2017 9:02", null)]
    [InlineData("1/2/2018 13:04:05", null)]
    [InlineData("13/01/2017 00:01", null)]
    [InlineData("11/01/2017 13:02:16 PM", null)]
    [InlineData("11/01/2017 11:02:16AM", null)]
    [InlineData("11/01/2017 11:02:16 Am", null)]
    [InlineData("11/01/2017 0:02:16 AM", null)]
    [InlineData("0000-01-01 00:00:00", null)]
    [InlineData("", null)]
    public void A_date_has_one_of_three_forms(string text, string? expected)
        => TeslaFiDate.Parse(text)?.ToString("s", System.Globalization.CultureInfo.InvariantCulture).ShouldBe(expected);

    [Theory]
    [InlineData("Europe/Berlin", "2018-10-28 01:59:59", "2018-10-27 23:59:59Z")]
    [InlineData("Europe/Berlin", "2018-10-28 02:00:00", RejectionReason.AmbiguousLocalTime)]
    [InlineData("Europe/Berlin", "2018-10-28 02:59:59", RejectionReason.AmbiguousLocalTime)]
    [InlineData("Europe/Berlin", "2018-10-28 03:00:00", "2018-10-28 02:00:00Z")]
    [InlineData("Europe/Berlin", "2018-03-25 01:59:59", "2018-03-25 00:59:59Z")]
    [InlineData("Europe/Berlin", "2018-03-25 02:00:00", RejectionReason.NonexistentLocalTime)]
    [InlineData("Europe/Berlin", "2018-03-25 02:59:59", RejectionReason.NonexistentLocalTime)]
    [InlineData("Europe/Berlin", "2018-03-25 03:00:00", "2018-03-25 01:00:00Z")]
    [InlineData("America/New_York", "2018-11-04 01:30:00", RejectionReason.AmbiguousLocalTime)]
    [InlineData("America/New_York", "2018-03-11 02:30:00", RejectionReason.NonexistentLocalTime)]
    [InlineData("Australia/Lord_Howe", "2018-04-01 01:29:59", "2018-03-31 14:29:59Z")]
    [InlineData("Australia/Lord_Howe", "2018-04-01 01:30:00", RejectionReason.AmbiguousLocalTime)]
    [InlineData("Australia/Lord_Howe", "2018-04-01 02:00:00", "2018-03-31 15:30:00Z")]
    [InlineData("Australia/Lord_Howe", "2018-10-07 02:15:00", RejectionReason.NonexistentLocalTime)]
    [InlineData("Australia/Lord_Howe", "2018-10-07 02:30:00", "2018-10-06 15:30:00Z")]
    [InlineData("Australia/Adelaide", "2018-04-01 02:30:00", RejectionReason.AmbiguousLocalTime)]
    [InlineData("Asia/Kolkata", "2018-06-01 12:00:00", "2018-06-01 06:30:00Z")]
    [InlineData("Asia/Kathmandu", "2018-06-01 12:00:00", "2018-06-01 06:15:00Z")]
    // Moved without summer time: a base offset that changed.
    [InlineData("Europe/Moscow", "2014-10-26 01:30:00", RejectionReason.AmbiguousLocalTime)]
    [InlineData("Pacific/Apia", "2011-12-30 12:00:00", RejectionReason.NonexistentLocalTime)]
    [InlineData("UTC", "2018-10-28 02:30:00", "2018-10-28 02:30:00Z")]
    [InlineData("US/Pacific", "2018-06-01 12:00:00", "2018-06-01 19:00:00Z")]
    public void Local_time_is_an_instant_or_none(string zone, string local, string expected)
    {
        var (at, problem) = new LocalClock(LocalClock.FindZone(zone).ShouldNotBeNull()).ToInstant(TeslaFiDate.Parse(local)!.Value);
        (problem ?? at.ToString("u", System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(expected);
    }

    [Theory]
    [InlineData("Middle/Nowhere")]
    [InlineData("Pacific Standard Time")]
    [InlineData("")]
    [InlineData("../etc/passwd")]
    public async Task An_unknown_zone_is_told(string zone)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", Beginning);
        (await import.ImportAsync(zone: zone)).Problem.ShouldBe(ImportProblem.UnknownZone);
    }

    [Theory]
    [InlineData("latitude", "text", "latitude")]
    [InlineData("latitude", "91", "latitude")]
    [InlineData("latitude", ".5", "latitude")]
    [InlineData("power", "11.5", "power")]
    [InlineData("power", "99999", "power")]
    [InlineData("power", "1_000", "power")]
    [InlineData("charger_voltage", "230.0", null)]
    [InlineData("charger_voltage", "NaN", "charger_voltage")]
    [InlineData("speed", "", null)]
    [InlineData("speed", "None", null)]
    [InlineData("odometer", "1e5", null)]
    [InlineData("odometer", "99999999999999999999999", "odometer")]
    [InlineData("battery_level", "28.5", null)]
    [InlineData("trim_badging", "74", null)]
    [InlineData("trim_badging", "True", "trim_badging")]
    [InlineData("shift_state", "4", "shift_state")]
    [InlineData("vin", "123", "vin")]
    [InlineData("vehicle_name", "82420", null)]
    [InlineData("vehicle_name", "True", "vehicle_name")]
    [InlineData("vehicle_id", "12a", "vehicle_id")]
    [InlineData("vehicle_id", "", null)]
    [InlineData("charge_energy_added", "1,5", "columns")]
    public async Task A_cell_fits_its_column_or_its_row_is_told(string column, string value, string? offending)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", [.. Beginning, Online("10:03").With(column, value), Online("10:04")]);
        var report = await import.ImportAsync();
        report.Rejections.Select(rejection => (rejection.Line, rejection.Column)).ShouldBe(offending is null ? [] : [(5, offending)]);
        report.Files.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            file => file.State.ShouldBe(FileState.Done), file => file.Rows.ShouldBe(5), file => file.Imported.ShouldBe(offending is null ? 5 : 4));
    }

    [Fact]
    public async Task A_broken_line_takes_no_other_with_it()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        var good = Beginning.Select(row => row.ToString()).ToArray();
        import.Write("052024.csv", string.Join('\n', [
            Header, good[0],
            good[1].Replace("82420", "\"never closed", StringComparison.Ordinal),
            good[1].Replace("82420", "\"in two\nlines, whole\"", StringComparison.Ordinal),
            good[2].Replace("82420", "in the \"middle\" of it", StringComparison.Ordinal),
            good[2].Replace("82420", "\"closed\" early", StringComparison.Ordinal),
            "too,short", "", "   ",
            Drive("10:10", 1000).ToString().Replace("2024-05-01 10:10:00", "\"2024-05-01 10:10:00\"", StringComparison.Ordinal),
            Park("10:11", 1001).ToString().Replace("82420", "\"he said \"\"yes\"\"\"", StringComparison.Ordinal),
            Online("10:12").ToString().Replace("82420", "\"open at the end", StringComparison.Ordinal),
        ]));
        var report = await import.ImportAsync();
        report.Rejections.Select(rejection => (rejection.Line, rejection.Reason)).ShouldBe([
            (3, "parse_error"), (6, "parse_error"), (7, "parse_error"), (8, "column_count_mismatch"), (10, "column_count_mismatch"),
            (13, "parse_error"),
        ]);
        report.Files[0].ShouldBe(new FileReport("052024.csv", 10, 4, 0, 6, FileState.Done));
        (await import.DrivesAsync()).ShouldBe(["10:10:00|10:11:00|1.61"]);
    }

    [Theory]
    [InlineData("\uFEFF", "\n")]
    [InlineData("", "\r\n")]
    public async Task The_head_and_the_ends_of_lines_may_vary(string before, string lineEnd)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        var text = before + CsvRow.Whole([.. Beginning, Drive("11:00", 1000), Park("11:01", 1001)]).Replace("data_id,Date", "\"Date\",data_id",
            StringComparison.Ordinal)
            .Replace("\n,2024", "\n2024", StringComparison.Ordinal).Replace(":00,4711", ":00,,4711", StringComparison.Ordinal).TrimEnd('\n');
        import.Write("052024.csv", text.Replace("\n", lineEnd, StringComparison.Ordinal));
        (await import.ImportAsync()).ShouldSatisfyAllConditions(report => report.Rejections.ShouldBeEmpty(),
            report => report.Files[0].Imported.ShouldBe(5));
        (await import.DrivesAsync()).ShouldBe(["11:00:00|11:01:00|1.61"]);
    }

    [Fact]
    public async Task A_file_that_is_no_csv_fails_alone()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("012024.csv", CsvRow.Whole(Beginning).Replace(',', ';'));
        File.WriteAllText(Path.Combine(import.Folder, "022024.csv"), CsvRow.Whole(Beginning), System.Text.Encoding.Unicode);
        import.Write("032024.csv", "");
        import.Write("042024.csv", Header + "\n");
        Directory.CreateDirectory(Path.Combine(import.Folder, "062024.csv"));
        import.Write("052024.csv", [.. Beginning, Online("10:03").With("vehicle_name", "caf\uFFFD")]);
        import.Write("notes.txt", "nothing");
        var report = await import.ImportAsync();
        report.Files.Select(file => (file.Name, file.State, file.Reason)).ShouldBe([
            ("012024.csv", FileState.Failed, "Unsupported delimiter"), ("022024.csv", FileState.Failed, "Unsupported encoding"),
            ("032024.csv", FileState.Done, null),
            ("042024.csv", FileState.Done, null), ("052024.csv", FileState.Done, null), ("062024.csv", FileState.Failed, "eisdir"),
        ]);
        report.Rejections.ShouldHaveSingleItem().ShouldSatisfyAllConditions(row => row.Line.ShouldBe(5), row => row.Column.ShouldBe("vehicle_name"));
        (await import.StatesAsync()).ShouldBe(["online|10:01:00|-"]);
    }

    public static TheoryData<string, byte[]> Encodings => new()
    {
        { "UTF-16", System.Text.Encoding.Unicode.GetBytes(Whole(Beginning)) },
        { "UTF-16 with its mark", [.. System.Text.Encoding.Unicode.GetPreamble(), .. System.Text.Encoding.Unicode.GetBytes(Whole(Beginning))] },
        { "UTF-16, the other way round",
            [.. System.Text.Encoding.BigEndianUnicode.GetPreamble(), .. System.Text.Encoding.BigEndianUnicode.GetBytes(Whole(Beginning))] },
        { "UTF-16, the other way round, without its mark", System.Text.Encoding.BigEndianUnicode.GetBytes(Whole(Beginning)) },
        { "UTF-32", [.. System.Text.Encoding.UTF32.GetPreamble(), .. System.Text.Encoding.UTF32.GetBytes(Whole(Beginning))] },
        { "semicolons", System.Text.Encoding.UTF8.GetBytes(Whole(Beginning).Replace(',', ';')) },
        { "semicolons behind a mark", System.Text.Encoding.UTF8.GetBytes("\uFEFF" + Whole(Beginning).Replace(',', ';')) },
        { "tabs", System.Text.Encoding.UTF8.GetBytes(Whole(Beginning).Replace(',', '\t')) },
        { "an empty line first", System.Text.Encoding.UTF8.GetBytes("\n" + Whole(Beginning)) },
        { "a header that never ends", System.Text.Encoding.UTF8.GetBytes("\"" + Whole(Beginning)) },
        { "compressed", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFE, 10, 65, 10] },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public async Task What_cannot_be_read_fails_and_the_next_file_does_not(string what, byte[] content)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        File.WriteAllBytes(Path.Combine(import.Folder, "042024.csv"), content);
        import.Write("052024.csv", Beginning);
        var report = await import.ImportAsync();
        report.Files[0].ShouldSatisfyAllConditions(file => file.State.ShouldBe(FileState.Failed, what), file => file.Reason.ShouldNotBeNullOrEmpty(),
            file => file.Imported.ShouldBe(0));
        report.Files[1].State.ShouldBe(FileState.Done);
        report.IsClean.ShouldBeFalse();
    }

    [Fact]
    public async Task Another_encoding_costs_the_rows_that_it_spoils()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        var text = Whole([.. Beginning, Drive("11:00", 1000).With("vehicle_name", "Caf\u00E9"), Drive("11:01", 1001), Park("11:02", 1002)]);
        File.WriteAllBytes(Path.Combine(import.Folder, "052024.csv"), System.Text.Encoding.Latin1.GetBytes(text));
        var report = await import.ImportAsync();
        report.Rejections.Select(row => (row.Line, row.Column)).ShouldBe([(5, (string?)"vehicle_name")]);
        (await import.DrivesAsync()).ShouldBe(["11:01:00|11:02:00|1.61"]);
    }

    [Fact]
    public async Task A_file_that_was_cut_off_brings_its_whole_rows()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        var text = Wide([.. Beginning, Drive("11:00", 1000), Park("11:02", 1001), Online("11:03")]);
        import.Write("052024.csv", text[..^160]);
        var report = await import.ImportAsync();
        report.Files[0].ShouldBe(new FileReport("052024.csv", 6, 5, 0, 1, FileState.Done));
        report.Rejections.ShouldHaveSingleItem().ShouldSatisfyAllConditions(row => row.Line.ShouldBe(7),
            row => row.Reason.ShouldBe("column_count_mismatch"));
        (await import.DrivesAsync()).ShouldBe(["11:00:00|11:02:00|1.61"]);
    }

    [Fact]
    public async Task Blank_lines_count_as_lines_only()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        var lines = Whole(Beginning).Split('\n');
        import.Write("052024.csv", string.Join("\r\n", [lines[0], lines[1], "", "3", lines[2], "", "", lines[3], "4,5,6", ""]));
        var report = await import.ImportAsync();
        report.Rejections.Select(row => (row.Line, row.Reason, row.Column))
            .ShouldBe([(4, "column_count_mismatch", (string?)"columns"), (9, "column_count_mismatch", "columns")]);
        report.Files[0].ShouldBe(new FileReport("052024.csv", 5, 3, 0, 2, FileState.Done));
    }

    [Fact]
    public async Task Ends_of_lines_may_be_mixed_within_a_file()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        string[] ends = ["\n", "\r\n", "\n", "\n", "\r\n", "\r\n", ""];
        CsvRow[] rows = [.. Beginning, Drive("11:00", 1000), Online("11:01").With("power", "x"), Park("11:02", 1001)];
        import.Write("052024.csv", string.Concat(rows.Select(row => row.ToString()).Prepend(Header).Zip(ends, (line, end) => line + end)));
        var report = await import.ImportAsync();
        report.Rejections.Select(row => (row.Line, row.Column)).ShouldBe([(6, (string?)"power")]);
        report.Files[0].ShouldBe(new FileReport("052024.csv", 6, 5, 0, 1, FileState.Done));
        (await import.DrivesAsync()).ShouldBe(["11:00:00|11:02:00|1.61"]);
    }

    [Theory]
    [InlineData("a character without meaning", "\0")]
    [InlineData("many of them", "\0\0\0\0")]
    [InlineData("half a character", "\uD83D")]
    [InlineData("a character that turns the text around", "\u202E")]
    [InlineData("an escape", "\u001B[31m")]
    public async Task A_name_of_strange_characters_costs_its_row_at_most(string what, string strange)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", [
            .. Beginning, Online("10:03").With("vehicle_name", $"My{strange}Car"),
            Drive("11:00", 1000), Drive("11:01", 1000.5), Park("11:02", 1001)]);
        var report = await import.ImportAsync();
        report.Files[0].State.ShouldBe(FileState.Done, what);
        report.Rejections.ShouldAllBe(row => row.Line == 5);
        (await import.DrivesAsync()).ShouldBe(["11:00:00|11:02:00|1.61"]);
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(3_000_000)]
    // More than the reader's buffer may ever be.
    [InlineData(20_000_000)]
    public async Task A_huge_cell_costs_its_row_at_most(int length)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        var huge = new string('x', length);
        import.Write("052024.csv", [
            .. Beginning, Online("10:03").With("odometer", huge), Online("10:04").With("vehicle_name", huge),
            Online("10:05").With("vehicle_name", $"\"{huge}"), Drive("11:00", 1000), Drive("11:01", 1000.5), Park("11:02", 1001)]);
        var report = await import.ImportAsync();
        report.Files[0].State.ShouldBe(FileState.Done);
        report.Rejections.Select(row => row.Line).ShouldBeSubsetOf([5, 6, 7]);
        report.Rejections.Select(row => row.Line).ShouldContain(5);
        report.Rejections.Select(row => row.Line).ShouldContain(7, "its quote is never closed");
        (await import.DrivesAsync()).ShouldBe(["11:00:00|11:02:00|1.61"]);
    }

    [Theory]
    [InlineData(" Date , vin ")]
    [InlineData("DATE,VIN")]
    [InlineData("\"Date\",\"vin\"")]
    public async Task Heads_of_other_programs_lose_no_row_in_silence(string head)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", head + "\n2024-05-01 10:00:00,5YJ3E1EA1NF000001\n2024-05-01 10:01:00,5YJ3E1EA1NF000001\n");
        var report = await import.ImportAsync();
        report.Files[0].ShouldSatisfyAllConditions(
            file => file.Rows.ShouldBe(file.Imported + file.Skipped + file.Rejected),
            file => (file.State == FileState.Failed || file.Rows == 2).ShouldBeTrue());
    }

    [Fact]
    public async Task Of_two_cars_in_one_file_each_gets_its_own_rows()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        CsvRow[] first = [.. Beginning, Drive("11:00", 1000), Drive("11:01", 1000.5), Park("11:02", 1001)];
        CsvRow[] second = [.. first.Select(row => (row with { Odometer = row.Odometer + 5000 }).With("vin", "OTHER").With("vehicle_id", "7"))];
        import.Write("052024.csv", first.Zip(second, (one, other) => new[] { one, other }).SelectMany(pair => pair));
        foreach (var vin in (string[])[ImportUnderTest.Vin, "OTHER"])
        {
            var report = await import.ImportAsync(request => request with { Vin = vin });
            report.Explanation.ShouldBeNull();
            report.Files[0].ShouldBe(new FileReport("052024.csv", 12, 6, 6, 0, FileState.Done));
        }

        (await import.Database.RowsAsync("select vin, round(start_km::numeric), round(distance::numeric, 2) from drives join cars on "
            + "cars.id = car_id order by start_km")).ShouldBe([$"{ImportUnderTest.Vin}|1609|1.61", "OTHER|9656|1.61"]);
    }

    [Fact]
    public async Task Of_two_columns_of_one_name_the_last_counts()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", string.Join('\n', Whole([.. Beginning, Drive("11:00", 1000), Park("11:02", 1001)]).TrimEnd('\n').Split('\n')
            .Select((line, index) => line + (index == 0 ? ",latitude" : ",48.25"))));
        (await import.ImportAsync()).IsClean.ShouldBeTrue();
        (await import.Database.RowsAsync("select distinct latitude from positions")).ShouldBe(["48.250000"]);
    }

    [Fact]
    public async Task Levels_are_rounded_and_booleans_may_be_numbers()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv",
            Drive("10:00", 1000), Drive("10:01", 1001).With("battery_level", "28.01").With("usable_battery_level", "28.5").With("battery_heater_on",
                "3").With("is_climate_on", "0"),
            Drive("10:02", 1002).With("battery_level", "28.5").With("usable_battery_level", "29").With("battery_heater_on", "1").With("is_climate_on",
                "True"),
            Drive("10:03", 1003).With("battery_level", "29").With("usable_battery_level", "30").With("battery_heater_on", "0").With("is_climate_on",
                "-1"),
            Park("10:04", 1004).With("battery_level", "30").With("battery_heater_on", "false").With("is_climate_on", "none"),
            Online("10:05").With("battery_heater_on", "warm"), Online("10:06").With("is_climate_on", "1.0"));
        var report = await import.ImportAsync();
        report.Rejections.Select(row => (row.Line, row.Fields.Single()))
            .ShouldBe([(7, "charge_state.battery_heater_on"), (8, "climate_state.is_climate_on")]);
        (await import.Database.RowsAsync("select battery_level, usable_battery_level, battery_heater_on, is_climate_on from positions where "
            + "drive_id is not null order by date"))
            .ShouldBe(["28|29|True|False", "29|29|True|True", "29|30|False|True", "30|-|False|-"]);
    }

    [Fact]
    public async Task Of_many_faults_of_a_row_eight_are_told_and_of_many_rows_all()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        string[] columns =
        [
            "latitude", "longitude", "speed", "power", "odometer", "battery_level", "battery_range", "ideal_battery_range", "charge_energy_added",
            "charger_power", "charger_phases",
            "outside_temp",
        ];
        var broken = columns.Aggregate(Online("11:00"), (row, column) => row.With(column, "x"));
        import.Write("052024.csv", [.. Beginning, broken, .. Minutes("12:00", 105, time => Online(time).With("Date", "never"))]);
        var report = await import.ImportAsync();
        report.Rejections.Count.ShouldBe(106);
        report.Rejections[0].Column.ShouldBe("latitude");
        report.Rejections[0].Fields.ShouldBe([
            "charge_state.battery_level", "charge_state.battery_range", "charge_state.charge_energy_added", "charge_state.charger_phases",
            "charge_state.charger_power",
            "charge_state.ideal_battery_range", "climate_state.outside_temp", "drive_state.latitude",
        ]);
        report.Rejections.Skip(1).ShouldAllBe(row => row.Reason == "invalid_date" && row.Fields.SequenceEqual(new[] { "Date" }));
        (await import.Database.ScalarAsync<long>("select count(*) from import_rejections")).ShouldBe(106);
    }

    [Theory]
    [InlineData("software_update", "x", "parse_error")]
    [InlineData("option_codes", "5", "parse_error")]
    [InlineData("option_codes", "X001", null)]
    [InlineData("elevation", "high", null)]
    [InlineData("data_id", "any", null)]
    public async Task Columns_that_are_not_used_break_a_row_only_by_the_rules(string column, string value, string? reason)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", [.. Beginning, Online("10:03").With(column, value)]);
        (await import.ImportAsync()).Rejections.Select(row => row.Reason).ShouldBe(reason is null ? [] : [reason]);
    }

    [Fact]
    public async Task The_number_that_stands_in_for_an_empty_one_may_be_chosen()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        var first = Directory.CreateDirectory(Path.Combine(import.Folder, "first")).FullName;
        File.WriteAllText(Path.Combine(first, "052024.csv"), Whole(Beginning.Select(row => row.With("vehicle_id", ""))));
        var second = Directory.CreateDirectory(Path.Combine(import.Folder, "second")).FullName;
        File.WriteAllText(Path.Combine(second, "052024.csv"), Whole(Beginning.Select(row => row.With("vehicle_id", "").With("vin", "SECOND"))));
        var third = Directory.CreateDirectory(Path.Combine(import.Folder, "third")).FullName;
        File.WriteAllText(Path.Combine(third, "052024.csv"), Whole(Beginning.Select(row => row.With("vehicle_id", "").With("vin", "THIRD"))));
        (await import.ImportAsync(request => request with { Folder = first })).IsClean.ShouldBeTrue();
        (await import.ImportAsync(request => request with { Folder = second })).IsClean.ShouldBeTrue();
        (await import.ImportAsync(request => request with { Folder = third, FallbackVehicleId = "77" })).IsClean.ShouldBeTrue();
        (await import.Database.RowsAsync("select vin, vid from cars order by id")).ShouldBe([$"{ImportUnderTest.Vin}|1", "SECOND|2", "THIRD|77"]);
        var wrong = await import.ImportAsync(request => request with { Folder = WithOneMoreRow(first), FallbackVehicleId = "abc" });
        wrong.Rejections.Count.ShouldBe(4);
        wrong.Rejections.ShouldAllBe(row => row.Reason == "invalid_fields" && row.Column == "vehicle_id");

        static string WithOneMoreRow(string folder)
        {
            File.AppendAllText(Path.Combine(folder, "052024.csv"), Online("10:03").With("vehicle_id", "") + "\n");
            return folder;
        }
    }

    [Fact]
    public async Task A_file_of_rejected_rows_only_is_done()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("042024.csv", Header + "\n");
        import.Write("052024.csv", Beginning);
        import.Write("062024.csv", Minutes("10:00", 3, time => Online(time).On("2024-06-01").With("odometer", "far")));
        var report = await import.ImportAsync();
        report.Files.Select(file => (file.Rows, file.Rejected, file.State))
            .ShouldBe([(0, 0, FileState.Done), (3, 0, FileState.Done), (3, 3, FileState.Done)]);
        (await import.ImportAsync()).Files.ShouldAllBe(file => file.State == FileState.Skipped);
    }

    [Fact]
    public async Task Rows_of_other_cars_are_a_conflict_or_end_the_file()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv",
            Drive("10:00", 1000), Drive("10:01", 1000.1).With("vehicle_id", "2222"), Drive("10:02", 1000.2).With("vin", "OTHER"),
            Drive("10:03", 1000.3).With("vin", "").With("vehicle_id", "3"), Drive("10:04", 1000.4));
        import.Write("062024.csv", Online("10:00").On("2024-06-01").With("vin", "OTHER").With("vehicle_id", "7"));
        import.Write("072024.csv", Online("10:00").On("2024-07-01").With("vin", "OTHER").With("vehicle_id", ""));
        import.Write("082024.csv", Online("10:00").On("2024-08-01"));
        var report = await import.ImportAsync();
        report.Rejections.ShouldHaveSingleItem().ShouldSatisfyAllConditions(row => row.Line.ShouldBe(4),
            row => row.Reason.ShouldBe("vehicle_conflict"), row => row.Column.ShouldBe("vin"));
        report.Files.Select(file => (file.State, file.Reason))
            .ShouldBe([(FileState.Done, null), (FileState.Failed, "vehicle_changed"), (FileState.Failed, "vehicle_changed"), (FileState.Done, null)]);
        (await import.Database.RowsAsync("select date from positions order by date, id")).ShouldBe(["10:01:00", "10:01:00", "10:03:00", "10:04:00"]);
    }

    [Fact]
    public async Task One_car_may_be_chosen()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", [.. Beginning, Online("10:03").With("vin", "OTHER").With("vehicle_id", "7"), Asleep("10:04").With("vin", "")]);
        import.Write("062024.csv", Asleep("10:00").On("2024-06-01").With("vin", ""), Asleep("10:01").On("2024-06-01").With("vin", ""));
        (await import.ImportAsync(request => request with { Vin = "NOBODY" })).Problem.ShouldBe(ImportProblem.UnknownCar);
        (await import.ImportAsync()).Files[0].Reason.ShouldBe("vehicle_changed");

        var report = await import.ImportAsync(request => request with { Vin = ImportUnderTest.Vin });
        report.Files[0].ShouldBe(new FileReport("052024.csv", 5, 3, 1, 1, FileState.Done));
        report.Rejections.ShouldHaveSingleItem().Line.ShouldBe(6);
        (await import.Database.RowsAsync("select vin, vid from cars")).ShouldBe([$"{ImportUnderTest.Vin}|1111111111"]);

        var other = await import.ImportAsync(request => request with { Vin = "OTHER" });
        other.Files[0].ShouldBe(new FileReport("052024.csv", 5, 1, 3, 1, FileState.Done));
    }

    [Fact]
    public async Task Numbers_that_are_missing_are_made_up_and_take_no_other_car()
    {
        await using var import = await ImportUnderTest.CreateAsync(cars: 1);
        import.Write("052024.csv", Beginning.Select(row => row.With("vehicle_id", "").With("id", "")));
        (await import.ImportAsync()).IsClean.ShouldBeTrue();
        (await import.Database.RowsAsync("select vin, name, eid, vid, model, trim_badging, marketing_name, suspend_min from cars join "
            + "car_settings own on own.id = settings_id order by cars.id"))
            .ShouldBe(["VIN1|car 1|1|1|-|-|-|21", $"{ImportUnderTest.Vin}|82420|2|2|3|74D|LR AWD|12"]);
    }

    [Fact]
    public async Task Files_without_any_car_fail()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("TeslaFi110017.csv", Header + "\n");
        import.Write("TeslaFi112017.csv", Asleep("10:00").With("vin", ""), Asleep("10:01").With("vin", ""));
        import.Write("TeslaFi122017.csv", Online("10:00").With("latitude", "x").With("longitude", "y").With("charge_energy_added", "z"));
        var report = await import.ImportAsync();
        report.Files.Select(file => (file.State, file.Reason))
            .ShouldBe([(FileState.Done, null), (FileState.Failed, "vehicle_data_incomplete"), (FileState.Failed, "vehicle_data_incomplete")]);
        report.Rejections.ShouldHaveSingleItem().Fields.ShouldBe(["charge_state.charge_energy_added", "drive_state.latitude",
            "drive_state.longitude"]);
        (await import.Database.ScalarAsync<long>("select count(*) from cars")).ShouldBe(0);
    }

    [Fact]
    public async Task The_hour_that_is_there_twice_is_left_out()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("102019.csv", [
            .. Minutes("01:50", 10, Asleep).Concat(Minutes("02:00", 60, Asleep)).Concat(Minutes("03:00", 3, Online))
                .Select(row => row.On("2019-10-27")),
        ]);
        var report = await import.ImportAsync(zone: "Europe/Berlin");
        report.Rejections.Count.ShouldBe(60);
        report.Rejections[0].ShouldSatisfyAllConditions(row => row.Line.ShouldBe(12), row => row.Reason.ShouldBe("ambiguous_local_time"));
        (await import.StatesAsync()).ShouldBe(["asleep|23:50:00|02:01:00", "online|02:01:00|-"]);
    }
}
