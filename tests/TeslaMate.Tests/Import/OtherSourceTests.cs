using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TeslaMate.Import;
using TeslaMate.Import.Merging;
using TeslaMate.Import.Running;
using TeslaMate.Logbook;
using TeslaMate.Tests.Database.Measures;
using static TeslaMate.Tests.Import.CsvRow;

namespace TeslaMate.Tests.Import;

/// <summary>Histories that do not come from TeslaFi: a dump of TeslaLogger's, Tessie's exports, another database.</summary>
public sealed class OtherSourceTests
{
    const string Dump = """
        -- MySQL dump 10.13  Distrib 5.5.62, for debian-linux-gnu (armv8l)
        DROP TABLE IF EXISTS `cars`;
        CREATE TABLE `cars` (
          `id` int(11) NOT NULL,
          `display_name` varchar(45) DEFAULT NULL,
          `vin` varchar(20) DEFAULT NULL,
          `car_type` varchar(45) DEFAULT NULL,
          PRIMARY KEY (`id`)
        ) ENGINE=InnoDB;
        INSERT INTO `cars` VALUES (1,'It\'s (mine), really','5YJ3E1EA1NF000001','model3');
        CREATE TABLE `pos` (
          `id` int(11) NOT NULL AUTO_INCREMENT,
          `Datum` datetime NOT NULL,
          `lat` double NOT NULL,
          `lng` double NOT NULL,
          `speed` int(11) DEFAULT NULL,
          `power` int(11) DEFAULT NULL,
          `odometer` double DEFAULT NULL,
          `ideal_battery_range_km` double DEFAULT NULL,
          `address` varchar(250) DEFAULT NULL,
          `outside_temp` double DEFAULT NULL,
          `CarID` int(11) DEFAULT NULL,
          PRIMARY KEY (`id`)
        ) ENGINE=InnoDB;
        INSERT INTO `pos` VALUES (1,'2024-05-01 09:00:00',52.5,13.4,0,0,1000,300,NULL,20.5,1),(2,'2024-05-01 10:00:00',52.5,13.4,48,13,1000,300,'a, b',20.5,1),
        (3,'2024-05-01 10:05:00',52.51,13.4,96,-13,1004.5,298,NULL,20.5,1),(4,'2024-05-01 10:10:00',52.52,13.4,0,0,1008.25,296,NULL,20.5,1);
        CREATE TABLE `drivestate` (
          `id` int(11) NOT NULL,
          `StartDate` datetime NOT NULL,
          `StartPos` int(11) NOT NULL,
          `EndDate` datetime DEFAULT NULL,
          `EndPos` int(11) DEFAULT NULL,
          `CarID` int(11) DEFAULT NULL
        );
        INSERT INTO `drivestate` VALUES (1,'2024-05-01 10:00:00',2,'2024-05-01 10:10:00',4,1);
        CREATE TABLE `chargingstate` (
          `id` int(11) NOT NULL,
          `StartDate` datetime NOT NULL,
          `EndDate` datetime DEFAULT NULL,
          `Pos` int(11) DEFAULT NULL,
          `StartChargingID` int(11) DEFAULT NULL,
          `EndChargingID` int(11) DEFAULT NULL,
          `CarID` int(11) DEFAULT NULL
        );
        INSERT INTO `chargingstate` VALUES (1,'2024-05-01 12:00:00','2024-05-01 12:10:00',4,1,3,1);
        CREATE TABLE `charging` (
          `id` int(11) NOT NULL,
          `battery_level` double NOT NULL,
          `charge_energy_added` double NOT NULL,
          `charger_power` double NOT NULL,
          `Datum` datetime NOT NULL,
          `ideal_battery_range_km` double NOT NULL,
          `charger_phases` int(11) DEFAULT NULL,
          `CarID` int(11) DEFAULT NULL
        );
        INSERT INTO `charging` (`id`, `battery_level`, `charge_energy_added`, `charger_power`, `Datum`, `ideal_battery_range_km`, `charger_phases`,
            `CarID`) VALUES
        (1,60,0,11,'2024-05-01 12:00:00',296,3,1),(2,61,0.9,11,'2024-05-01 12:05:00',300,3,1),(3,62,1.8,0,'2024-05-01 12:10:00',305,3,1);
        CREATE TABLE `state` (
          `id` int(11) NOT NULL,
          `StartDate` datetime NOT NULL,
          `state` varchar(50) DEFAULT NULL,
          `EndDate` datetime DEFAULT NULL,
          `CarID` int(11) DEFAULT NULL
        );
        INSERT INTO `state` VALUES (1,'2024-05-01 09:00:00','online','2024-05-01 13:00:00',1),(2,'2024-05-01 13:00:00','asleep',NULL,1);
        """;

    [Fact]
    public async Task A_dump_of_TeslaLoggers_is_read_without_a_server()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("teslalogger.sql", Dump);
        var report = await import.ImportAsync(zone: "Europe/Berlin");
        report.Rejections.ShouldBeEmpty();
        report.Files[0].State.ShouldBe(FileState.Done);
        (await import.DrivesAsync()).ShouldBe(["08:00:00|08:10:00|8.25"]);
        (await import.ChargesAsync()).ShouldBe(["10:00:00|10:10:00|1.80|3"]);
        (await import.StatesAsync()).ShouldBe(["online|07:00:00|11:00:00", "asleep|11:00:00|-"]);
        (await import.Database.RowsAsync("select vin, name, model from cars")).ShouldBe([$"{ImportUnderTest.Vin}|It's (mine), really|3"]);
        (await import.Database.RowsAsync("select speed, power from positions where drive_id is not null order by date")).ShouldBe(["48|10", "97|-10",
            "0|0"]);
        (await import.ImportAsync(zone: "Europe/Berlin")).Files[0].State.ShouldBe(FileState.Skipped);
    }

    [Fact]
    public async Task Tessies_states_are_joined_by_their_times()
    {
        await using var import = await ImportUnderTest.CreateAsync(cars: 1);
        await import.Database.ExecuteAsync($"update cars set vin = '{ImportUnderTest.Vin}'");
        var month = Directory.CreateDirectory(Path.Combine(import.Folder, "24_05")).FullName;
        File.WriteAllText(Path.Combine(month, "driving_states.csv"), """
            Timestamp (UTC),Latitude,Longitude,Shift State,Odometer (mi),Speed (mph)
            2024-05-01 10:00:00,52.5,13.4,P,1000,
            2024-05-01 10:01:00,52.5,13.4,P,1000,
            2024-05-01 10:02:00,52.5,13.4,D,1000,30
            2024-05-01 10:03:00,52.51,13.4,D,1001,60
            2024-05-01 10:04:00,52.52,13.4,P,1002,0
            2024-05-01 11:00:00,52.52,13.4,P,1002,
            2024-05-01 11:10:00,52.52,13.4,P,1002,
            2024-05-01 11:20:00,52.52,13.4,P,1002,
            """);
        File.WriteAllText(Path.Combine(month, "charging_states.csv"), """
            Timestamp (UTC),Charging State,Usable Battery Level (%),Battery Range (mi),Charger Power (kW)
            2024-05-01 10:00:00,Disconnected,60,200,0
            2024-05-01 11:00:00,Charging,58,195,11
            2024-05-01 11:10:00,Charging,60,200,11
            2024-05-01 11:20:00,Complete,62,206,0
            """);
        File.WriteAllText(Path.Combine(month, "battery_states.csv"), """
            Timestamp (UTC),Energy Remaining (kWh)
            2024-05-01 11:00:00,30
            2024-05-01 11:10:00,31.5
            2024-05-01 11:20:00,33
            """);
        File.WriteAllText(Path.Combine(month, "climate_states.csv"),
            "Timestamp (UTC),Inside Temp (°C),Outside Temp (°C)\n2024-05-01 10:00:00,21,18.5\n");
        var report = await import.ImportAsync(request => request with { Vin = ImportUnderTest.Vin });
        report.Rejections.ShouldBeEmpty();
        (await import.DrivesAsync()).ShouldBe(["10:02:00|10:04:00|3.22"]);
        (await import.ChargesAsync()).ShouldBe(["11:00:00|11:20:00|3.00|3"]);
        (await import.Database.RowsAsync("select outside_temp_avg, speed_max from drives")).ShouldBe(["18.5|97"]);
    }

    [Fact]
    public async Task Tessies_lists_of_drives_and_charges_are_read_where_its_states_tell_nothing()
    {
        await using var import = await ImportUnderTest.CreateAsync(cars: 1);
        await import.Database.ExecuteAsync($"update cars set vin = '{ImportUnderTest.Vin}'");
        // The newest first, times of the owner's zone without seconds, and two drives in one minute.
        import.Write("Tesla drives.csv", """
            Started At (CEST),Ended At (CEST),Starting Location,Starting Latitude,Starting Longitude,Starting Odometer (km),Ending Latitude,Ending Longitude,Ending Odometer (km),Starting Battery (%),Ending Battery (%),Average Inside Temperature (°C),Average Outside Temperature (°C),Ideal Range Used (km)
            2024-05-02 18:00,2024-05-02 18:30,"Work, Berlin",52.6,13.5,1620,52.5,13.4,1640,70,66,21,12.5,20
            2024-05-01 08:20,2024-05-01 08:40,"Shop, Berlin",52.55,13.45,1610,52.6,13.5,1620,76,74,21,10.5,10
            2024-05-01 08:00,2024-05-01 08:20,"Home, Berlin",52.5,13.4,1600,52.55,13.45,1610,78,76,21,10.5,10
            never,2024-05-01 08:20,,52.5,13.4,1600,52.55,13.45,1610,78,76,21,10.5,10
            2024-05-03 08:00,2024-05-03 08:20,,,,1640,52.55,13.45,1650,60,58,21,10.5,10
            """);
        import.Write("charges.csv", """
            Started At (CEST),Ended At (CEST),Location,Latitude,Longitude,Odometer (km),Starting Battery (%),Ending Battery (%),Energy Added (kWh),Energy Used (kWh),Ideal Range Added (km),Supercharging (kWh),Cost
            2024-05-01 20:00,2024-05-01 23:00,Home,52.6,13.5,1620,64,84,11.5,12.3,100,0,3.21
            """);
        var report = await import.ImportAsync(request => request with { Vin = ImportUnderTest.Vin }, "Europe/Berlin");
        report.Files.ShouldBe([new FileReport("Tesla drives.csv", 5, 3, 0, 2, FileState.Done),
            new FileReport("charges.csv", 1, 1, 0, 0, FileState.Done)]);
        report.Rejections.Select(row => (row.Line, row.Reason, row.Column))
            .ShouldBe([(5, "invalid_date", (string?)"Started At (CEST)"), (6, "invalid_fields", "Starting Latitude")]);
        (await import.Database.RowsAsync("""
            select to_char(start_date, 'DD HH24:MI:SS'), to_char(end_date, 'DD HH24:MI:SS'), round(distance::numeric, 1), start_ideal_range_km,
                end_ideal_range_km, outside_temp_avg
            from drives order by start_date
            """)).ShouldBe([
            "01 06:00:00|01 06:20:00|10.0|390.00|380.00|10.5", "01 06:20:01|01 06:40:00|10.0|380.00|370.00|10.5",
            "02 16:00:00|02 16:30:00|20.0|350.00|330.00|12.5",
        ]);
        (await import.Database.RowsAsync(
            "select start_date, end_date, charge_energy_added, charge_energy_used, start_battery_level, end_battery_level, start_ideal_range_km "
                + "from charging_processes"))
            .ShouldBe(["18:00:00|21:00:00|11.50|12.00|64|84|320.00"]);
        (await import.StatesAsync()).Select(state => state.Split('|')[0]).ShouldBe(["online", "offline", "online", "offline", "online", "offline"]);
        (await import.ImportAsync(request => request with { Vin = ImportUnderTest.Vin }, "Europe/Berlin")).Created.ShouldBe(
            new Created(0, 0, 0, 0, 0, 0));
    }

    [Fact]
    public async Task A_dump_of_many_positions_is_read_bit_by_bit()
    {
        // Longer than any buffer, with texts that hold what would end a row, a statement or a line.
        await using var import = await ImportUnderTest.CreateAsync();
        var start = new DateTime(2024, 6, 1, 8, 0, 0, DateTimeKind.Unspecified);
        var rows = Enumerable.Range(5, 5000).Select(i => FormattableString.Invariant(
            $@"({i},'{start.AddSeconds(i * 5):yyyy-MM-dd HH:mm:ss}',52.5,13.4,30,5,{1010 + (i * 0.01):0.00},290,'It\'s; \\),(\n ''{i}''',20.5,1)"));
        const string Next = "CREATE TABLE `drivestate`";
        const string Drive = "(1,'2024-05-01 10:00:00',2,'2024-05-01 10:10:00',4,1)";
        import.Write("teslalogger.sql", Dump
            .Replace(Next, "/*!40000 ALTER TABLE `pos` DISABLE KEYS */;\n-- a comment; with 'quotes\nINSERT INTO `pos` VALUES "
                + string.Join(",\n", rows) + ";\n" + Next, StringComparison.Ordinal)
            .Replace(Drive, Drive + ",(2,'2024-06-01 08:00:00',5,'2024-06-01 15:00:00',5004,1)", StringComparison.Ordinal));
        var report = await import.ImportAsync(zone: "Europe/Berlin");
        report.IsClean.ShouldBeTrue();
        report.Files[0].ShouldSatisfyAllConditions(file => file.Rows.ShouldBe(5008), file => (file.Imported + file.Skipped).ShouldBe(5008));
        (await import.Database.RowsAsync("select to_char(start_date, 'MM-DD HH24:MI:SS'), (select count(*) from positions where drive_id = "
            + "drives.id) from drives order by start_date"))
            .ShouldBe(["05-01 08:00:00|3", "06-01 06:00:25|5000"]);
    }

    [Theory]
    [InlineData("INSERT INTO `pos` VALUES (1,'2024-05-01 09:00:00',52.5", "ends in a row")]
    [InlineData("INSERT INTO `pos` VALUES (1,'2024-05-01 09:00", "ends in a text")]
    [InlineData("INSERT INTO `pos` VALUES (1,2) garbage;", "no row")]
    [InlineData("INSERT INTO `pos` SELECT 1;", "without VALUES")]
    [InlineData("INSERT INTO `car` VALUES (1);", "nothing tells the columns")]
    public async Task A_dump_that_is_cut_off_fails_with_its_line(string end, string reason)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("teslalogger.sql", Dump + "\n" + end);
        var file = (await import.ImportAsync(zone: "Europe/Berlin")).Files.ShouldHaveSingleItem();
        (file.State, file.Imported).ShouldBe((FileState.Failed, 0));
        file.Reason.ShouldNotBeNull().ShouldContain(reason);
        file.Reason.ShouldContain("Line ");
        (await import.Database.ScalarAsync<long>("select count(*) from positions")).ShouldBe(0);
    }

    [Fact]
    public async Task Another_database_is_merged_once()
    {
        await using var other = await ImportUnderTest.CreateAsync();
        other.Write("052024.csv", [
            .. Beginning, Drive("11:00", 1000), Drive("11:01", 1001), Park("11:02", 1002), .. Minutes("12:00", 3, time => Charge(time, 1)),
            Charge("12:03", 2, "Complete"),
            Drive("15:00", 1002), Park("15:05", 1003),
        ]);
        await other.ImportAsync();
        await using var here = await ImportUnderTest.CreateAsync(cars: 2);
        // The second drive was logged here, too.
        await here.Database.ExecuteAsync($"""
            update cars set vin = '{ImportUnderTest.Vin}', name = null where id = 2;
            insert into drives (id, start_date, end_date, distance, car_id) values (77, '2024-05-01 14:59:00', '2024-05-01 15:06:00', 1.6, 2);
            insert into states (state, start_date, end_date, car_id) values ('online', '2024-05-01 14:59:00', null, 2)
            """);
        var before = await here.EverythingAsync();
        var rehearsal = await MergeAsync(here, other, isDryRun: true);
        (await here.EverythingAsync()).ShouldBe(before);
        var report = await MergeAsync(here, other);
        rehearsal.Created.ShouldBe(report.Created);
        report.Created.ShouldSatisfyAllConditions(created => created.Drives.ShouldBe(1), created => created.ChargingProcesses.ShouldBe(1),
            created => created.Charges.ShouldBe(4));
        report.Overlaps.ShouldHaveSingleItem().Kind.ShouldBe("drive");
        (await here.Database.RowsAsync("select start_date, end_date, start_position_id is not null, car_id from drives order by start_date"))
            .ShouldBe(["11:00:00|11:02:00|True|2", "14:59:00|15:06:00|False|2"]);
        (await here.StatesAsync()).ShouldBe(["online|10:01:00|14:59:00", "online|14:59:00|-"]);
        (await here.Database.RowsAsync("select name, model from cars where id = 2")).ShouldBe(["82420|3"]);
        (await here.Database.RowsAsync(LogRows.Unsummarized)).ShouldBe(["0"]);
        var merged = await here.EverythingAsync();
        (await MergeAsync(here, other)).Created.ShouldBe(new Created(0, 0, 0, 0, 0, 0));
        (await here.EverythingAsync()).ShouldBe(merged);
    }

    [Theory]
    [InlineData("postgres://me@localhost:5433/teslamate", true)]
    [InlineData("postgresql:///teslamate?host=/run/postgresql", true)]
    [InlineData("http://localhost/teslamate", false)]
    [InlineData("postgres://localhost", false)]
    public void An_address_is_one_of_a_database(string text, bool isOne) => (SourceAddress.Parse(text) is not null).ShouldBe(isOne);

    static async Task<ImportReport> MergeAsync(ImportUnderTest here, ImportUnderTest other, bool isDryRun = false)
    {
        await using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddSingleton(here.Database.DataSource)
            .AddLogbook(new LogbookSettings()).AddImport().BuildServiceProvider();
        var server = new NpgsqlConnectionStringBuilder(other.Database.ConnectionString);
        var address =
            new Uri($"postgres:///{server.Database}?host={Uri.EscapeDataString(server.Host!)}&port={server.Port}"
                + $"&user={Uri.EscapeDataString(server.Username!)}"
            + (server.Password is { } password ? $"&password={Uri.EscapeDataString(password)}" : ""));
        return await services.GetRequiredService<IDatabaseMerge>().MergeAsync(address, vin: null, isDryRun, CancellationToken.None);
    }
}
