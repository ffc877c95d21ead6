using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.Leases;
using TeslaMate.Telemetry;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Pipeline;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;
using TeslaMate.Telemetry.Wire.Generated;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Telemetry.Wire;
using TeslaMate.Tests.Time;
using TeslaMate.Tests.Vehicles;
using TeslaMate.Tests.Vehicles.Loop;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Feeds;
using TeslaMate.Vehicles.Life;
using TeslaMate.Vehicles.Loop;
using static TeslaMate.Tests.Telemetry.Pipeline.TelemetryScene;

namespace TeslaMate.Tests.Telemetry.Pipeline;

/// <summary>From the inbox to the tables of drives and charges, with a database and the loop of the program.</summary>
public class PipelineTests
{
    const string Drives = """
        select start_date, end_date, duration_min, round(distance::numeric, 6), speed_max, power_max, power_min, start_ideal_range_km,
            end_ideal_range_km from drives order by id
        """;

    [Fact]
    public async Task Records_become_a_drive()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1, 2, 3, 4, 5);
        await house.UntilAsync("08:12:00");

        (await house.Database.RowsAsync(Drives)).ShouldBe(["08:01:00.5|08:10:00.001|9|5.186916|50|15|0|289.68|289.68"]);
        (await house.Database.RowsAsync("select date, drive_id is not null, latitude, speed, power from positions order by id")).ShouldBe(
        [
            "08:00:00.25|False|52.520007|-|-",
            "08:01:00.5|True|52.520007|0|-",
            "08:01:10|True|52.521300|50|15",
            "08:10:00.001|True|52.521300|-|0",
            "08:10:00.001|False|52.521300|-|0",
        ]);
        (await house.Database.RowsAsync("select state::text, start_date, end_date from states")).ShouldBe(["asleep|08:00:00|08:00:00.25",
            "online|08:00:00.25|08:10:05", "asleep|08:10:05|-"]);
        (await house.Database.RowsAsync("select version, start_date, end_date from updates")).ShouldBe(
            ["2026.20.3 8a1b2c3d4e5f|08:00:00.25|08:00:00.25"]);
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox where not is_applied")).ShouldBe(0);
        (await house.Database.RowsAsync("select date, fields, numbers from teslamate.telemetry_values order by date")).Count.ShouldBe(2);
        // Nothing was asked but once whether the car sleeps, and once for what it does not tell.
        house.Tesla.Requests.Select(request => request.IsFull).ShouldBe([false, true], ignoreOrder: true);
    }

    [Fact]
    public async Task A_restart_in_a_drive_continues_it()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1, 2, 3);
        await house.UntilAsync("08:02:00");
        await house.StopLoopAsync();
        // Taken in while nobody applied it.
        await house.GetsAsync(4);
        await house.StartLoopAsync();
        await house.UntilAsync("08:12:00");

        (await house.Database.RowsAsync(Drives)).ShouldBe(["08:01:00.5|08:10:00.001|9|5.186916|50|15|0|289.68|289.68"]);
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox where not is_applied")).ShouldBe(0);
    }

    [Fact]
    public async Task What_was_handed_over_and_not_written_comes_again_and_makes_its_rows()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1);
        await house.UntilAsync("08:00:30");
        await house.StopLoopAsync();
        await house.GetsAsync(2, 3, 4);
        await house.LoseReadingsAsync(3);
        await house.StartLoopAsync();
        await house.UntilAsync("08:15:00");

        (await house.Database.RowsAsync(Drives)).ShouldBe(["08:01:00.5|08:10:00.001|9|5.186916|50|15|0|289.68|289.68"]);
    }

    [Fact]
    public async Task What_a_car_said_is_kept_when_the_program_stops_before_it_could_read_it_again()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1);
        await house.GetsAsync(ARecord((Field.Soc, 60.0)), At("08:30:00"));
        await house.GetsAsync(ARecord((Field.Soc, 59.0)), At("08:30:05"));
        await house.UntilAsync("08:30:10");
        // The next time that it is saved fails, and so does reading what was saved.
        await house.Database.ExecuteAsync("alter table teslamate.telemetry_snapshots rename to elsewhere");
        await house.UntilAsync("08:32:00");
        await house.Database.ExecuteAsync("alter table teslamate.elsewhere rename to telemetry_snapshots");
        await house.StopLoopAsync();
        await house.StartLoopAsync();
        await house.GetsAsync(ARecord((Field.Gear, "D"), (Field.Location, Place(52.52, 13.4))), At("08:50:00"));
        await house.UntilAsync("08:50:10");

        (await house.Database.RowsAsync("select date, odometer is not null from positions where drive_id is not null")).ShouldBe(["08:50:00|True"]);
    }

    [Fact]
    public async Task A_backlog_that_is_applied_after_the_last_save_is_known_after_a_kill()
    {
        await using var house = await House.StartAsync();
        await house.StopLoopAsync();
        await house.GetsAsync(1);
        await house.ApplyLongAfterASaveAsync(At("09:00:00"));
        await house.StartLoopAsync();
        await house.GetsAsync(ARecord((Field.Gear, "D"), (Field.Location, Place(52.52, 13.4))), At("09:10:00"));
        await house.UntilAsync("09:10:10");

        (await house.Database.RowsAsync("select date, odometer is not null from positions where drive_id is not null")).ShouldBe(["09:10:00|True"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_drive_ends_with_the_change_to_park_even_if_it_is_the_first_word_after_a_restart(bool isRestarted)
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1, 2, 3);
        await house.GetsAsync(ARecord((Field.Odometer, 12350.0), (Field.Location, Place(52.525, 13.415))), At("08:01:40"));
        await house.UntilAsync("08:02:00");
        if (isRestarted)
            await house.StopLoopAsync();
        await house.GetsAsync(ARecord((Field.Gear, "P")), At("08:04:00"));
        if (isRestarted)
            await house.StartLoopAsync();
        await house.UntilAsync("08:12:00");

        (await house.Database.RowsAsync("select start_date, end_date from drives")).ShouldBe(["08:01:00.5|08:04:00"]);
        (await house.Database.RowsAsync("select date from positions where drive_id is not null order by date desc limit 1")).ShouldBe(["08:04:00"]);
    }

    /// <summary>The program's own downtime is a loss, too: what the car has buffered may come after what it says now.</summary>
    [Fact]
    public async Task What_was_buffered_while_the_program_was_down_comes_before_what_is_said_now()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1, 2, 3);
        await house.UntilAsync("08:02:00");
        await house.StopLoopAsync();
        await house.GetsAsync(ARecord((Field.Location, Place(52.55, 13.45)), (Field.VehicleSpeed, 20.0)), At("08:30:00"));
        await house.StartLoopAsync();
        await house.UntilAsync("08:30:20");
        foreach (var (clock, latitude) in new[] { ("08:10:00", 52.53), ("08:20:00", 52.54) })
            await house.GetsAsync(ARecord((Field.Location, Place(latitude, 13.43)), (Field.VehicleSpeed, 20.0)), At(clock));
        await house.GetsAsync(ARecord((Field.Gear, "P"), (Field.Odometer, 12350.0)), At("08:35:00"));
        await house.UntilAsync("08:37:00");

        (await house.Database.RowsAsync("select start_date, end_date from drives")).ShouldBe(["08:01:00.5|08:35:00"]);
        (await house.Database.RowsAsync("select date from positions where drive_id is not null order by date")).Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_restart_after_a_kill_knows_what_was_applied_since_the_snapshot_was_saved()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1, 2, 3);
        await house.UntilAsync("08:02:00");
        await house.StopLoopAsync();
        // Killed within the first minute: nothing was saved.
        await house.Database.ExecuteAsync("delete from teslamate.telemetry_snapshots");
        await house.StartLoopAsync();
        // It is in gear still, and does not say so again.
        await house.GetsAsync(ARecord((Field.Location, Place(52.525, 13.415))), At("08:05:00"));
        await house.GetsAsync(4);
        await house.UntilAsync("08:12:00");

        (await house.Database.RowsAsync(Drives)).ShouldBe(["08:01:00.5|08:10:00.001|9|5.186916|50|15|0|289.68|289.68"]);
        (await house.Database.RowsAsync("select drive_id is not null, odometer is not null from positions where date = '2026-06-01 08:05:00'"))
            .ShouldBe(["True|True"]);
    }

    [Fact]
    public async Task A_late_record_belongs_to_the_drive_it_was_made_in()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1, 2, 3, 4, 5);
        await house.UntilAsync("08:12:00");
        await house.GetsAsync(6);
        await house.UntilAsync("08:13:00");
        await house.CloseLateAsync();

        (await house.Database.RowsAsync(Drives)).ShouldBe(["08:01:00.5|08:10:00.001|9|5.186916|83|15|0|289.68|289.68"]);
        (await house.Database.RowsAsync(
            "select date, drive_id is not null, speed, power, odometer is null from positions where speed = 83")).ShouldBe(
                ["08:05:00.75|True|83|-|True"]);

        // Outside of every drive it is no position: after the drive's end and before the newest record.
        await house.GetsAsync(ARecord((Field.Location, Place(52.6, 13.6)), (Field.VehicleSpeed, 20.0)), At("08:10:03"));
        await house.UntilAsync("08:14:00");
        (await house.Database.ScalarAsync<long>("select count(*) from positions")).ShouldBe(6);
    }

    /// <summary>A place that comes late may be older than the first that came (spec fleet-telemetry 10).</summary>
    [Fact]
    public async Task A_late_record_before_the_first_row_moves_the_beginning_of_its_drive()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1);
        await house.GetsAsync(ARecord((Field.Gear, "D"), (Field.Location, Place(52.51, 13.40)), (Field.VehicleSpeed, 20.0)), At("08:01:20"));
        await house.GetsAsync(ARecord((Field.Gear, "P"), (Field.Location, Place(52.53, 13.40)), (Field.Odometer, 12_348.7)), At("08:06:00"));
        await house.UntilAsync("08:08:00");
        await house.GetsAsync(ARecord((Field.Location, Place(52.505, 13.40)), (Field.VehicleSpeed, 15.0)), At("08:01:00"));
        await house.UntilAsync("08:10:00");
        await house.CloseLateAsync();

        (await house.Database.RowsAsync("select start_date, end_date, duration_min, speed_max from drives")).ShouldBe(["08:01:00|08:06:00|5|32"]);
        (await house.Database.ScalarAsync<long>("select count(*) from positions where drive_id is not null")).ShouldBe(3);
    }

    [Fact]
    public async Task A_drive_of_nine_metres_is_none()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1);
        await house.GetsAsync(ARecord((Field.Gear, "D"), (Field.Location, Place(52.52, 13.40))), At("08:01:00"));
        await house.GetsAsync(ARecord((Field.Gear, "P"), (Field.Location, Place(52.52008, 13.40)), (Field.Odometer, 12_345.678 + (0.009 / 1.609344))),
            At("08:01:30"));
        await house.UntilAsync("08:03:00");

        (await house.Database.ScalarAsync<long>("select count(*) from drives")).ShouldBe(0);
        (await house.Database.ScalarAsync<long>("select count(*) from positions where drive_id is not null")).ShouldBe(0);
    }

    /// <summary>Wrong types and impossible numbers are left out and counted; their record counts (spec fleet-telemetry 3.1).</summary>
    [Fact]
    public async Task What_no_car_can_mean_is_counted_and_the_rest_of_its_record_counts()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1);
        await house.GetsAsync(
            ARecord((Field.Gear, 7), (Field.Odometer, 1e12), (Field.Soc, 250.0), (Field.VehicleName, "a\0b"), (Field.Location, Place(200, 13)),
                (Field.BatteryLevel, Invalid), (Field.OutsideTemp, "SNA"), (Field.InsideTemp, 21.0)),
            At("08:02:00"));
        await house.GetsAsync(ARecord((Field.Gear, "D"), (Field.Location, Place(52.52, 13.40))), At("08:03:00"));
        await house.UntilAsync("08:04:30");

        (await house.Database.RowsAsync("select rejected from teslamate.telemetry_usage where rejected > 0")).ShouldBe(["4"]);
        (await house.Database.RowsAsync("select usable_battery_level, inside_temp, outside_temp from positions order by id desc limit 1"))
            .ShouldBe(["63|21.0|-"]);
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox where not is_applied")).ShouldBe(0);
    }

    /// <summary>Tesla's server need not hand on what it knows of connections (spec fleet-telemetry 4.3).</summary>
    [Fact]
    public async Task A_car_whose_connections_nobody_tells_of_is_silent_for_half_an_hour_before_it_sleeps()
    {
        await using var house = await House.StartAsync();
        house.Path = IntakePath.ZeroMq;
        await house.GetsAsync(1);
        await house.UntilAsync("08:25:00");
        (await house.Database.RowsAsync("select state::text from states where end_date is null")).ShouldBe(["online"]);
        await house.UntilAsync("08:33:00");
        await house.Database.WaitForCountAsync(1, "states where end_date is null and state = 'asleep' and start_date < '2026-06-01 08:01'");
    }

    [Fact]
    public async Task A_change_of_gear_that_is_told_too_late_parts_the_drive_in_the_tables()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1);
        for (var minute = 10; minute < 30; minute++)
        {
            (Field, object)[] gear = minute == 10 ? [(Field.Gear, "D")] : [];
            await house.GetsAsync(
                ARecord([.. gear, (Field.Location, Place(52.5 + (minute / 1000.0), 13.4)), (Field.Odometer, 12_335.7 + minute)]),
                At($"08:{minute}:00"));
        }

        await house.GetsAsync(ARecord((Field.Gear, "P"), (Field.Location, Place(52.53, 13.4)), (Field.Odometer, 12_365.7)), At("08:30:00"));
        await house.UntilAsync("08:32:00");
        (await house.Database.RowsAsync("select start_date, end_date from drives order by start_date")).ShouldBe(["08:10:00|08:30:00"]);

        await house.GetsAsync(ARecord((Field.Gear, "P")), At("08:15:30"));
        await house.GetsAsync(ARecord((Field.Gear, "D"), (Field.Location, Place(52.5201, 13.4))), At("08:20:30"));
        await house.UntilAsync("08:34:00");
        (await house.Database.RowsAsync("select start_date, end_date, round(distance::numeric, 1) from drives order by start_date"))
            .ShouldBe(["08:10:00|08:15:00|8.0", "08:20:30|08:30:00|16.1"]);
        (await house.Database.ScalarAsync<long>("select count(*) from positions where drive_id is null and date > '2026-06-01 08:15:00' and date "
            + "< '2026-06-01 08:20:30'")).ShouldBe(5);
        // At the end of the drive that was lies the row of the parked car, too.
        (await house.Database.ScalarAsync<long>("select count(*) from (select from positions where drive_id is not null group by drive_id, date "
            + "having count(*) > 1) doubled")).ShouldBe(0);
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox where not is_applied")).ShouldBe(0);
    }

    [Fact]
    public async Task A_restart_in_a_charge_and_in_an_update_continues_it_from_the_snapshot()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1);
        await house.GetsAsync(
            ARecord((Field.DetailedChargeState, "Charging"), (Field.DcchargingEnergyIn, 0.0), (Field.AcchargingEnergyIn, 0.0),
                (Field.AcchargingPower, 11.0),
                (Field.FastChargerPresent, false)), At("08:53:30"));
        await house.UntilAsync("08:55:00");
        await house.StopLoopAsync();
        await house.StartLoopAsync();
        await house.GetsAsync(ARecord((Field.DcchargingEnergyIn, 5.0), (Field.AcchargingEnergyIn, 5.4)), At("09:20:00"));
        await house.GetsAsync(ARecord((Field.DetailedChargeState, "Complete"), (Field.AcchargingPower, 0.0)), At("09:30:00"));
        await house.UntilAsync("09:32:00");
        (await house.Database.RowsAsync("select start_date, end_date, charge_energy_added, charge_energy_used from charging_processes")).ShouldBe(
            ["08:53:30|09:30:00|5.00|5.40"]);

        await house.GetsAsync(11);
        await house.UntilAsync("11:02:00");
        await house.StopLoopAsync();
        await house.StartLoopAsync();
        await house.GetsAsync(ARecord((Field.Version, "2026.26.1 9f8e7d6c5b4a"), (Field.SoftwareUpdateInstallationPercentComplete, 1)),
            At("11:27:20"));
        await house.UntilAsync("11:29:00");
        (await house.Database.RowsAsync("select start_date, end_date, version from updates order by id"))[^1].ShouldBe(
            "11:00:00|11:27:20|2026.26.1 9f8e7d6c5b4a");
    }

    [Fact]
    public async Task A_charge_has_the_chargers_own_counter()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1);
        await house.GetsAsync(
            ARecord((Field.DetailedChargeState, "Starting"), (Field.DcchargingEnergyIn, 0.0), (Field.AcchargingEnergyIn, 0.0),
                (Field.AcchargingPower, 0.0),
                (Field.FastChargerPresent, false), (Field.Location, Place(52.52, 13.40))),
            At("08:53:30"));
        await house.GetsAsync(8);
        await house.UntilAsync("09:02:00");
        await house.GetsAsync(
            ARecord((Field.DetailedChargeState, "Complete"), (Field.AcchargingPower, 0.0), (Field.DcchargingEnergyIn, 17.60),
                (Field.AcchargingEnergyIn, 18.75),
                (Field.BatteryLevel, 80.2), (Field.Soc, 79.6), (Field.Location, Place(52.52, 13.40))),
            At("10:30:00"));
        await house.UntilAsync("10:32:00");

        (await house.Database.RowsAsync("""
            select start_date, end_date, duration_min, charge_energy_added, charge_energy_used, start_battery_level, end_battery_level
                from charging_processes
            """)).ShouldBe(["08:53:30|10:30:00|97|17.60|18.75|63|80"]);
    }

    [Fact]
    public async Task A_gear_told_too_late_parts_a_drive_that_goes_on_into_a_closed_and_an_open_one()
    {
        await using var house = await House.StartAsync();
        await house.GetsAsync(1);
        await Tell("08:01:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40)), (Field.Odometer, 12_345.8));
        await Tell("08:02:00", (Field.Location, Place(52.51, 13.40)), (Field.Odometer, 12_346.8));
        await Tell("08:03:00", (Field.Gear, "D"), (Field.Location, Place(52.511, 13.40)));
        await Tell("08:04:00", (Field.Location, Place(52.52, 13.40)), (Field.Odometer, 12_347.8));
        // What comes after half a minute without data is held for one.
        await house.UntilAsync("08:05:10");
        await Tell("08:02:30", (Field.Gear, "P"));
        await house.UntilAsync("08:06:20");
        (await DrivesAsync()).ShouldBe(["08:03:00||08:03:00,08:04:00", "08:01:00|08:02:00|08:01:00,08:02:00"], ignoreOrder: true);

        await Tell("08:06:40", (Field.Gear, "P"), (Field.Location, Place(52.53, 13.40)), (Field.Odometer, 12_348.8));
        await house.UntilAsync("08:08:30");
        (await DrivesAsync()).ShouldBe(["08:03:00|08:06:40|08:03:00,08:04:00,08:06:40", "08:01:00|08:02:00|08:01:00,08:02:00"], ignoreOrder: true);

        Task Tell(string clock, params (Field Field, object Value)[] values) => house.GetsAsync(ARecord(values), At(clock));

        Task<List<string>> DrivesAsync() => house.Database.RowsAsync("""
            select to_char(start_date, 'HH24:MI:SS'), coalesce(to_char(end_date, 'HH24:MI:SS'), ''),
                (select string_agg(to_char(date, 'HH24:MI:SS'), ',' order by date) from positions where drive_id = drives.id)
            from drives
            """);
    }

    /// <summary>
    /// Records of right and wrong values, late ones and mutated payloads between them: whatever rows they make, the database takes them, and the
    /// drive after them is a drive like any other.
    /// </summary>
    [Fact]
    public async Task A_thousand_odd_records_break_no_commit_and_the_next_drive_is_whole()
    {
        const int Records = 1_000;
        const int AtOnce = 100;
        var random = new Random(1_020);
        await using var house = await House.StartAsync();
        await house.GetsAsync(1);
        for (var i = 0; i < Records; i += AtOnce)
            await house.GetAllAsync([.. Enumerable.Range(i, AtOnce).Select(number => OddRecord(number, random))], T.AddSeconds((i + AtOnce) / 10.0));
        await house.UntilAsync("08:04:00");
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox where type = 0")).ShouldBeGreaterThan(Records / 2);

        await house.GetsAsync(ARecord((Field.Gear, "P"), (Field.DetailedChargeState, "Disconnected"), (Field.Location, Place(52.50, 13.40)),
            (Field.SoftwareUpdateInstallationPercentComplete, 1), (Field.Version, "2026.20.9 aaaa")), At("08:05:00"));
        for (var second = 0; second < 120; second += 10)
        {
            await house.GetsAsync(
                ARecord((Field.Gear, "D"), (Field.Location, Place(52.50 + (second / 10_000.0), 13.40)), (Field.Odometer, 12_350 + (second / 100.0))),
                At("08:06:00").AddSeconds(second));
        }

        await house.GetsAsync(ARecord((Field.Gear, "P"), (Field.Odometer, 12_351.2)), At("08:08:00"));
        await house.UntilAsync("08:10:00");

        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox where not is_applied")).ShouldBe(0, house.Told);
        (await house.Database.RowsAsync("select start_date, end_date, round(distance::numeric, 2) from drives order by start_date desc limit 1"))
            .ShouldBe(["08:06:00|08:08:00|1.93"], house.Told);
        (await house.Database.ScalarAsync<long>("select count(*) from drives where end_date is null")).ShouldBe(0);
        (await house.Database.ScalarAsync<long>("select count(*) from charging_processes where end_date is null")).ShouldBe(0);
        (await house.Database.ScalarAsync<long>("select count(*) from (select from positions where drive_id is not null group by drive_id, date "
            + "having count(*) > 1) doubled")).ShouldBe(0);
    }

    /// <summary>A tenth of a second after the one before, or somewhere in the minutes before that.</summary>
    static (TelemetryRecord.Data Record, DateTimeOffset At) OddRecord(int number, Random random)
    {
        var at = T.AddSeconds(1 + (number / 10.0));
        if (random.Next(4) == 0)
        {
            var payload = EnvelopeTests.Mutate(Vectors.Payload(1 + random.Next(11)), random);
            if (ProtobufForm.TryRead(RecordType.Data, payload) is TelemetryRecord.Data read)
                return ((TelemetryRecord.Data)ServerChanges.Apply(read, Vectors.Vin), at);
        }

        object[] odd =
        [
            Invalid, TelemetryValue.Unknown.Instance, "", "<invalid>", "x\0y", new string('x', 5_000), true, -1, 0, 7.0, int.MaxValue, 1e300,
            double.NaN, TelemetryValue.Number.Of(long.MinValue), Place(91, 181), Place(double.NaN, 1e9), Place(0, 0),
            new TelemetryValue.Time(25, -1, 99), new TelemetryValue.Code(9, 5), new TelemetryValue.Code(32, 200), new TelemetryValue.Code(53, -1),
        ];
        List<(Field Field, object Value)> values = [];
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            values.Add(random.Next(3) == 0 ? ((Field)random.Next(280), odd[random.Next(odd.Length)]) : random.Next(12) switch
            {
                0 => (Field.Gear, random.Next(3) == 0 ? "P" : "D"),
                1 => (Field.DetailedChargeState, random.Next(2) == 0 ? "Charging" : "Complete"),
                2 => (Field.AcchargingPower, random.Next(12)),
                3 => (Field.DcchargingEnergyIn, random.NextDouble() * 60),
                4 => (Field.BatteryLevel, random.NextDouble() * 110),
                5 => (Field.VehicleSpeed, random.NextDouble() * 120),
                6 => (Field.PackCurrent, (random.NextDouble() * 1_000) - 500),
                7 => (Field.SoftwareUpdateInstallationPercentComplete, random.Next(101)),
                8 => (Field.Version, $"2026.20.{random.Next(4)} aaaa"),
                9 => (Field.FastChargerPresent, random.Next(2) == 0),
                10 => (Field.OutsideTemp, (random.NextDouble() * 400) - 200),
                _ => (Field.Location, Place(52.5 + random.NextDouble(), 13.4)),
            });
        }

        // Some come late, and some say what was said at the same moment.
        return (ARecord([.. values]), random.Next(20) == 0 ? at.AddSeconds(-random.Next(200)) : at);
    }

    /// <summary>A car's loop on a real logbook, and a clock that the test moves.</summary>
    sealed class House : IAsyncDisposable
    {
        readonly ManualTime _time = new(T);
        readonly InboxTable _inbox;
        readonly InboxSignal _signal = new();
        readonly RecordedLog _log = new();
        readonly InboxWriter _writer;
        readonly LogbookInstance _logbook;
        readonly VehicleLoopParts _parts;
        CarLease? _lease;
        VehicleLoop? _loop;
        Task? _run;

        House(LogbookDatabase database)
        {
            Database = database;
            _inbox = new InboxTable(database.DataSource);
            _writer = new InboxWriter(database.DataSource, _signal, TimeProvider.System, _log.For<InboxWriter>());
            _logbook = new LogbookInstance(database.DataSource);
            var settings = new TelemetrySettings();
            var cars = new TelemetryCars(database.DataSource, _inbox, settings, TimeProvider.System, _log.For<TelemetryCars>());
            var ledger = new Ledger(database.DataSource, settings, _time, _log.For<Ledger>());
            var feeds = new TelemetryFeeds(cars, _inbox, _signal, new ValueTable(database.DataSource), ledger, _time,
                _log.For<TelemetryFeeds>());
            Tesla.Car(1, new TeslaMate.Tesla.Cars.VehicleData { State = "asleep" });
            _parts = new VehicleLoopParts(
                Tesla, new FakeStreams(), _logbook.Logbook, new OneGeofence(), new FlatTerrain(), new SummaryHub(), new BusyBoard(), _time,
                _log.For<VehicleLoop>())
            { Telemetry = feeds };
        }

        public LogbookDatabase Database { get; }

        public FakeTesla Tesla { get; } = new();

        /// <summary>What the program told last.</summary>
        public string Told => string.Join('\n', _log.Everything.Split('\n').TakeLast(200));

        public IntakePath Path { get; set; } = IntakePath.Endpoint;

        public static async Task<House> StartAsync()
        {
            var database = await LogbookDatabase.CreateAsync();
            await database.ExecuteAsync($"update cars set vin = '{Vectors.Vin}'; insert into teslamate.telemetry_cars (car_id) values (1)");
            var house = new House(database);
            await house._writer.StartAsync(default);
            house._lease = await house._logbook.LeaseAsync();
            await house.StartLoopAsync();
            return house;
        }

        public async Task StartLoopAsync()
        {
            var open = await _logbook.Logbook.OpenEntriesAsync(new(1), default);
            var car = ACar.Row() with { Eid = 1, Vin = Vectors.Vin };
            var vehicle = Vehicle.Begin(car, new VehicleSettings { LookUpAddresses = false }, open, _time.GetUtcNow()) with
            {
                Telemetry = TelemetryState.None with { IsConfigured = true },
            };
            _loop = new VehicleLoop(vehicle, _parts, () => { });
            _run = _loop.RunAsync(default);
        }

        public async Task StopLoopAsync()
        {
            await _loop!.DisposeAsync();
            await _run!;
        }

        /// <summary>A run reads the inbox, and ends after a while without having written anything of it.</summary>
        public async Task LoseReadingsAsync(int readings)
        {
            var lost = new Deaf();
            await using var feed = _parts.Telemetry!.Open(ACar.Row() with { Eid = 1, Vin = Vectors.Vin }, lost);
            for (var i = 0; i < 1_000 && lost.Readings < readings; i++)
            {
                await Task.Delay(10);
                _time.Advance(TimeSpan.FromMilliseconds(100));
            }

            lost.Readings.ShouldBe(readings);
            // Longer than until the snapshot is saved.
            for (var i = 0; i < 40; i++)
            {
                await Task.Delay(10);
                _time.Advance(TimeSpan.FromSeconds(2));
            }
        }

        /// <summary>A run saves what it knows, applies the rest of the inbox, and is killed before it saves again.</summary>
        public async Task ApplyLongAfterASaveAsync(DateTimeOffset saved)
        {
            _time.Advance(saved - _time.GetUtcNow());
            await _inbox.SaveAsync(new(1), new Snapshot().Save(), saved, default);
            await _inbox.ApplyAsync(await _inbox.UnappliedAsync(new(1), default), default);
        }

        public async Task GetsAsync(params int[] vectors)
        {
            foreach (var vector in vectors)
            {
                var record = (TelemetryRecord.Data)ServerChanges.Apply(ProtobufForm.TryRead(RecordType.Data, Vectors.Payload(vector))!, Vectors.Vin);
                await GetsAsync(record, record.CreatedAt!.Value);
            }
        }

        /// <summary>A record arrives at its own time, or now if that has passed.</summary>
        public async Task GetsAsync(TelemetryRecord.Data record, DateTimeOffset carTime)
        {
            if (carTime > _time.GetUtcNow() && _run is { IsCompleted: false })
                await UntilAsync(carTime);
            else if (carTime > _time.GetUtcNow())
                _time.Advance(carTime - _time.GetUtcNow());
            var known = record with { CreatedAt = carTime };
            (await _writer.StoreAsync(
                InboxRecord.Of(new(1), RecordType.Data, RecordForm.Protobuf, Path, default, known, null, _time.GetUtcNow(),
                    ProtobufForm.Write(known)), default))
                .ShouldBe(StoreResult.Stored);
        }

        /// <summary>Records arrive together, and the clock goes on until then.</summary>
        public async Task GetAllAsync(IReadOnlyList<(TelemetryRecord.Data Record, DateTimeOffset At)> records, DateTimeOffset until)
        {
            await Task.WhenAll(records.Select(async entry =>
            {
                var known = entry.Record with { CreatedAt = entry.At };
                (await _writer.StoreAsync(
                    InboxRecord.Of(new(1), RecordType.Data, RecordForm.Protobuf, Path, default, known, null, until, ProtobufForm.Write(known)),
                    default)).ShouldNotBe(StoreResult.NotStored);
            }));
            await UntilAsync(until);
        }

        public Task UntilAsync(string clock) => UntilAsync(At(clock));

        public Task<int> CloseLateAsync() => _logbook.Get<LateDrives>().CloseDueAsync(() => { }, default);

        /// <summary>Lets the clock run; the last minute slowly, so that what waits a second has its second.</summary>
        async Task UntilAsync(DateTimeOffset end)
        {
            while (_time.GetUtcNow() < end)
            {
                var left = end - _time.GetUtcNow();
                // What has arrived is queued before time goes on.
                for (var i = 0; i < 100 && _time.PendingTimers == 0; i++)
                    await Task.Delay(5);
                await Task.Delay(5);
                _time.Advance(left > TimeSpan.FromSeconds(90)
                    ? TimeSpan.FromSeconds(5) : left > TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : left);
            }

            for (var i = 0; i < 100 && await Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox where not is_applied")
                > 0; i++)
                await Task.Delay(10);
        }

        public async ValueTask DisposeAsync()
        {
            await StopLoopAsync();
            await _writer.StopAsync(default);
            _writer.Dispose();
            if (_lease is not null)
                await _lease.DisposeAsync();
            await _logbook.DisposeAsync();
            await Database.DisposeAsync();
        }
    }

    /// <summary>Takes readings and does nothing with them.</summary>
    sealed class Deaf : ITelemetryReceiver
    {
        int _readings;

        public int Readings => Volatile.Read(ref _readings);

        public bool IsBusy => false;

        public ValueTask ContactAsync(bool isUp, DateTimeOffset since, bool isTold, CancellationToken cancellationToken) => default;

        public ValueTask CutAsync(string? error, CancellationToken cancellationToken) => default;

        public ValueTask ArriveAsync(IReadOnlyList<TelemetryReading> readings, CancellationToken cancellationToken)
        {
            Interlocked.Add(ref _readings, readings.Count);
            return default;
        }

        public ValueTask ShowAsync(TeslaMate.Tesla.Cars.VehicleData snapshot, CancellationToken cancellationToken) => default;
    }
}
