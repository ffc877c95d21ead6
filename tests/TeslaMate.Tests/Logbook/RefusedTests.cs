using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.Refused;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook;

/// <summary>Numbers that are taken, and what is refused for other reasons.</summary>
public sealed class RefusedTests : TestsOfOneInstance
{
    const string Taken = """
        insert into drives (id, car_id, start_date, end_date, distance)
            values (1, 1, '2024-01-01', '2024-01-01 00:20', 10), (2, 1, '2024-01-02', '2024-01-02 00:20', 10);
        insert into positions (id, car_id, date, latitude, longitude) select n, 1, '2024-01-01', 1, 1 from generate_series(1, 7) n;
        insert into charging_processes (id, car_id, start_date, end_date, position_id) values (1, 1, '2024-01-01', '2024-01-02', 1);
        insert into charges (id, date, charge_energy_added, charger_power, ideal_battery_range_km, charging_process_id)
            values (1, '2024-01-01', 1, 1, 1, 1);
        insert into states (id, car_id, state, start_date, end_date) values (1, 1, 'asleep', '2024-01-01', '2024-01-02');
        insert into updates (id, car_id, start_date, end_date, version) values (1, 1, '2024-01-01', '2024-01-02', '1');
        insert into addresses (id, osm_id, osm_type, inserted_at, updated_at) values (1, 1, 'way', now(), now());
        insert into geofences (id, name, latitude, longitude, inserted_at, updated_at) values (1, 'A', 1, 1, now(), now());
        insert into private.tokens (id, inserted_at, updated_at) values (1, now(), now());
        """;

    [Fact]
    public async Task A_number_that_is_taken_costs_no_entry()
    {
        await _database.ExecuteAsync(Taken);
        (await _instance.WriteAsync(new LogbookEntry.StartState(CarActivity.Online, At(0)))).ShouldBe(WriteResult.Stored);
        (await _instance.WriteAsync(new LogbookEntry.StartDrive(At(0), Position(0, 10)))).ShouldBe(WriteResult.Stored);
        (await _instance.WriteAsync(InDrive(Position(60, 12)))).ShouldBe(WriteResult.Stored);
        (await _instance.WriteAsync(InDrive(Position(120, 14)), new LogbookEntry.CloseDrive(LookUpAddresses: false))).ShouldBe(WriteResult.Stored);
        (await _instance.WriteAsync(new LogbookEntry.StartCharging(At(200), Position(200, 14), LookUpAddress: false),
            new LogbookEntry.InsertCharge(new ChargeReading { Date = At(200), EnergyAddedKwh = 1, IdealRangeKm = 100 }))).ShouldBe(
                WriteResult.Stored);
        (await _instance.WriteAsync(new LogbookEntry.InsertCharge(new ChargeReading { Date = At(260), EnergyAddedKwh = 2, IdealRangeKm = 110 }),
            new LogbookEntry.CompleteCharging(At(300)))).ShouldBe(WriteResult.Stored);
        (await _instance.WriteAsync(new LogbookEntry.NoteVersion(At(300), "2"))).ShouldBe(WriteResult.Stored);
        (await _database.RowsAsync("select id, distance from drives order by id")).ShouldBe(["1|10", "2|10", "3|4"]);
        (await _database.RowsAsync("select id, charge_energy_added from charging_processes order by id")).ShouldBe(["1|-", "2|1.00"]);
        (await _database.ScalarAsync<long>("select count(*) from charges where charging_process_id = 2")).ShouldBe(2);
        (await _database.ScalarAsync<long>("select count(*) from states")).ShouldBe(2);
        (await _database.ScalarAsync<long>("select count(*) from updates")).ShouldBe(2);
        (await _database.ScalarAsync<long>("select count(*) from teslamate.refused_entries")).ShouldBe(0);
        _instance.Log.Lines.ShouldContain(
            line => line.Contains("public.trips_id_seq was behind the rows of public.drives", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cars_and_geofences_pass_a_number_that_is_taken()
    {
        await _database.ExecuteAsync(Taken + "insert into car_settings (id) select max(id) + 1 from car_settings; select setval('cars_id_seq', 1, "
            + "false)");
        (await _instance.Get<IGeofences>().SaveAsync(null, new GeofenceForm { Name = "B", Latitude = 2, Longitude = 2, Radius = 50 }, addCosts: false,
            new("test"), default))
            .ShouldBeOfType<GeofenceAnswer.Saved>().Geofence.Id.Value.ShouldBe(2);
        (await _instance.Get<ICars>().DiscoverAsync(new(77, 77, "VIN77", "new"), 21, default)).ShouldBeOfType<CarAnswer.Found>().IsNew.ShouldBeTrue();
    }

    [Fact]
    public async Task Sequences_behind_their_tables_are_found_and_mended()
    {
        await _database.ExecuteAsync(Taken);
        await using var connection = await _database.TestSource.OpenConnectionAsync();
        (await SequenceCheck.FindAsync(connection, default)).Select(found => found.Table).ShouldBe(
        [
            "private.tokens", "public.addresses", "public.charges", "public.charging_processes", "public.drives", "public.geofences",
            "public.positions", "public.states",
            "public.updates",
        ]);
        (await SequenceCheck.RepairAsync(connection, default)).Count.ShouldBe(9);
        (await SequenceCheck.FindAsync(connection, default)).ShouldBeEmpty();
        (await _database.ScalarAsync<long>("select nextval('trips_id_seq')")).ShouldBe(3);
    }

    [Fact]
    public async Task A_number_at_the_end_of_the_range_leaves_room_below()
    {
        await _database.ExecuteAsync("insert into drives (id, car_id, start_date) values (1, 1, '2024-01-01'), (2147483647, 1, '2024-01-02')");
        (await _instance.WriteAsync(new LogbookEntry.StartDrive(At(0), Position(0, 10)))).ShouldBe(WriteResult.Stored);
        (await _database.RowsAsync("select id from drives order by id")).ShouldBe(["1", "2", "2147483647"]);
    }

    [Fact]
    public async Task What_was_refused_is_sent_again_to_where_it_belongs()
    {
        await _database.ExecuteAsync("alter table positions add constraint no_thirteen check (odometer <> 13); alter table charges add constraint "
            + "no_seven check (charger_power <> 7)");
        await _instance.WriteAsync(new LogbookEntry.StartDrive(At(0), Position(0, 10)), InDrive(Position(60, 11)), InDrive(Position(120, 13)),
            new LogbookEntry.CloseDrive(LookUpAddresses: false));
        await _instance.WriteAsync(new LogbookEntry.StartCharging(At(200), Position(200, 14), LookUpAddress: false), Charge(200, 1, 5),
            Charge(260, 2, 7), new LogbookEntry.CompleteCharging(At(300)));
        await _instance.WriteAsync(new LogbookEntry.StartDrive(At(400), Position(400, 20)));
        var refused = _instance.Get<IRefusedEntries>();
        (await refused.RetryAsync(default)).StillRefused.Count.ShouldBe(2);
        refused.Count.ShouldBe(2);
        await _database.ExecuteAsync("alter table positions drop constraint no_thirteen; alter table charges drop constraint no_seven");
        (await refused.RetryAsync(default)).Written.ShouldBe(2);
        refused.Count.ShouldBe(0);
        (await _database.RowsAsync("select distance, end_date from drives order by id")).ShouldBe(["3|10:02:00", "-|-"]);
        (await _database.RowAsync("select charge_energy_added, end_date from charging_processes")).ShouldBe("1.00|10:04:20");
        (await _database.RowAsync("select drive_id = (select max(id) from drives), charging_process_id from teslamate.car_logs")).ShouldBe("True|-");
    }

    [Fact]
    public async Task Beginnings_that_were_refused_bring_the_rest_with_them()
    {
        await _database.ExecuteAsync("alter table drives add constraint closed check (false) not valid; alter table charging_processes add "
            + "constraint closed check (false) not valid");
        await _instance.WriteAsync(new LogbookEntry.StartDrive(At(0), Moving(0, 10)));
        await _instance.WriteAsync(InDrive(Moving(60, 11)), InDrive(Moving(120, 13)), new LogbookEntry.CloseDrive(LookUpAddresses: false));
        await _instance.WriteAsync(new LogbookEntry.InsertPosition(Position(130, 13)));
        await _instance.WriteAsync(new LogbookEntry.StartCharging(At(200), Position(200, 14), LookUpAddress: false), Charge(200, 1, 5));
        await _instance.WriteAsync(Charge(260, 2, 7));
        await _instance.WriteAsync(new LogbookEntry.CompleteCharging(At(300)));
        await _database.ExecuteAsync("alter table drives drop constraint closed; alter table charging_processes drop constraint closed");
        var result = await _instance.Get<IRefusedEntries>().RetryAsync(default);
        (result.Written, result.StillRefused.Count).ShouldBe((6, 0));
        (await _database.RowsAsync("select distance, duration_min from drives")).ShouldBe(["3|2"]);
        (await _database.RowsAsync("select odometer from positions where drive_id is null order by id")).ShouldBe(["13", "14"]);
        (await _database.RowsAsync("select charge_energy_added, end_date from charging_processes")).ShouldBe(["1.00|10:04:20"]);
        (await _database.RowAsync("select drive_id, charging_process_id from teslamate.car_logs")).ShouldBe("-|-");
    }

    [Fact]
    public async Task Entries_sent_again_at_once_do_not_open_what_has_ended()
    {
        // Seconds since the readings' beginning: some minutes ago.
        var start = (DateTimeOffset.UtcNow.AddMinutes(-8) - At(0)).TotalSeconds;
        await _database.ExecuteAsync("alter table drives add constraint closed check (false) not valid; alter table charging_processes add "
            + "constraint closed check (false) not valid");
        // The end of a drive and the beginning of the next in one batch, as an outage leaves them.
        await _instance.WriteAsync(new LogbookEntry.StartDrive(At(start), Moving(start, 10)), InDrive(Moving(start + 60, 11)));
        await _instance.WriteAsync(new LogbookEntry.CloseDrive(LookUpAddresses: false),
            new LogbookEntry.StartDrive(At(start + 120), Moving(start + 120, 11)));
        await _instance.WriteAsync(InDrive(Moving(start + 180, 13)), new LogbookEntry.CloseDrive(LookUpAddresses: false));
        await _instance.WriteAsync(new LogbookEntry.StartCharging(At(start + 240), Moving(start + 240, 13), LookUpAddress: false));
        await _instance.WriteAsync(Charge(start + 240, 1, 5), Charge(start + 300, 2, 7),
            new LogbookEntry.CompleteCharging(At(start + 360)));
        await _database.ExecuteAsync("alter table drives drop constraint closed; alter table charging_processes drop constraint closed");
        (await _instance.Get<IRefusedEntries>().RetryAsync(default)).StillRefused.ShouldBeEmpty();
        (await _database.RowsAsync("select distance, duration_min from drives order by id")).ShouldBe(["1|1", "2|1"]);
        (await _database.RowAsync("select charge_energy_added, end_date is not null from charging_processes")).ShouldBe("1.00|True");
        (await _database.RowAsync("select drive_id, charging_process_id from teslamate.car_logs")).ShouldBe("-|-");
    }

    [Fact]
    public async Task A_drive_that_goes_on_is_open_again()
    {
        // Seconds since the readings' beginning: some minutes ago.
        var start = (DateTimeOffset.UtcNow.AddMinutes(-8) - At(0)).TotalSeconds;
        await _database.ExecuteAsync("alter table drives add constraint closed check (false) not valid");
        await _instance.WriteAsync(new LogbookEntry.StartDrive(At(start), Moving(start, 10)), InDrive(Moving(start + 60, 11)));
        await _database.ExecuteAsync("alter table drives drop constraint closed");
        await _instance.Get<IRefusedEntries>().RetryAsync(default);
        await _instance.WriteAsync(InDrive(Moving(start + 120, 13)), new LogbookEntry.CloseDrive(LookUpAddresses: false));
        (await _database.RowsAsync("select distance, duration_min from drives")).ShouldBe(["3|2"]);
    }

    [Fact]
    public async Task A_refused_state_is_put_between_those_that_came_later()
    {
        await _database.ExecuteAsync("alter table states add constraint awake check (state <> 'asleep')");
        await _instance.WriteAsync(new LogbookEntry.StartState(CarActivity.Online, At(0)));
        await _instance.WriteAsync(new LogbookEntry.StartState(CarActivity.Asleep, At(60)));
        await _instance.WriteAsync(new LogbookEntry.StartState(CarActivity.Offline, At(120)));
        await _database.ExecuteAsync("alter table states drop constraint awake");
        (await _instance.Get<IRefusedEntries>().RetryAsync(default)).Written.ShouldBe(1);
        (await _database.RowsAsync("select state::text, start_date, end_date from states order by start_date"))
            .ShouldBe(["online|10:00:00|10:01:00", "asleep|10:01:00|10:02:00", "offline|10:02:00|-"]);
    }

    static PositionReading Moving(double second, double odometer) => Position(second, odometer) with { SpeedKmH = 50 };

    static LogbookEntry.InsertCharge Charge(double second, double kwh, int power) => new LogbookEntry.InsertCharge(
        new ChargeReading { Date = At(second), EnergyAddedKwh = kwh, ChargerPowerKw = power, IdealRangeKm = 100 });
}
