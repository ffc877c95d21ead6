using System.Globalization;
using Npgsql;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>What the steps do to rows, case by case: rows are put in before a step, looked at after it and taken back.</summary>
public sealed class DataStepTests
{
    const string Position = "insert into positions (id, car_id, date, latitude, longitude) values (1, 1, '2019-01-01', 1, 1);";

    sealed record Case(long Version, string What, string Given, string Query, params string[] Expected);

    static readonly Case[] Cases =
    [
        new(20190729181314, "efficiencies are turned over", Car(20190729181314) + """
            insert into trips (id, start_date, car_id, efficiency) values (1, now(), 1, 0.5), (2, now(), 1, null), (3, now(), 1, -3)
            """, "select coalesce(efficiency::text, 'null') from trips order by id", "2", "null", "-0.3333333333333333"),
        new(20190810105216, "imperial is miles and Fahrenheit", "update settings set use_imperial_units = true",
            "select unit_of_length || ' ' || unit_of_temperature from settings", "mi F"),
        new(20190814152810, "a short pause is raised", "update settings set suspend_min = 12", "select suspend_min from settings", "21"),
        new(20190814152810, "a long pause stays", "update settings set suspend_min = 30", "select suspend_min from settings", "30"),
        new(20190913175543, "ranges come from the first and last position, however stored", Car(20190913175543) + """
            insert into drives (id, start_date, car_id) values (1, now(), 1), (2, now(), 1), (3, now(), 1), (4, now(), 1);
            insert into positions (car_id, drive_id, date, latitude, longitude, rated_battery_range_km) values
                (1, 1, '2019-01-01 10:05', 0, 0, null), (1, 1, '2019-01-01 10:10', 0, 0, 250), (1, 1, '2019-01-01 10:00', 0, 0, 300),
                (1, 2, '2019-01-01 10:00', 0, 0, 300),
                (1, 4, '2019-01-01 10:00', 0, 0, 300), (1, 4, '2019-01-01 10:00', 0, 0, 299), (1, 4, '2019-01-01 10:00', 0, 0, 298)
            """, "select concat_ws(' ', id, start_rated_range_km, end_rated_range_km) from drives order by id", "1 300 250", "2", "3", "4"),
        new(20190913175543, "of equal dates at an end the earliest stored position counts", Car(20190913175543) + """
            insert into drives (id, start_date, car_id) values (1, now(), 1);
            insert into positions (car_id, drive_id, date, latitude, longitude, rated_battery_range_km) values
                (1, 1, '2019-01-01 10:00', 0, 0, 1), (1, 1, '2019-01-01 10:00', 0, 0, 2), (1, 1, '2019-01-01 10:05', 0, 0, 3),
                    (1, 1, '2019-01-01 10:05', 0, 0, 4)
            """, "select concat_ws(' ', start_rated_range_km, end_rated_range_km) from drives", "1 3"),
        new(20191003132415, "a single position only starts a drive", Car(20191003132415) + """
            insert into drives (id, start_date, car_id) values (1, now(), 1);
            insert into positions (id, car_id, drive_id, date, latitude, longitude) values (7, 1, 1, now(), 0, 0)
            """, "select concat_ws(' ', start_position_id, coalesce(end_position_id::text, 'null')) from drives", "7 null"),
        new(20191003132415, "of overlapping geofences the one stored last wins", Car(20191003132415) + """
            insert into drives (id, start_date, car_id) values (1, now(), 1);
            insert into positions (id, car_id, drive_id, date, latitude, longitude)
                values (7, 1, 1, now(), 50, 10), (8, 1, 1, now() + interval '1 min', 51, 10);
            insert into charging_processes (id, car_id, position_id, start_date) values (1, 1, 7, now()), (2, 1, 8, now());
            insert into geofences (name, latitude, longitude, inserted_at, updated_at) select 'g', 50, 10, now(), now() from generate_series(1, 12);
            update geofences set name = 'h' where id = 1;
            update geofences set name = 'h' where id = 3
            """, """
            select concat_ws(' ', start_position_id, end_position_id, start_geofence_id, coalesce(end_geofence_id::text, 'null')) from drives
            union all select id || ' ' || coalesce(geofence_id::text, 'null') from charging_processes
            order by 1
            """, "1 3", "2 null", "7 8 3 null"),
        Energy(20191026185642, "the charger's power counts where phases are unknown", Charges(3, power: 50), "1.666667"),
        Energy(20191026185642, "current, voltage and phases count where they are known", Charges(3, power: 11, current: 16, voltage: 230, phases: 3),
            "0.368"),
        Energy(20191026185642, "one charge has no energy", "update charging_processes set charge_energy_used = 9.9;" + Charges(1, power: 11), "null"),
        Energy(20191026185642, "no charge has no energy", "update charging_processes set charge_energy_used = 9.9;", "null"),
        Energy(20191026185642, "phases without current have no energy", Charges(3, power: 11, voltage: 230, phases: 3), "null"),
        Energy(20191026185642, "currents and voltages may be huge", Charges(3, power: 11, current: 100000, voltage: 100000, phases: 3), "1000000"),
        new(20191117171307, "car settings follow the order in which cars are stored",
            Car(20191117171307, 1) + Car(20191117171307, 2) + Car(20191117171307, 3) + """
            update settings set suspend_min = 33, suspend_after_idle_min = 7, req_no_shift_state_reading = false, req_no_temp_reading = true,
                req_not_unlocked = false;
            update cars set name = 'moved' where id = 1
            """, """
            select id || ' ' || settings_id from (select id, settings_id from cars order by id) as c
            union all select concat_ws(' ', id, suspend_min, suspend_after_idle_min, req_no_shift_state_reading, req_no_temp_reading,
                req_not_unlocked) from car_settings
            """, "1 3", "2 1", "3 2", "1 33 7 f t f", "2 33 7 f t f", "3 33 7 f t f"),
        new(20191117171307, "without cars any pause passes", "update settings set suspend_min = 0", "select count(*) from car_settings", "0"),
        Energy(20191212230527, "three phases as reported", Charges(20, power: 11, current: 16, voltage: 230, phases: 3), "3.496"),
        Energy(20191212230527, "too few charges for a factor", Charges(3, power: 11, current: 16, voltage: 230, phases: 3), "null"),
        Energy(20191212230527, "voltage between two of three phases", Charges(20, power: 11, current: 16, voltage: 400, phases: 3), "3.51029"),
        Energy(20191212230527, "one phase reported, two used", Charges(20, power: 7, current: 16, voltage: 208, phases: 1), "2.107733"),
        Energy(20191212230527, "no factor is near", Charges(20, power: 9, current: 16, voltage: 234, phases: 1), "null"),
        Energy(20191212230527, "a factor of nothing", Charges(20, power: 0.7, current: 16, voltage: 230, phases: 1), "null"),
        Energy(20191212230527, "phases unknown", Charges(20, power: 11), "3.483333"),
        new(20191212230527, "what was added and how long it took, half a minute rounded up", Process(20191212230527) + """
            insert into charges (date, charge_energy_added, charger_power, ideal_battery_range_km, charging_process_id)
            select '2019-01-01'::timestamp + n * interval '75 s', 5 - n * 0.5, 1, 0, 1 from generate_series(0, 2) as n
            """, "select concat_ws(' ', coalesce(charge_energy_added::text, 'null'), duration_min) from charging_processes", "null 3"),
        new(20191212230527, "a process without charges loses its energies only", Process(20191212230527) + """
            update charging_processes set charge_energy_added = 4.4, charge_energy_used = 9.9, start_battery_level = 33
            """, """
            select concat_ws(' ', coalesce(charge_energy_added::text, 'null'), coalesce(charge_energy_used::text, 'null'), start_battery_level,
                coalesce(end_date::text, 'null'))
            from charging_processes
            """, "null null 33 null"),
        Energy(20191212230527, "a process that never began stays",
            "update charging_processes set start_date = null, charge_energy_used = 9.9;" + Charges(20, power: 11), "9.9"),
        new(20200120142602, "addresses are thrown away and count from 1", Process(20200120142602) + """
            insert into addresses (id, inserted_at, updated_at) values (1, now(), now()), (2, now(), now());
            insert into drives (start_date, car_id, start_address_id, end_address_id) values (now(), 1, 1, 2);
            update charging_processes set address_id = 1
            """, """
            select concat_ws(' ', (select count(*) from addresses),
                (select count(*) from drives where start_address_id is null and end_address_id is null),
                             (select count(*) from charging_processes where address_id is null), nextval('addresses_id_seq'))
            """, "0 1 1 1"),
        new(20200306130218, "cities come from the geocoder's answer as it stands", """
            insert into addresses (id, city, raw, inserted_at, updated_at)
            select row_number() over (), 'Old', raw, now(), now()
            from unnest(array['{"address":{"village":"Dorf"}}', '{"address":{"city":"C","village":"Dorf"}}', '{"address":{"town":"T"}}', '{"address":{"suburb":"S"}}',
                              null, '{"address":{"hamlet":"O\"Brien\""}}', '{"address":{"village":null,"hamlet":"H"}}',
                              '{"address":{"croft":"Crø","locality":"Loc","municipality":"Mun"}}', '{"address":{"locality":"a\\b"}}', '{"address":{"village":""}}',
                              '{"address":{"village":{"x":1}}}', '{"address":["village"]}', '[]']::jsonb[]) with ordinality as answer (raw, n)
            order by n
            """, "select city from addresses order by id", "Dorf", "C", "Old", "Old", "Old", """O\"Brien\""", "null", "Mun", """a\\b""", "", """{"x": 1}""", "Old", "Old"),
        new(20200401171923, "streaming is switched on", "insert into car_settings (use_streaming_api) values (false), (true)",
            "select use_streaming_api::text from car_settings", "true", "true"),
        new(20200410112005, "values are rounded to what cars report", Car(20200410112005) + """
            insert into positions (id, car_id, date, latitude, longitude, power, ideal_battery_range_km, outside_temp) values
                (1, 1, now(), 50.1234565, 0, 2.5, 9999.994, 20.25), (2, 1, now(), 50.1234575, 0, -3.5, 1.005, 20.35);
            insert into geofences (id, name, latitude, longitude, radius, inserted_at, updated_at)
                values (1, 'a', 0, 0, 20.5, now(), now()), (2, 'b', 0, 0, 21.5, now(), now())
            """, """
            select concat_ws(' ', latitude, power, ideal_battery_range_km, outside_temp) from positions
            union all select radius::text from geofences
            """, "50.123457 2 9999.99 20.3", "50.123458 -4 1.01 20.4", "20", "22"),
        Climb("positions without elevation are passed over", [100, 110, null, 105, 120], "25 5"),
        Climb("a single elevation", [50], "0 0"),
        Climb("no elevation", [null, null], "null null"),
        Climb("no position", [], "null null"),
        Climb("a sum that does not fit is 0", [-100, 30000, 0, 2668], "0 30000"),
        Climb("a step that no smallint holds", [-32768, 32767], "0 0"),
        Climb("a sum that just fits", [0, 32000, 0, 767], "32767 32000"),
        new(20260715081000, "cars without VIN are marked",
            Car(20260715081000, 1) + Car(20260715081000, 2) + Car(20260715081000, 3) + "update cars set vin = 'V' where id = 2",
            "select vin from cars order by id", "__legacy_null_vin__:1", "V", "__legacy_null_vin__:3"),
        new(20260807090000, "no phases are unknown phases",
            Process(20260807090000) + Charges(1, power: 1, phases: 0) + Charges(1, power: 1, phases: 3),
            "select coalesce(charger_phases::text, 'null') from charges order by id", "null", "3"),
        Energy(20260808090000, "three phases", Charges(20, power: 11, current: 16, voltage: 230, phases: 3), "3.50"),
        Energy(20260808090000, "voltage between phases", Charges(20, power: 11, current: 16, voltage: 400, phases: 3), "3.51"),
        Energy(20260808090000, "one phase reported, two used", Charges(20, power: 7, current: 16, voltage: 208, phases: 1), "2.11"),
        Energy(20260808090000, "one phase", Charges(20, power: 5, current: 16, voltage: 230, phases: 1), "1.17"),
        Energy(20260808090000, "power counts where no factor is near", Charges(20, power: 9, current: 16, voltage: 234, phases: 1), "2.85"),
        Energy(20260808090000, "phases unknown", Charges(20, power: 50), "15.83"),
        Energy(20260808090000, "current times voltage beyond 16 bits", Charges(20, power: 150, current: 400, voltage: 500, phases: 2), "63.33"),
        Energy(20260808090000, "too few charges for a factor", Charges(3, power: 11, current: 16, voltage: 230, phases: 3), "0.37"),
        Energy(20260808090000, "no power", Charges(20, power: 0), "0.00"),
        Energy(20260808090000, "one charge gives nothing", "update charging_processes set charge_energy_used = 7.77;" + Charges(1, power: 11),
            "7.77"),
        Energy(20260808090000, "no charge gives nothing", "update charging_processes set charge_energy_used = 8.88;", "8.88"),
        Energy(20260808090000, "negative power gives nothing", "update charging_processes set charge_energy_used = 1.23;" + Charges(20, power: -2),
            "1.23"),
    ];

    [Fact]
    public async Task Each_step_treats_rows_as_specified()
    {
        List<string> wrong = [];
        await using var steps = await Steps.OnEmptyDatabaseAsync();
        foreach (var version in RecordedSteps.Versions)
        {
            var script = MigrationFiles.Forward(version);
            foreach (var one in Cases.Where(one => one.Version == version))
            {
                var found = await steps.TryAsync(one.Given, script, one.Query);
                if (!found.SequenceEqual(one.Expected))
                    wrong.Add($"{version}, {one.What}: expected {string.Join(" | ", one.Expected)} but found {string.Join(" | ", found)}");
            }

            await steps.RunAsync(script);
        }

        wrong.ShouldBeEmpty();
        Cases.ShouldAllBe(one => RecordedSteps.Versions.Contains(one.Version));
    }

    [Theory]
    [InlineData(20190810105216, "delete from settings", "settings must hold exactly one row, it holds 0")]
    [InlineData(20191117171307, "insert into settings (inserted_at, updated_at) values (now(), now())",
        "settings must hold exactly one row, it holds 2")]
    [InlineData(20191117171307, "car; update settings set suspend_min = 91", "settings.suspend_min is 91 and must be 1 to 90")]
    public async Task Rows_that_a_step_cannot_place_stop_it(long version, string given, string message)
    {
        await using var steps = await Steps.LeftAtAsync(RecordedSteps.Versions.Last(earlier => earlier < version));
        await steps.ExecuteAsync(given.Replace("car;", Car(version), StringComparison.Ordinal));
        var refused = await Should.ThrowAsync<PostgresException>(() => steps.RunAsync(MigrationFiles.Forward(version)));
        refused.MessageText.ShouldStartWith(message);
        refused.Hint.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Undoing_the_refusal_of_null_VINs_gives_back_only_the_markers_own()
    {
        await using var steps = await Steps.LeftAtAsync(20260715081000);
        await steps.ExecuteAsync(Car(20260715081001, 1) + Car(20260715081001, 2) + """
            update cars set vin = '__legacy_null_vin__:' || 1 where id = 1;
            update cars set vin = '__legacy_null_vin__:' || 9 where id = 2
            """);
        await steps.RunAsync(MigrationFiles.Back(20260715081000));
        (await steps.LinesAsync("select coalesce(vin, 'null') from cars order by id")).ShouldBe(["null", "__legacy_null_vin__:9"]);
    }

    [Theory]
    [InlineData("cost_per_unit = 100", "cannot restore geofences.cost_per_unit to numeric(6,4): values exceed 99.9999")]
    [InlineData("session_fee = -10000", "cannot restore geofences.session_fee to numeric(6,2): values exceed 9999.99")]
    [InlineData("cost_per_unit = -99.9999, session_fee = -9999.99", null)]
    public async Task Prices_that_do_not_fit_stop_the_way_back(string prices, string? message)
    {
        await using var steps = await Steps.LeftAtAsync(20260718160000);
        await steps.ExecuteAsync($"""
            insert into geofences (name, latitude, longitude, inserted_at, updated_at) values ('g', 0, 0, now(), now());
            update geofences set {prices}
            """);
        Task UndoAsync() => steps.RunAsync(MigrationFiles.Back(20260718160000));
        if (message is null)
            await UndoAsync();
        else
            (await Should.ThrowAsync<PostgresException>(UndoAsync)).MessageText.ShouldBe(message);
    }

    static Case Energy(long version, string what, string given, string expected) => new(version, what, Process(version) + given,
        version < 20200410112005
            ? "select coalesce(trim_scale(round(charge_energy_used::numeric, 6))::text, 'null') from charging_processes"
            : "select coalesce(charge_energy_used::text, 'null') from charging_processes", expected);

    static Case Climb(string what, int?[] elevations, string expected) => new(20250613133700, what, Car(20250613133700)
        + "insert into drives (id, start_date, car_id) values (1, now(), 1);"
        + string.Concat(elevations.Select((elevation, index) => $"""
            insert into positions (car_id, drive_id, date, latitude, longitude, elevation)
            values (1, 1, '2019-01-01'::timestamp + {index} * interval '1 s', 0, 0, {elevation?.ToString(CultureInfo.InvariantCulture) ?? "null"});
            """)),
        "select coalesce(ascent::text, 'null') || ' ' || coalesce(descent::text, 'null') from drives", expected);

    // A car as it can be written before the step runs.
    static string Car(long version, int id = 1) => version > 20191117171307
        ? $"""
            insert into car_settings (id) values ({id});
            insert into cars (id, eid, vid, model, efficiency, inserted_at, updated_at, settings_id{(version > 20260715081000 ? ", vin" : "")})
            values ({id}, {id}, {id}, 'S', 0.1, now(), now(), {id}{(version > 20260715081000 ? $", 'VIN {id}'" : "")});
            """
        : $"insert into cars (id, eid, vid, model, efficiency, inserted_at, updated_at) values ({id}, {id}, {id}, 'S', 0.1, now(), now());";

    static string Process(long version)
        => Car(version) + Position + "insert into charging_processes (id, car_id, position_id, start_date) values (1, 1, 1, '2019-01-01');";

    // Charges of process 1, a minute apart.
    static string Charges(int count, double power, int? current = null, int? voltage = null, int? phases = null) => string.Create(
        CultureInfo.InvariantCulture, $"""
        insert into charges (date, charge_energy_added, charger_power, charger_actual_current, charger_voltage, charger_phases,
            ideal_battery_range_km, charging_process_id)
        select '2019-01-01'::timestamp + n * interval '60 s', 0, {power}, {current?.ToString(CultureInfo.InvariantCulture) ?? "null"},
               {voltage?.ToString(CultureInfo.InvariantCulture) ?? "null"}, {phases?.ToString(CultureInfo.InvariantCulture) ?? "null"}, 0, 1
        from generate_series(1, {count}) as n;
        """);
}
