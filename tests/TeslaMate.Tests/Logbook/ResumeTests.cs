using TeslaMate.Logbook;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook;

public sealed class ResumeTests : TestsOfOneInstance
{
    Task<OpenEntries> OpenAsync() => _instance.Logbook.OpenEntriesAsync(new(1), default);

    [Fact]
    public async Task Of_a_new_car_nothing_is_open()
        => (await OpenAsync()).ShouldBe(new OpenEntries(null, null, null, null, null, null));

    [Fact]
    public async Task What_is_open_is_found_with_its_last_values()
    {
        await _instance.WriteAsync(
            new LogbookEntry.StartState(CarActivity.Online, At(0)),
            new LogbookEntry.StartUpdate(At(1)), new LogbookEntry.FinishUpdate(At(2), "2024.1 a"), new LogbookEntry.StartUpdate(At(3)),
            new LogbookEntry.StartDrive(At(10), Position(10, 5, 300.5)), InDrive(Position(20, 6, 299) with { InsideTempC = 20.5, SpeedKmH = 50 }),
            InDrive(Position(30, 7, null, null)),
            new LogbookEntry.StartCharging(At(40), Position(40, 8, 250)),
            new LogbookEntry.InsertCharge(new() { Date = At(41), EnergyAddedKwh = 1, IdealRangeKm = 251 }),
            new LogbookEntry.InsertCharge(new() { Date = At(42), EnergyAddedKwh = 2.5, IdealRangeKm = 252, BatteryLevel = 55 }));
        var open = await OpenAsync();
        open.State.ShouldBe(new OpenState(CarActivity.Online, At(0)));
        open.Update.ShouldBe(new OpenUpdate(new(2), At(3), "2024.1 a"));
        open.LatestUpdate.ShouldBe(new LoggedUpdate(new(2), At(3), null, null));
        open.Drive.ShouldNotBeNull();
        open.Drive.Start.ShouldBe(At(10));
        open.Drive.First.ShouldBe(Position(10, 5, 300.5));
        open.Drive.Last.ShouldBe(Position(30, 7, null, null));
        open.Drive.LastWithRange.ShouldBe(Position(20, 6, 299) with { InsideTempC = 20.5, SpeedKmH = 50 });
        open.Charging.ShouldNotBeNull();
        open.Charging.Place.ShouldBe(Position(40, 8, 250));
        open.Charging.First.ShouldNotBeNull().EnergyAddedKwh.ShouldBe(1);
        open.Charging.Last.ShouldNotBeNull().BatteryLevel.ShouldBe(55);
        open.LatestPosition.ShouldBe(Position(40, 8, 250));
    }

    [Fact]
    public async Task What_the_reference_left_open_long_ago_is_closed_and_the_newest_is_continued()
    {
        await _database.ExecuteAsync("""
            insert into drives (id, car_id, start_date) values (1, 1, '2024-01-01'), (2, 1, '2024-01-02'), (3, 1, '2024-01-03');
            insert into positions (id, car_id, drive_id, date, latitude, longitude, odometer, ideal_battery_range_km) values
                (1, 1, 1, '2024-01-01 10:00', 1, 1, 10, 300), (2, 1, 1, '2024-01-01 10:10', 1, 1, 20, 290),
                (3, 1, 2, '2024-01-02 10:00', 1, 1, 20, 290),
                (4, 1, 3, '2024-01-03 10:00', 1, 1, 20, 290), (5, 1, 3, '2024-01-03 10:05', 1, 1, 25, 285);
            insert into charging_processes (id, car_id, position_id, start_date) values (1, 1, 1, '2024-01-01'), (2, 1, 2, '2024-01-02');
            insert into charges (charging_process_id, date, charge_energy_added, charger_power, ideal_battery_range_km) values
                (1, '2024-01-01 11:00', 0, 11, 100), (1, '2024-01-01 12:00', 10, 11, 150), (2, '2024-01-02 11:00', 0, 11, 100);
            select setval('trips_id_seq', 3), setval('positions_id_seq', 5), setval('charging_processes_id_seq', 2)
            """);
        var open = await OpenAsync();
        open.Drive.ShouldNotBeNull().Id.ShouldBe(new(3));
        open.Charging.ShouldNotBeNull().Id.ShouldBe(new(2));
        (await _database.RowsAsync("select id, end_date, distance from drives order by id")).ShouldBe(["1|10:10:00|10", "3|-|-"]);
        (await _database.RowsAsync("select id, end_date, charge_energy_added from charging_processes order by id")).ShouldBe(["1|12:00:00|10.00",
            "2|-|-"]);

        // It goes on in the same row.
        await _instance.WriteAsync(new LogbookEntry.InsertDrivePosition(Position(0, 40)), new LogbookEntry.CloseDrive(),
            new LogbookEntry.CompleteCharging(At(0)));
        (await _database.RowAsync("select start_date, end_date, distance from drives where id = 3")).ShouldBe("10:00:00|10:00:00|20");
        (await OpenAsync()).ShouldBeEquivalentTo(await OpenAsync() with { Drive = null, Charging = null });
    }

    [Fact]
    public async Task What_was_left_open_before_something_newer_began_is_over()
    {
        await _database.ExecuteAsync("""
            insert into drives (id, car_id, start_date, end_date)
                values (1, 1, '2024-01-01 10:00', null), (2, 1, '2024-01-01 10:06', '2024-01-01 10:20');
            insert into positions (id, car_id, drive_id, date, latitude, longitude, odometer, ideal_battery_range_km) values
                (1, 1, 1, '2024-01-01 10:00', 1, 1, 10, 300), (2, 1, 1, '2024-01-01 10:05', 1, 1, 20, 290);
            insert into charging_processes (id, car_id, position_id, start_date, end_date)
                values (1, 1, 1, '2024-01-01 11:00', null), (2, 1, 2, '2024-01-01 11:30', '2024-01-01 12:00');
            insert into charges (charging_process_id, date, charge_energy_added, charger_power, ideal_battery_range_km) values
                (1, '2024-01-01 11:00', 0, 11, 100), (1, '2024-01-01 11:15', 3, 11, 150);
            insert into updates (id, car_id, start_date, end_date, version)
                values (1, 1, '2021-01-01 08:00', null, null), (2, 1, '2024-01-01 09:00', '2024-01-01 09:30', '2024.1');
            select setval('trips_id_seq', 2), setval('positions_id_seq', 2), setval('charging_processes_id_seq', 2), setval('updates_id_seq', 2)
            """);
        var open = await OpenAsync();
        (open.Drive, open.Charging, open.Update).ShouldBe((null, null, null));
        (await _database.RowsAsync("select id, end_date, distance from drives order by id")).ShouldBe(["1|10:05:00|10", "2|10:20:00|-"]);
        (await _database.RowsAsync("select id, end_date, charge_energy_added from charging_processes order by id")).ShouldBe(["1|11:15:00|3.00",
            "2|12:00:00|-"]);

        // The next update is one of its own, and not the end of the one that the reference forgot.
        await _instance.WriteAsync(new LogbookEntry.StartUpdate(At(0)), new LogbookEntry.FinishUpdate(At(60), "2024.8"));
        (await _database.RowsAsync("select start_date, end_date, version from updates order by id"))
            .ShouldBe(["08:00:00|08:00:00|-", "09:00:00|09:30:00|2024.1", "10:00:00|10:01:00|2024.8"]);
    }

    [Fact]
    public async Task What_is_imported_while_a_drive_is_open_does_not_end_it()
    {
        await _instance.WriteAsync(new LogbookEntry.StartDrive(At(10), Position(10, 5)), InDrive(Position(20, 6)));
        await _database.ExecuteAsync("insert into drives (car_id, start_date, end_date) values (1, '2019-01-01', '2019-01-02')");
        (await OpenAsync()).Drive.ShouldNotBeNull().Id.ShouldBe(new(1));
    }

    [Fact]
    public async Task Resuming_twice_changes_nothing()
    {
        await _instance.WriteAsync(new LogbookEntry.StartDrive(At(10), Position(10, 5)), InDrive(Position(20, 6)));
        var first = await OpenAsync();
        (await OpenAsync()).ShouldBe(first);
        (await _database.ScalarAsync<long>("select count(*) from drives")).ShouldBe(1);
    }
}
