using Npgsql;
using TeslaMate.Import.Reading;
using TeslaMate.Import.Running;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Database.Measures;
using TeslaMate.Tests.Logbook;
using static TeslaMate.Tests.Import.CsvRow;

namespace TeslaMate.Tests.Import;

/// <summary>Runs as a whole: again, interrupted, in any order, and beside a live car (spec import 8 to 11 and the decisions).</summary>
public sealed class RunTests
{
    static CsvRow[] Day(string date, double odometer) =>
    [
        .. new[]
        {
            Asleep("07:00"), Asleep("07:01"), Online("07:30") with { Odometer = odometer }, Online("07:31") with { Odometer = odometer },
            Drive("08:00", odometer), Drive("08:01", odometer + 1), Drive("08:02", odometer + 2), Park("08:03", odometer + 3),
            Charge("18:00", 1) with { Odometer = odometer + 3 }, Charge("18:01", 2) with { Odometer = odometer + 3 },
            Charge("18:02", 3, "Complete") with { Odometer = odometer + 3 },
            Asleep("23:00"), Asleep("23:01"),
        }.Select(row => row.On(date)),
    ];

    [Fact]
    public async Task Again_nothing_is_imported_twice()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", [.. Day("2024-05-01", 1000), .. Day("2024-05-02", 1003), Online("00:00") with { Date = "nonsense" }]);
        var first = await import.ImportAsync();
        first.Created.ShouldBe(new Created(2, 2, 18, 6, 5, 1));
        first.Files[0].ShouldBe(new FileReport("052024.csv", 27, 26, 0, 1, FileState.Done));
        var everything = await import.EverythingAsync();

        var second = await import.ImportAsync();
        second.Created.ShouldBe(new Created(0, 0, 0, 0, 0, 0));
        second.Files[0].ShouldBe(new FileReport("052024.csv", 27, 0, 27, 0, FileState.Skipped));
        second.IsClean.ShouldBeTrue();
        (await import.EverythingAsync()).ShouldBe(everything);

        // The same under another name, in another folder.
        await using var elsewhere = new Elsewhere(import);
        File.Move(Path.Combine(import.Folder, "052024.csv"), Path.Combine(elsewhere.Folder, "TeslaFi52024.csv"));
        var third = await import.ImportAsync(request => request with { Folder = elsewhere.Folder });
        third.Files[0].ShouldBe(new FileReport("TeslaFi52024.csv", 27, 0, 26, 1, FileState.Done));
        (await import.EverythingAsync()).ShouldBe(everything);
    }

    [Fact]
    public async Task Drives_are_found_among_what_came_as_soon_as_the_import_is_over()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", [.. Day("2024-05-01", 1000), .. Day("2024-05-02", 1003)]);
        await import.ImportAsync();
        (await import.Database.RowsAsync(LogRows.Unsummarized)).ShouldBe(["0"]);
    }

    [Fact]
    public async Task Months_may_come_in_any_order()
    {
        string[] days = ["2024-03-31", "2024-04-01", "2024-05-31", "2024-06-01"];
        await using var inOrder = await ImportUnderTest.CreateAsync();
        foreach (var (day, i) in days.Select((day, i) => (day, i)))
            inOrder.Write($"0{i + 1}2024.csv", Day(day, 1000 + (3 * i)));
        await inOrder.ImportAsync();

        await using var shuffled = await ImportUnderTest.CreateAsync();
        foreach (var i in (int[])[2, 0, 3, 1])
        {
            shuffled.Write($"0{i + 1}2024.csv", Day(days[i], 1000 + (3 * i)));
            (await shuffled.ImportAsync()).IsClean.ShouldBeTrue();
        }

        (await shuffled.DrivesAsync()).ShouldBe(await inOrder.DrivesAsync());
        (await shuffled.ChargesAsync()).ShouldBe(await inOrder.ChargesAsync());
        (await shuffled.StatesAsync()).ShouldBe(await inOrder.StatesAsync());
        (await shuffled.UpdatesAsync()).ShouldBe(await inOrder.UpdatesAsync());
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task What_goes_on_over_midnight_is_whole_in_whatever_order_and_from_whatever_folder_the_months_come(bool isDrive, bool isOneRide)
    {
        // It goes on over both borders, or is one from before the first to behind the second.
        CsvRow[][] months =
        [
            [.. Day("2024-04-30", 1000), .. Through("2024-04-30", "23:50", 10, 0)],
            isOneRide
                ? [.. Through("2024-05-01", "00:00", 10, 10)]
                : [
                    .. Through("2024-05-01", "00:00", 10, 10), Park("00:11", 1024).On("2024-05-01"), .. Day("2024-05-02", 1030),
                    .. Through("2024-05-31", "23:50", 10, 30),
                ],
            [
                .. Through(isOneRide ? "2024-05-01" : "2024-06-01", isOneRide ? "00:10" : "00:00", 10, isOneRide ? 20 : 40),
                Park("00:21", 1070).On(isOneRide ? "2024-05-01" : "2024-06-01"), .. Day("2024-06-02", 1080),
            ],
        ];
        await using var inOrder = await ImportUnderTest.CreateAsync();
        foreach (var (rows, i) in months.Select((rows, i) => (rows, i)))
            inOrder.Write($"0{i + 4}2024.csv", rows);
        await inOrder.ImportAsync();

        foreach (var order in (int[][])[[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
        {
            await using var import = await ImportUnderTest.CreateAsync();
            List<Created> created = [];
            foreach (var month in order)
            {
                // In a folder of its own, so that nothing is known of the other months but what is in the database.
                await using var elsewhere = new Elsewhere(import);
                import.Write("month.csv", months[month]);
                File.Move(Path.Combine(import.Folder, "month.csv"), Path.Combine(elsewhere.Folder, $"0{month + 4}2024.csv"));
                var report = await import.ImportAsync(request => request with { Folder = elsewhere.Folder });
                report.IsClean.ShouldBeTrue();
                created.Add(report.Created);
            }

            var inThisOrder = string.Join(", ", order);
            (await import.DrivesAsync()).ShouldBe(await inOrder.DrivesAsync(), inThisOrder);
            (await import.StatesAsync()).ShouldBe(await inOrder.StatesAsync(), inThisOrder);
            const string Processes = "select start_date, end_date, charge_energy_added from charging_processes order by start_date";
            (await import.Database.RowsAsync(Processes)).ShouldBe(await inOrder.Database.RowsAsync(Processes), inThisOrder);
            foreach (var (table, kind, count) in ((string, string, Func<Created, int>)[])[
                ("drives", "drive", created => created.Drives), ("charging_processes", "charging_process", created => created.ChargingProcesses),
                ("positions", "", created => created.Positions), ("charges", "", created => created.Charges)])
            {
                var rows = await import.Database.ScalarAsync<long>($"select count(*) from {table}");
                created.Sum(count).ShouldBe((int)rows, $"{table} of parts that were joined are not counted twice: {inThisOrder}");
                if (kind.Length > 0)
                    (await import.Database.ScalarAsync<long>($"select count(*) from teslamate.imported_entries where kind = '{kind}'"))
                        .ShouldBe(rows);
            }

            (await import.Database.ScalarAsync<long>("select count(*) from teslamate.imported_entries where kind like 'cut_off%'")).ShouldBe(0,
                inThisOrder);
            const string Free = "select date from positions where drive_id is null order by date";
            (await import.Database.RowsAsync(Free)).ShouldBe(await inOrder.Database.RowsAsync(Free), inThisOrder);
        }

        IEnumerable<CsvRow> Through(string date, string time, int minutes, int done) => Minutes(time, minutes, at
            => isDrive ? Drive(at, 1003 + done++) : Charge(at, 10 + done++) with { Odometer = 1003 }).ToList().Select(row => row.On(date));
    }

    [Fact]
    public async Task What_ended_before_midnight_or_before_a_sleep_does_not_go_on()
    {
        CsvRow[] april = [.. Day("2024-04-30", 1000), .. Minutes("23:50", 8, at => Drive(at, 1003)).Select(row => row.On("2024-04-30"))];
        CsvRow[] may = [.. Minutes("00:01", 8, at => Drive(at, 1010)), Park("00:10", 1011)];
        foreach (var (before, after) in ((CsvRow[], CsvRow[])[])[
            ([.. april, Park("23:58", 1004).On("2024-04-30")], may), ([.. april, Asleep("23:58").On("2024-04-30")], may),
            (april, [Asleep("00:00"), .. may]), (april, [Park("00:00", 1003), .. may]),
            (april, [.. may.Select(row => row.On("2024-05-02"))])])
        {
            await using var import = await ImportUnderTest.CreateAsync();
            import.Write("042024.csv", before);
            await import.ImportAsync();
            var drives = await import.Database.ScalarAsync<long>("select count(*) from drives");
            File.Delete(Path.Combine(import.Folder, "042024.csv"));
            import.Write("052024.csv", after);
            var report = await import.ImportAsync();
            report.Created.Drives.ShouldBe(1);
            (await import.Database.ScalarAsync<long>("select count(*) from drives")).ShouldBe(drives + 1);
        }
    }

    [Fact]
    public async Task What_the_owner_has_priced_is_no_part_of_what_goes_on()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("042024.csv", Minutes("23:40", 20, at => Charge(at, 1)).Select(row => row.On("2024-04-30")));
        await import.ImportAsync();
        await import.Database.ExecuteAsync("update charging_processes set cost = 7.50");
        File.Delete(Path.Combine(import.Folder, "042024.csv"));
        import.Write("052024.csv", [.. Minutes("00:00", 20, at => Charge(at, 5)), Charge("00:20", 6, "Complete")]);
        await import.ImportAsync();
        (await import.Database.RowsAsync("select cost from charging_processes order by start_date")).ShouldBe(["7.50", "-"],
            "what the owner has priced stays as it is");
    }

    [Fact]
    public async Task A_charge_goes_on_over_a_row_that_does_not_tell_its_energy()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", [
            .. Beginning, Charge("11:00", 1), Charge("11:01", 2), Charge("11:02", 3) with { Energy = null },
            Charge("11:03", 4), Charge("11:04", 5, "Complete")]);
        (await import.ImportAsync()).IsClean.ShouldBeTrue();
        (await import.Database.RowsAsync("select charge_energy_added from charges order by date"))
            .ShouldBe(["1.00", "2.00", "2.00", "4.00", "5.00"], "the counter stands where it stood");
    }

    [Fact]
    public async Task A_file_that_has_grown_brings_the_rest()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", Day("2024-05-01", 1000));
        await import.ImportAsync();
        import.Write("052024.csv", [.. Day("2024-05-01", 1000), .. Day("2024-05-02", 1003)]);
        var report = await import.ImportAsync();
        report.Files[0].ShouldBe(new FileReport("052024.csv", 26, 13, 13, 0, FileState.Done));
        var grown = (await import.DrivesAsync(), await import.ChargesAsync(), await import.StatesAsync());

        await using var whole = await ImportUnderTest.CreateAsync();
        whole.Write("052024.csv", [.. Day("2024-05-01", 1000), .. Day("2024-05-02", 1003)]);
        await whole.ImportAsync();
        grown.Item1.ShouldBe(await whole.DrivesAsync());
        grown.Item2.ShouldBe(await whole.ChargesAsync());
        grown.Item3.ShouldBe(await whole.StatesAsync());
    }

    [Fact]
    public async Task Rows_that_are_there_twice_or_in_no_order_count_once()
    {
        CsvRow[] rows = [.. Day("2024-05-01", 1000), .. Day("2024-05-02", 1003)];
        await using var inOrder = await ImportUnderTest.CreateAsync();
        inOrder.Write("052024.csv", rows);
        await inOrder.ImportAsync();

        await using var shuffled = await ImportUnderTest.CreateAsync();
        var random = new Random(7);
        var mixed = rows.Concat(rows[..5]).ToArray();
        random.Shuffle(mixed);
        shuffled.Write("052024.csv", mixed);
        var report = await shuffled.ImportAsync();
        report.Files[0].ShouldBe(new FileReport("052024.csv", 31, 26, 5, 0, FileState.Done));
        (await shuffled.EverythingAsync()).ShouldBe(await inOrder.EverythingAsync());

        await using var overlapping = await ImportUnderTest.CreateAsync();
        overlapping.Write("052024.csv", rows[..20]);
        overlapping.Write("TeslaFi52024.csv", rows[10..]);
        var two = await overlapping.ImportAsync();
        two.Files[1].ShouldBe(new FileReport("TeslaFi52024.csv", 16, 6, 10, 0, FileState.Done));
        (await overlapping.EverythingAsync()).ShouldBe(await inOrder.EverythingAsync());
    }

    [Fact]
    public async Task A_rehearsal_changes_nothing_and_says_the_same()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("042024.csv", Day("2024-04-30", 997));
        import.Write("052024.csv", [.. Day("2024-05-01", 1000), Drive("11:00", 1)]);
        var sequences = "select string_agg(sequencename || coalesce(last_value, 0), ',' order by sequencename) from pg_sequences";
        var (before, numbers) = (await import.EverythingAsync(), await import.Database.ScalarAsync<string>(sequences));
        var rehearsal = await import.ImportAsync(request => request with { IsDryRun = true });
        (await import.EverythingAsync()).ShouldBe(before);
        (await import.Database.ScalarAsync<string>(sequences)).ShouldBe(numbers);
        (await import.Database.ScalarAsync<long>(
            "select (select count(*) from import_runs) + (select count(*) from teslamate.import_files)")).ShouldBe(0);

        var report = await import.ImportAsync();
        rehearsal.Created.ShouldBe(report.Created);
        rehearsal.Files.ShouldBe(report.Files);
    }

    [Fact]
    public async Task States_that_were_logged_live_are_covered()
    {
        // The overlap of spec import 17.1, with rows of our own.
        await using var import = await ImportUnderTest.CreateAsync(cars: 1);
        await import.Database.ExecuteAsync($"""
            update cars set vin = '{ImportUnderTest.Vin}', name = 'mine';
            insert into states (state, start_date, end_date, car_id)
                values ('asleep', '2024-05-01 12:00', '2024-05-01 12:30', 1), ('online', '2024-05-01 12:30', null, 1)
            """);
        import.Write("052024.csv", [
            .. Beginning, Drive("11:00", 1000), Park("11:03", 1001), Drive("12:00", 1001), Park("12:10", 1002),
            .. Minutes("13:00", 5, time => Charge(time, 1)), Charge("13:05", 2, "Complete"),
        ]);
        var report = await import.ImportAsync();
        report.Files[0].ShouldBe(new FileReport("052024.csv", 13, 5, 8, 0, FileState.Done));
        (await import.DrivesAsync()).ShouldBe(["11:00:00|11:03:00|1.61"]);
        (await import.ChargesAsync()).ShouldBeEmpty();
        (await import.StatesAsync()).ShouldBe(["online|10:01:00|12:00:00", "asleep|12:00:00|12:30:00", "online|12:30:00|-"]);
        (await import.Database.RowsAsync("select eid, vid, name, model from cars")).ShouldBe(["1|1|mine|3"]);
    }

    [Fact]
    public async Task A_gap_in_what_was_logged_live_is_filled()
    {
        await using var import = await ImportUnderTest.CreateAsync(cars: 1);
        // The second of three days was missed; the state of the first evening lasted through it.
        await import.Database.ExecuteAsync($"""
            update cars set vin = '{ImportUnderTest.Vin}';
            insert into states (state, start_date, end_date, car_id)
                values ('online', '2024-05-01 07:00', '2024-05-01 20:00', 1), ('asleep', '2024-05-01 20:00', '2024-05-03 07:00', 1),
                ('online', '2024-05-03 07:00', null, 1);
            insert into drives (start_date, end_date, distance, car_id)
                values ('2024-05-01 08:00:20', '2024-05-01 08:03:05', 4.8, 1), ('2024-05-03 08:00:20', '2024-05-03 08:03:05', 4.8, 1);
            insert into positions (date, latitude, longitude, odometer, ideal_battery_range_km, car_id, drive_id)
            select day + time, 52, 13, 1000, 300, 1, null
            from unnest(array['2024-05-01', '2024-05-03']::timestamp[]) day,
                (select minute * interval '1 minute' as time from generate_series(420, 1200, 5) minute) minutes
            """);
        var before = (await import.StatesAsync(), await import.Database.ScalarAsync<long>("select count(*) from positions"));
        import.Write("052024.csv", [.. Day("2024-05-01", 1000), .. Day("2024-05-02", 1003), .. Day("2024-05-03", 1006)]);
        var report = await import.ImportAsync();
        report.IsClean.ShouldBeTrue();
        report.Created.Drives.ShouldBe(1);
        report.Created.ChargingProcesses.ShouldBe(1);
        report.Created.States.ShouldBe(0);
        (await import.Database.RowsAsync("select to_char(start_date, 'DD HH24:MI') from drives order by start_date")).ShouldBe(["01 08:00",
            "02 08:00", "03 08:00"]);
        (await import.Database.RowsAsync("select to_char(start_date, 'DD HH24:MI') from charging_processes")).ShouldBe(["02 18:00"]);
        (await import.StatesAsync()).ShouldBe(before.Item1);
    }

    [Fact]
    public async Task An_import_that_was_cut_off_ends_with_the_same_rows()
    {
        // Every file ends in a drive or a charge.
        List<(string Name, CsvRow[] Rows)> files = [];
        for (var day = 1; day <= 6; day++)
        {
            CsvRow[] rows = [.. Day($"2024-05-0{day}", 1000 + (3 * day)), .. Day($"2024-05-0{day + 1}", 1003 + (3 * day))];
            files.Add(($"0{day}2024.csv", day % 2 == 1 ? rows[6..19] : rows[9..22]));
        }

        await using var undisturbed = await ImportUnderTest.CreateAsync();
        foreach (var (name, rows) in files)
            undisturbed.Write(name, rows);
        await undisturbed.ImportAsync();
        var expected = await undisturbed.EverythingAsync();

        for (var cut = 1; cut < files.Count; cut++)
        {
            await using var import = await ImportUnderTest.CreateAsync();
            foreach (var (name, rows) in files)
                import.Write(name, rows);
            // The database refuses the checkpoint of one file: all before it are in, and the process ends.
            await import.Database.ExecuteAsync($"""
                create function cut() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
                create trigger cut before insert on teslamate.import_files for each row when (new.file_name = '{files[cut].Name}') execute function cut()
                """);
            await Should.ThrowAsync<Npgsql.NpgsqlException>(() => import.ImportAsync());
            await import.Database.ExecuteAsync("drop trigger cut on teslamate.import_files");
            var rest = await import.ImportAsync(zone: "Europe/Berlin");
            rest.ResumedZone.ShouldBe("Etc/UTC");
            rest.Files.Count(file => file.State == FileState.Skipped).ShouldBe(cut);
            (await import.EverythingAsync() == expected).ShouldBeTrue($"cut off in file {cut}");
            (await import.Database.RowsAsync("select status from import_runs")).ShouldBe(["complete"]);
        }
    }

    [Fact]
    public async Task A_file_that_changes_while_it_is_read_is_not_imported()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("042024.csv", Day("2024-04-30", 997));
        import.Write("052024.csv", Day("2024-05-01", 1000));
        var path = Path.Combine(import.Folder, "052024.csv");
        // Seen between its fingerprint and its rows.
        var report = await import.ImportAsync(progress: new Synchronous(progress =>
        {
            if (progress.Files[1].State == FileState.Running)
                File.AppendAllText(path, Online("23:59") + "\n");
        }));
        report.Files.Select(file => file.State).ShouldBe([FileState.Done, FileState.Failed]);
        (await import.DrivesAsync()).Count.ShouldBe(1);
        (await import.ImportAsync()).Files.Select(file => file.State).ShouldBe([FileState.Skipped, FileState.Done]);
        (await import.DrivesAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_import_that_was_cut_off_may_be_given_up_and_nothing_of_it_is_lost()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        (await import.WithImporterAsync(importer => importer.DiscardAsync(import.Folder, CancellationToken.None))).ShouldBeFalse("there is none");
        // The second file goes on in the middle of the first one's drive, and the third cannot be written.
        var days = Day("2024-05-01", 1000).Concat(Day("2024-06-01", 1003)).ToArray();
        import.Write("052024.csv", days[..6]);
        import.Write("062024.csv", days[6..20]);
        import.Write("072024.csv", days[20..]);
        await import.Database.ExecuteAsync("""
            create function cut() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
            create trigger cut before insert on teslamate.import_files for each row when (new.file_name = '062024.csv') execute function cut()
            """);
        await Should.ThrowAsync<Npgsql.NpgsqlException>(() => import.ImportAsync());
        await import.Database.ExecuteAsync("drop trigger cut on teslamate.import_files");
        (await import.WithImporterAsync(importer => importer.InterruptedZoneAsync(import.Folder, CancellationToken.None))).ShouldBe("Etc/UTC");

        (await import.WithImporterAsync(importer => importer.DiscardAsync(import.Folder, CancellationToken.None))).ShouldBeTrue();
        (await import.WithImporterAsync(importer => importer.InterruptedZoneAsync(import.Folder, CancellationToken.None))).ShouldBeNull();
        (await import.Database.RowsAsync("select status from import_runs")).ShouldBe(["abandoned"]);
        (await import.ImportAsync()).IsClean.ShouldBeTrue();
        (await import.DrivesAsync()).Count.ShouldBe(2);
        (await import.ChargesAsync()).Count.ShouldBe(2);
        (await import.Database.RowsAsync("select status from import_runs")).ShouldBe(["complete"]);
    }

    [Fact]
    public async Task Kilometres_that_the_live_car_made_up_are_not_driven_twice()
    {
        // Nobody logged the car on the second; when it was seen again, the logger knew how far it had been driven, but not when.
        await using var import = await ImportUnderTest.CreateAsync(cars: 1);
        await import.Database.ExecuteAsync($"""
            update cars set vin = '{ImportUnderTest.Vin}';
            insert into states (state, start_date, end_date, car_id)
                values ('asleep', '2024-05-01 20:00', '2024-05-03 12:00', 1), ('online', '2024-05-03 12:00', null, 1);
            insert into drives (start_date, end_date, start_km, end_km, distance, car_id)
                values ('2024-05-03 11:55', '2024-05-03 12:00', 1614.17, 1619.0, 4.83, 1);
            insert into positions (date, latitude, longitude, odometer, ideal_battery_range_km, car_id)
                values ('2024-05-01 19:00', 52, 13, 1614.17, 300, 1), ('2024-05-03 12:00', 52, 13, 1619, 300, 1)
            """);
        import.Write("052024.csv", [.. Day("2024-05-02", 1003), .. Day("2024-04-30", 1000)]);
        (await import.ImportAsync()).IsClean.ShouldBeTrue();
        (await import.Database.RowsAsync("select to_char(start_date, 'MM-DD HH24:MI') from drives order by start_date")).ShouldBe(["04-30 08:00",
            "05-03 11:55"]);
        // What it did not make up is new.
        (await import.Database.RowsAsync("select to_char(start_date, 'MM-DD HH24:MI') from charging_processes order by start_date")).ShouldBe(
            ["04-30 18:00", "05-02 18:00"]);
    }

    [Theory]
    [InlineData("""
        insert into drives (start_date, end_date, start_km, end_km, distance, car_id)
            values ('2024-05-03 11:55', '2024-05-03 12:00', 1614.17, 1619, 4.83, 1)
        """)]
    // One that goes on.
    [InlineData("""
        insert into drives (id, start_date, car_id) values (100, '2024-05-03 11:55', 1);
        insert into positions (date, latitude, longitude, odometer, drive_id, car_id)
            values ('2024-05-03 11:55', 52, 13, 1614.17, 100, 1), ('2024-05-03 12:00', 52, 13, 1619, 100, 1)
        """)]
    public async Task Kilometres_that_the_live_car_makes_up_while_they_are_being_imported_are_not_driven_twice(string made)
    {
        await using var import = await OfSleeperAsync();
        await using var live = await import.Database.TestSource.OpenConnectionAsync();
        await using var transaction = await live.BeginTransactionAsync();
        await ExecuteAsync("select from teslamate.car_logs for update");
        var imported = import.ImportAsync();
        while (await import.Database.ScalarAsync<long>(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == 0)
            await Task.WhenAny(imported, Task.Delay(50));
        imported.IsCompleted.ShouldBeFalse("It waits for whoever logs the car.");
        await ExecuteAsync(made);
        await transaction.CommitAsync();

        (await imported).IsClean.ShouldBeTrue();
        (await imported).Files.Sum(file => file.Imported).ShouldBeGreaterThan(0);
        (await import.Database.RowsAsync("select to_char(start_date, 'MM-DD HH24:MI') from drives order by start_date")).ShouldBe(["04-30 08:00",
            "05-03 11:55"]);
        (await import.Database.ScalarAsync<long>("select count(*) from teslamate.imported_entries where kind = 'drive'")).ShouldBe(1);
        (await import.Database.ScalarAsync<long>(
            "select count(*) from positions where date between '2024-05-02 08:00' and '2024-05-02 08:02'")).ShouldBe(0);

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, live, transaction);
            await command.ExecuteNonQueryAsync();
        }
    }

    [Fact]
    public async Task A_rehearsal_and_whoever_logs_the_car_do_not_wait_for_each_other()
    {
        await using var import = await OfSleeperAsync();
        await using var live = await import.Database.TestSource.OpenConnectionAsync();
        await using var transaction = await live.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("select from teslamate.car_logs for update; update cars set name = 'Nimbus'", live, transaction);
        await command.ExecuteNonQueryAsync();
        var report = await import.ImportAsync(request => request with { IsDryRun = true }).WaitAsync(TimeSpan.FromMinutes(1));
        report.IsClean.ShouldBeTrue();
        report.Created.Drives.ShouldBe(2);
    }

    /// <summary>A car that is logged live slept on the second, as far as its logger knows; it was driven then, and another logger saw it.</summary>
    static async Task<ImportUnderTest> OfSleeperAsync()
    {
        var import = await ImportUnderTest.CreateAsync(cars: 1);
        await import.Database.ExecuteAsync($"""
            update cars set vin = '{ImportUnderTest.Vin}';
            insert into teslamate.car_logs (car_id, session, instance, epoch) values (1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid());
            insert into states (state, start_date, end_date, car_id)
                values ('asleep', '2024-05-01 20:00', '2024-05-03 12:00', 1), ('online', '2024-05-03 12:00', null, 1);
            insert into positions (date, latitude, longitude, odometer, ideal_battery_range_km, car_id)
                values ('2024-05-01 19:00', 52, 13, 1614.17, 300, 1), ('2024-05-03 12:00', 52, 13, 1619, 300, 1)
            """);
        import.Write("052024.csv", [.. Day("2024-05-02", 1003), .. Day("2024-04-30", 1000)]);
        return import;
    }

    [Fact]
    public async Task A_disk_that_is_full_costs_the_file_and_no_half_of_it()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("042024.csv", Day("2024-04-30", 997));
        import.Write("052024.csv", Day("2024-05-01", 1000));
        import.Write("062024.csv", Day("2024-06-01", 1003));
        await import.Database.ExecuteAsync("""
            create function full_disk() returns trigger language plpgsql as $$
            begin raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$;
            create trigger full_disk before insert on charges for each row when (new.date::date = '2024-05-01') execute function full_disk()
            """);
        var report = await import.ImportAsync();
        report.Files.Select(file => file.State).ShouldBe([FileState.Done, FileState.Failed, FileState.Done]);
        report.Files[1].Reason.ShouldNotBeNull().ShouldContain("No space left");
        (await import.Database.RowsAsync("select to_char(start_date, 'MM-DD') from drives order by start_date")).ShouldBe(["04-30", "06-01"]);

        await import.Database.ExecuteAsync("drop trigger full_disk on charges");
        (await import.ImportAsync()).Files.Select(file => file.State).ShouldBe([FileState.Skipped, FileState.Done, FileState.Skipped]);
        (await import.Database.RowsAsync("select to_char(start_date, 'MM-DD') from drives order by start_date")).ShouldBe(["04-30", "05-01",
            "06-01"]);
        (await import.Database.RowsAsync("select to_char(start_date, 'MM-DD') from charging_processes order by start_date")).ShouldBe(["04-30",
            "05-01", "06-01"]);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_read_is_told_and_what_is_known_stays()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", Day("2024-05-01", 1000));
        await import.ImportAsync();
        (await import.ImportAsync(request => request with { Folder = Path.Combine(import.Folder, "052024.csv", "x") })).Problem.ShouldBe(
            ImportProblem.NoFolder);
        (await import.ImportAsync(request => request with { Folder = import.Folder + ".none" })).ShouldSatisfyAllConditions(
            report => report.Problem.ShouldBe(ImportProblem.NoFolder), report => report.Explanation.ShouldNotBeNull().ShouldContain("enoent"));
        var empty = Directory.CreateDirectory(Path.Combine(import.Folder, "empty")).FullName;
        (await import.ImportAsync(request => request with { Folder = empty })).Problem.ShouldBe(ImportProblem.NoFiles);
        // No run of another folder is forgotten, and none was begun.
        (await import.Database.RowsAsync("select status, (select count(*) from import_file_checkpoints) from import_runs")).ShouldBe(["complete|1"]);
    }

    [Fact]
    public async Task A_folder_without_permission_is_told()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        File.SetUnixFileMode(import.Folder, Everybody);
        var closed = Directory.CreateDirectory(Path.Combine(import.Folder, "closed")).FullName;
        File.SetUnixFileMode(closed, UnixFileMode.None);
        var report = AsNobody(() => import.ImportAsync(request => request with { Folder = closed }).GetAwaiter().GetResult());
        report.ShouldSatisfyAllConditions(
            told => told.Problem.ShouldBe(ImportProblem.NoFolder), told => told.Explanation.ShouldNotBeNull().ShouldContain("eacces"));
        File.SetUnixFileMode(closed, Everybody);
    }

    [Fact]
    public async Task A_file_without_permission_fails_with_its_reason()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        File.SetUnixFileMode(import.Folder, Everybody);
        import.Write("052024.csv", Day("2024-05-01", 1000));
        var path = Path.Combine(import.Folder, "052024.csv");
        File.SetUnixFileMode(path, UnixFileMode.None);
        AsNobody(() => Should.Throw<HistoryFileException>(() => Fingerprint.OfAsync(path, CancellationToken.None).GetAwaiter().GetResult()))
            .Reason.ShouldBe("eacces");
        AsNobody(() => Should.Throw<HistoryFileException>(() => CsvFile.Open(path))).Reason.ShouldBe("eacces");
    }

    const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Does something with the files that a user without rights may read: Linux keeps that user for each thread.</summary>
    static T AsNobody<T>(Func<T> action)
    {
        const uint Nobody = 65534;
        T? result = default;
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            // Whoever is no superuser stays who he is, and may not read them either.
            _ = SetFileUser(Nobody);
            try
            {
                result = action();
            }
            catch (Exception exception)
            {
                failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

#pragma warning disable SYSLIB1054, CA5392 // LibraryImport would need unsafe code in the whole test project.
    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "setfsuid")]
    static extern int SetFileUser(uint user);
#pragma warning restore SYSLIB1054, CA5392

    [SkippableFact]
    public async Task A_real_disk_that_is_full_costs_no_row_in_the_end()
    {
        Skip.IfNot(SmallDisk.IsPossible, "only root can mount a small file system, and only for a server that is ours");
        await using var undisturbed = await ImportUnderTest.CreateAsync();
        Write(undisturbed);
        (await undisturbed.ImportAsync()).IsClean.ShouldBeTrue();

        var (database, disk) = await LogbookDatabase.CreateOnSmallDiskAsync(room: 4000);
        await using (disk)
        await using (var import = new ImportUnderTest(database))
        {
            Write(import);
            var full = await import.ImportAsync();
            full.IsClean.ShouldBeFalse();
            full.Files.ShouldContain(file => file.State == FileState.Done, "there was room for the first ones");
            full.Files.Where(file => file.State != FileState.Done).ShouldNotBeEmpty();
            full.Files.Where(file => file.State != FileState.Done).ShouldAllBe(file
                => file.State == FileState.Failed && file.Reason!.Contains("No space left on device", StringComparison.Ordinal));

            await disk.GrowAsync();
            (await import.ImportAsync()).IsClean.ShouldBeTrue();
            (await import.EverythingAsync() == await undisturbed.EverythingAsync()).ShouldBeTrue("the rows of an undisturbed import");
        }

        static void Write(ImportUnderTest import)
        {
            for (var month = 1; month <= 8; month++)
            {
                List<CsvRow> rows = [];
                for (var day = 1; day <= 20; day++)
                {
                    var odometer = (month * 10_000.0) + (day * 300);
                    rows.AddRange(new[]
                    {
                        Minutes("06:00", 3, Asleep), Minutes("07:00", 2, time => Online(time) with { Odometer = odometer }),
                        Minutes("08:00", 200, time => Drive(time, odometer += 1)), Minutes("12:00", 1, time => Park(time, odometer)),
                        Minutes("20:00", 3, Asleep),
                    }.SelectMany(part => part).Select(row => row.On($"2024-{month:00}-{day:00}")));
                }

                import.Write($"{month:00}2024.csv", rows);
            }
        }
    }

    [Fact]
    public async Task A_file_that_was_replaced_by_a_bad_one_fails_alone()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("042024.csv", Day("2024-04-30", 997));
        import.Write("052024.csv", Day("2024-05-01", 1000));
        var report = await import.ImportAsync(progress: new Synchronous(progress =>
        {
            if (progress.Files[0].State == FileState.Running)
                import.Write("052024.csv", Whole(Day("2024-05-01", 1000)).Replace(',', ';'));
            else if (progress.Files[1].State == FileState.Failed)
                File.Delete(Path.Combine(import.Folder, "052024.csv"));
        }));
        report.Files.Select(file => (file.State, file.Reason)).ShouldBe([(FileState.Done, null), (FileState.Failed, "Unsupported delimiter")]);
        (await import.DrivesAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_file_that_is_deleted_before_its_turn_fails_alone()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("042024.csv", Day("2024-04-30", 997));
        import.Write("052024.csv", Day("2024-05-01", 1000));
        import.Write("062024.csv", Day("2024-06-01", 1003));
        var report = await import.ImportAsync(progress: new Synchronous(progress =>
        {
            if (progress.Files[0].State == FileState.Running)
                File.Delete(Path.Combine(import.Folder, "052024.csv"));
        }));
        report.Files.Select(file => (file.State, file.Reason))
            .ShouldBe([(FileState.Done, null), (FileState.Failed, "enoent"), (FileState.Done, null)]);
    }

    [Fact]
    public async Task Two_imports_at_once_are_one()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        for (var day = 1; day < 9; day++)
            import.Write($"0{day}2024.csv", Day($"2024-05-0{day}", 1000 + (3 * day)));
        var reports = await Task.WhenAll(import.ImportAsync(), import.ImportAsync());
        reports.Sum(report => report.Created.Drives).ShouldBe(8);
        (await import.DrivesAsync()).Count.ShouldBe(8);
    }

    sealed class Synchronous(Action<ImportProgress> report) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => report(value);
    }

    sealed class Elsewhere(ImportUnderTest import) : IAsyncDisposable
    {
        public string Folder { get; } = Directory.CreateDirectory(import.Folder + ".elsewhere").FullName;

        public ValueTask DisposeAsync()
        {
            Directory.Delete(Folder, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
