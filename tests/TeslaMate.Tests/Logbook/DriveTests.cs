using TeslaMate.Logbook;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.Writing;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook;

/// <summary>The tables of the specification on drives (spec logbook 18.2).</summary>
public sealed class DriveTests : TestsOfOneInstance
{
    async Task DriveAsync(params PositionReading[] positions)
    {
        LogbookEntry[] entries =
        [
            new LogbookEntry.StartDrive(At(0), positions[0]), .. positions.Skip(1).Select(InDrive),
            new LogbookEntry.CloseDrive(LookUpAddresses: false),
        ];
        (await _instance.WriteAsync(entries)).ShouldBe(WriteResult.Stored);
    }

    [Theory]
    [InlineData("0:100 300:100")]
    [InlineData("0:1.0 60:1.009")]
    [InlineData("0:5 60:1")]
    [InlineData("0:5")]
    public async Task A_drive_without_a_distance_is_discarded_but_its_positions_stay(string track)
    {
        await DriveAsync(Track(track));
        (await _database.ScalarAsync<long>("select count(*) from drives")).ShouldBe(0);
        (await _database.RowsAsync("select distinct drive_id from positions")).ShouldBe(["-"]);
        (await _database.RowAsync("select drive_id from teslamate.car_logs")).ShouldBe("-");
    }

    [Fact]
    public async Task A_drive_without_positions_is_discarded()
    {
        await _database.ExecuteAsync("insert into drives (car_id, start_date) values (1, '2024-05-01')");
        var outcome = await _instance.Get<WriterSession>().Writer.RunAsync(
            [DriveStatements.Close(new(1), new(1), DriveEnd.Ended, lookUpAddresses: false)], TimeSpan.FromSeconds(10), default);
        outcome.ShouldBe([new Outcome.DriveDiscarded(new(1), new(1), DriveEnd.Ended)]);
    }

    [Theory]
    [InlineData("0:0.0 60:0.01", 0.01)]
    [InlineData("0:1.0 60:1.01", 0.010000000000000009)]
    [InlineData("60:3 0:1 30:2", 2.0)]
    public async Task Ten_metres_are_a_drive(string track, double distance)
    {
        await DriveAsync(Track(track));
        (await _database.ScalarAsync<double>("select distance from drives")).ShouldBe(distance);
        (await _database.RowAsync("""
            select start_date, end_date, duration_min, start_position_id = (select id from positions order by date limit 1),
                end_position_id = (select id from positions order by date desc limit 1)
            from drives
            """)).ShouldBe("10:00:00|10:01:00|1|True|True");
    }

    [Fact]
    public async Task Without_any_ideal_range_a_drive_is_discarded()
    {
        await DriveAsync(Position(0, 1, ideal: null), Position(60, 5, ideal: null));
        (await _database.ScalarAsync<long>("select count(*) from drives")).ShouldBe(0);
    }

    [Fact]
    public async Task Ranges_come_from_the_positions_that_have_them()
    {
        await DriveAsync(Position(0, 1, ideal: null), Position(60, 5));
        (await _database.RowAsync("select distance, start_ideal_range_km, end_ideal_range_km from drives")).ShouldBe("4|300.00|300.00");
    }

    [Fact]
    public async Task A_missing_odometer_at_an_end_keeps_the_drive_without_a_distance()
    {
        await DriveAsync(Position(0, null, ideal: null), Position(60, 10), Position(120, 12));
        await DriveAsync(Position(200, null, ideal: null), Position(260, 10), Position(320, null));
        (await _database.RowsAsync("select distance, start_km, end_km, duration_min from drives order by id")).ShouldBe(["-|-|12|2", "-|-|-|2"]);
    }

    [Theory]
    [InlineData(29, 0)]
    [InlineData(30, 1)]
    [InlineData(90, 2)]
    [InlineData(150, 3)]
    [InlineData(263, 4)]
    [InlineData(90d * 24 * 3600, 32767)]
    public async Task Durations_are_whole_minutes_and_fit_their_column(double seconds, short minutes)
    {
        await DriveAsync(Position(0, 1), Position(seconds, 5));
        (await _database.ScalarAsync<short>("select duration_min from drives")).ShouldBe(minutes);
    }

    [Fact]
    public async Task Streamed_positions_count_for_everything_but_ranges()
    {
        await DriveAsync(
            Position(0, 10, null, null) with { SpeedKmH = 50, PowerKw = 90, ElevationM = 100 },
            Position(10, 11) with { OutsideTempC = 10.0, InsideTempC = 20.05 },
            Position(20, 12, null, null) with { SpeedKmH = 120, ElevationM = 90 },
            Position(30, 13, 290.126) with { OutsideTempC = 10.1 },
            Position(40, 14, null, null) with { PowerKw = -60, ElevationM = 130 });
        (await _database.RowAsync("""
            select distance, duration_min, speed_max, power_max, power_min, start_ideal_range_km, end_ideal_range_km, outside_temp_avg,
                inside_temp_avg,
                ascent, descent, end_position_id = (select max(id) from positions)
            from drives
            """)).ShouldBe("4|1|120|90|-60|300.00|290.13|10.1|20.1|40|10|True");
    }

    [Theory]
    [InlineData("-,150,120,180", 60, 30)]
    [InlineData("-,150", 0, 0)]
    [InlineData("-,-", 0, 0)]
    [InlineData("0,32767,0", 32767, 32767)]
    [InlineData("0,32767,32766,32767", 0, 1)]
    [InlineData("-32768,32767", 0, 0)]
    public async Task Ascent_and_descent_are_sums_of_steps(string elevations, short ascent, short descent)
    {
        var known = elevations.Split(',')
            .Select(text => text == "-" ? (int?)null : int.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
        await DriveAsync([.. known.Select((elevation, i) => Position(i * 60, i) with { ElevationM = elevation })]);
        (await _database.RowAsync("select ascent, descent from drives")).ShouldBe($"{ascent}|{descent}");
    }

    [Fact]
    public async Task A_drive_of_the_specification_has_its_values()
    {
        double[] outside = [19.2, 19.0, 21.0, 18, 18.0], inside = [21.0, 21.1, 21.2, 20.9, 21.0];
        int[] speed = [23, 42, 34, 21, 39], power = [15, -4, -7, 1, 36];
        double[] odometer = [284.85156, 285, 286, 287, 288.045561], second = [1142, 1200, 1300, 1400, 1405],
            ideal = [338.8, 337.8, 336.8, 335.8, 334.8];
        await DriveAsync([.. Enumerable.Range(0, 5).Select(i => Position(second[i], odometer[i], ideal[i], ideal[i] - 30) with
        {
            OutsideTempC = outside[i], InsideTempC = inside[i], SpeedKmH = speed[i], PowerKw = power[i],
        })]);
        (await _database.RowAsync("""
            select start_date, end_date, distance, duration_min, outside_temp_avg, inside_temp_avg, speed_max, power_max, power_min,
                start_ideal_range_km, end_ideal_range_km, start_rated_range_km, end_rated_range_km
            from drives
            """)).ShouldBe("10:19:02|10:23:25|3.1940010000000143|4|19.0|21.0|42|36|-7|338.80|334.80|308.80|304.80");
    }

    [Fact]
    public async Task The_ends_of_a_drive_are_in_their_nearest_fences()
    {
        await _database.ExecuteAsync("""
            insert into geofences (id, name, latitude, longitude, radius, inserted_at, updated_at)
            values (1, 'a', 50.1121, 11.597, 100, now(), now()), (2, 'b', 49.11161, 11.222, 200, now(), now()),
                (3, 'c', 49.113, 11.222, 400, now(), now())
            """);
        await DriveAsync(
            Position(0, 1) with { Latitude = 50.112198, Longitude = 11.597669 },
            Position(60, 5) with { Latitude = 49.11196, Longitude = 11.222 });
        (await _database.RowAsync("select start_geofence_id, end_geofence_id from drives")).ShouldBe("1|2");
    }

    [Fact]
    public async Task Closing_twice_gives_the_same_drive()
    {
        await DriveAsync(Track("0:1 30:3 90:7"));
        var before = await _database.RowAsync("select * from drives");
        await _instance.Get<WriterSession>().Writer.RunAsync(
            [DriveStatements.Close(new(1), new(1), DriveEnd.Ended, lookUpAddresses: false)], TimeSpan.FromSeconds(10), default);
        (await _database.RowAsync("select * from drives")).ShouldBe(before);
    }

    [Fact]
    public async Task A_drive_that_starts_while_one_is_open_ends_that_one()
    {
        await _instance.WriteAsync(
            new LogbookEntry.StartDrive(At(0), Position(0, 1)), InDrive(Position(60, 3)),
            new LogbookEntry.StartDrive(At(100), Position(100, 3)), InDrive(Position(160, 9)), new LogbookEntry.CloseDrive());
        (await _database.RowsAsync("select end_date, distance from drives order by id")).ShouldBe(["10:01:00|2", "10:02:40|6"]);
    }

    // Parked at 100 km, found at 120 km an hour later; between them an import may have written what another logger saw (seconds:km).
    [Theory]
    [InlineData("", "10:36:00|11:00:00|100|20")]
    [InlineData("1200:112", "10:36:00|11:00:00|112|8")]
    [InlineData("1200:105 3000:112", "10:50:00|11:00:00|112|8")]
    [InlineData("1200:119.6", null)]
    [InlineData("1200:119 1260:120.1", null)]
    [InlineData("1200:500", "10:36:00|11:00:00|100|20")]
    [InlineData("0:100 3600:120 7200:130", "10:36:00|11:00:00|100|20")]
    public async Task Of_a_drive_that_nobody_saw_only_what_the_log_does_not_know_by_now_is_written(string known, string? drive)
    {
        foreach (var position in Track(known))
            await _instance.WriteAsync(new LogbookEntry.InsertPosition(position with { SpeedKmH = 30 }));
        var start = Position(2160, 100);
        (await _instance.WriteAsync(
            new LogbookEntry.StartDrive(start.Date, start, new UnseenTime(At(0), At(3600), 120)), InDrive(Position(3600, 120)),
            new LogbookEntry.CloseDrive(LookUpAddresses: false))).ShouldBe(WriteResult.Stored);
        (await _database.RowsAsync("select start_date, end_date, start_km, distance from drives")).ShouldBe(drive is null ? [] : [drive]);
        (await _database.ScalarAsync<long>("select count(*) from positions where drive_id is not null")).ShouldBe(drive is null ? 0 : 2);
        (await _database.ScalarAsync<long>("select count(*) from positions where drive_id is not null and speed is not null")).ShouldBe(0);
        (await _database.RowAsync("select drive_id from teslamate.car_logs")).ShouldBe("-");
    }

    [Fact]
    public async Task A_position_of_a_drive_that_somebody_deleted_is_kept_without_it()
    {
        await _instance.WriteAsync(new LogbookEntry.StartDrive(At(0), Position(0, 1)));
        await _database.ExecuteAsync("delete from drives");
        (await _instance.WriteAsync(InDrive(Position(60, 3)))).ShouldBe(WriteResult.Stored);
        (await _database.RowsAsync("select drive_id from positions")).ShouldBe(["-", "-"]);
        _instance.Log.Lines.ShouldContain("Warning: Car 1: a position of a drive is stored without one, because no drive is open");
    }

    [Fact]
    public async Task Absurd_values_are_brought_into_their_columns()
    {
        var absurd = new PositionReading
        {
            Date = At(0),
            Latitude = 500,
            Longitude = -4000,
            ElevationM = int.MaxValue,
            SpeedKmH = 40000,
            PowerKw = int.MinValue,
            OdometerKm = double.PositiveInfinity,
            IdealRangeKm = 1e300,
            EstimatedRangeKm = double.NaN,
            RatedRangeKm = -99999,
            BatteryLevel = 99999,
            UsableBatteryLevel = -99999,
            OutsideTempC = 5000,
            InsideTempC = double.NegativeInfinity,
            FanStatus = int.MaxValue,
            TirePressureFrontLeftBar = 1234567,
        };
        await DriveAsync(absurd, absurd with { Date = At(1), Latitude = double.NaN }, absurd with { Date = At(2), OdometerKm = 10 },
            Position(60, 20));
        (await _database.RowAsync("""
            select latitude, longitude, elevation, speed, power, odometer, ideal_battery_range_km, est_battery_range_km, rated_battery_range_km,
                battery_level, usable_battery_level, outside_temp, inside_temp, fan_status, tpms_pressure_fl
            from positions order by id limit 1
            """)).ShouldBe("90.000000|-180.000000|32767|32767|-32768|-|9999.99|-|-9999.99|32767|-32768|999.9|-999.9|2147483647|999.9");
        (await _database.ScalarAsync<long>("select count(*) from positions")).ShouldBe(3);
        (await _database.ScalarAsync<long>("select count(*) from drives")).ShouldBe(1);
    }

    static PositionReading[] Track(string text)
        => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split(':'))
            .Select(part => Position(Number(part[0]), Number(part[1])))];

    static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
