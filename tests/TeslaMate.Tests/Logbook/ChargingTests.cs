using System.Globalization;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Charging;
using TeslaMate.Logbook.Writing;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook;

/// <summary>The tables of the specification on charging (spec logbook 18.3 to 18.5).</summary>
public sealed class ChargingTests : TestsOfOneInstance
{
    /// <summary>The base vector: 11 kW on three phases for a minute a row.</summary>
    static ChargeReading Charge(int i) => new()
    {
        Date = At(60 * i),
        EnergyAddedKwh = 0.1 * i,
        ChargerPowerKw = 11,
        ChargerPhases = 3,
        ChargerActualCurrentA = 16,
        ChargerVoltageV = 230,
        IdealRangeKm = 200 + i,
        RatedRangeKm = 180 + i,
    };

    async Task ChargeAsync(IEnumerable<ChargeReading> charges, PositionReading? place = null) => (await _instance.WriteAsync(
        [
            new LogbookEntry.StartCharging(At(0), place ?? Position(0), LookUpAddress: false),
            .. charges.Select(charge => new LogbookEntry.InsertCharge(charge)), new LogbookEntry.CompleteCharging(At(9999)),
        ])).ShouldBe(WriteResult.Stored);

    Task<string> ColumnAsync(string column) => _database.RowAsync($"select {column} from charging_processes");

    /// <summary>Changes of the base vector by name, as the table has them.</summary>
    static readonly Dictionary<string, (int Rows, Func<int, ChargeReading, ChargeReading> Change)> Vectors = new()
    {
        ["20"] = (20, (_, c) => c),
        ["16"] = (16, (_, c) => c),
        ["15"] = (15, (_, c) => c),
        ["20, phases 2"] = (20, (_, c) => c with { ChargerPhases = 2 }),
        ["20, phases 2, 13 A, 3 kW"] = (20, (_, c) => c with { ChargerPhases = 2, ChargerActualCurrentA = 13, ChargerPowerKw = 3 }),
        ["20, 19 A, 220 V, 7 kW"] = (20, (_, c) => c with { ChargerActualCurrentA = 19, ChargerVoltageV = 220, ChargerPowerKw = 7 }),
        ["20, 40 A, 250 V, 19 kW"] = (20, (_, c) => c with { ChargerActualCurrentA = 40, ChargerVoltageV = 250, ChargerPowerKw = 19 }),
        ["20, 400 A, 250 V, 191 kW"] = (20, (_, c) => c with { ChargerActualCurrentA = 400, ChargerVoltageV = 250, ChargerPowerKw = 191 }),
        ["20, 208 V, 5 kW"] = (20, (_, c) => c with { ChargerVoltageV = 208, ChargerPowerKw = 5 }),
        ["20, phases 2, 10 A, 230 V, 3 kW"] = (20, (_, c) => c with { ChargerPhases = 2, ChargerActualCurrentA = 10, ChargerPowerKw = 3 }),
        ["20, phases 2, 10 A, 232 V, 3 kW"] = (20,
            (_, c) => c with { ChargerPhases = 2, ChargerActualCurrentA = 10, ChargerVoltageV = 232, ChargerPowerKw = 3 }),
        ["20, phases 2, 20 A, 250 V, 7 kW"] = (20,
            (_, c) => c with { ChargerPhases = 2, ChargerActualCurrentA = 20, ChargerVoltageV = 250, ChargerPowerKw = 7 }),
        ["20, 250 V, 10 kW"] = (20, (_, c) => c with { ChargerVoltageV = 250, ChargerPowerKw = 10 }),
        ["20, phases 2, 40 A, 250 V, 27 kW"] = (20,
            (_, c) => c with { ChargerPhases = 2, ChargerActualCurrentA = 40, ChargerVoltageV = 250, ChargerPowerKw = 27 }),
        ["20, phases alternating 2,3"] = (20, (i, c) => c with { ChargerPhases = i % 2 == 0 ? 2 : 3 }),
        ["20, phases NULL, 0 A, 380 V, 100 kW"] =
            (20, (_, c) => c with { ChargerPhases = null, ChargerActualCurrentA = 0, ChargerVoltageV = 380, ChargerPowerKw = 100 }),
        ["20, phases NULL, row 10 at -5 kW"] = (20, (i, c) => c with { ChargerPhases = null, ChargerPowerKw = i == 10 ? -5 : 11 }),
        ["20, current NULL in rows 0-4"] = (20, (i, c) => c with { ChargerActualCurrentA = i < 5 ? null : 16 }),
        ["20, 0 A and 0 kW in rows 0-4"] = (20, (i, c) => i < 5 ? c with { ChargerActualCurrentA = 0, ChargerPowerKw = 0 } : c),
        ["20, rows 10.. shifted by +600 s"] = (20, (i, c) => i < 10 ? c : c with { Date = c.Date.AddSeconds(600) }),
        ["20, 1 kW, 229 V"] = (20, (_, c) => c with { ChargerPowerKw = 1, ChargerVoltageV = 229 }),
        ["12, phases 2, 7 kW, 229 V"] = (12, (_, c) => c with { ChargerPhases = 2, ChargerPowerKw = 7, ChargerVoltageV = 229 }),
        ["12, phases alternating NULL,2, 7 kW, 229 V"] = (12,
            (i, c) => c with { ChargerPhases = i % 2 == 0 ? null : 2, ChargerPowerKw = 7, ChargerVoltageV = 229 }),
        ["20, phase 1, 32 A (last row 1 A), 7 kW, 229 V"] =
            (20, (i, c) => c with { ChargerPhases = 1, ChargerActualCurrentA = i == 19 ? 1 : 32, ChargerPowerKw = 7, ChargerVoltageV = 229 }),
        ["6, phases 2, 155 A, 35 kW"] = (6, (_, c) => c with { ChargerPhases = 2, ChargerActualCurrentA = 155, ChargerPowerKw = 35 }),
    };

    [Theory]
    [InlineData("20", "3.50")]
    [InlineData("16", "2.76")]
    [InlineData("15", "2.57")]
    [InlineData("20, phases 2", "3.50")]
    [InlineData("20, phases 2, 13 A, 3 kW", "0.95")]
    [InlineData("20, 19 A, 220 V, 7 kW", "2.29")]
    [InlineData("20, 40 A, 250 V, 19 kW", "5.48")]
    [InlineData("20, 400 A, 250 V, 191 kW", "63.33")]
    [InlineData("20, 208 V, 5 kW", "1.58")]
    [InlineData("20, phases 2, 10 A, 230 V, 3 kW", "0.95")]
    [InlineData("20, phases 2, 10 A, 232 V, 3 kW", "0.73")]
    [InlineData("20, phases 2, 20 A, 250 V, 7 kW", "2.22")]
    [InlineData("20, 250 V, 10 kW", "3.80")]
    [InlineData("20, phases 2, 40 A, 250 V, 27 kW", "9.50")]
    [InlineData("20, phases alternating 2,3", "3.50")]
    [InlineData("20, phases NULL, 0 A, 380 V, 100 kW", "31.67")]
    [InlineData("20, phases NULL, row 10 at -5 kW", "3.30")]
    [InlineData("20, current NULL in rows 0-4", "3.49")]
    [InlineData("20, 0 A and 0 kW in rows 0-4", "2.76")]
    [InlineData("20, rows 10.. shifted by +600 s", "5.34")]
    [InlineData("20, 1 kW, 229 V", "0.32")]
    [InlineData("12, phases 2, 7 kW, 229 V", "1.28")]
    [InlineData("12, phases alternating NULL,2, 7 kW, 229 V", "1.28")]
    [InlineData("20, phase 1, 32 A (last row 1 A), 7 kW, 229 V", "2.22")]
    [InlineData("6, phases 2, 155 A, 35 kW", "2.92")]
    public async Task The_energy_used_follows_phases_current_and_voltage(string vector, string used)
    {
        var (rows, change) = Vectors[vector];
        await ChargeAsync(Enumerable.Range(0, rows).Select(i => change(i, Charge(i))));
        (await ColumnAsync("charge_energy_used")).ShouldBe(used);
    }

    [Fact]
    public async Task The_order_of_arrival_does_not_matter()
    {
        var charges = Enumerable.Range(0, 20).Select(Charge).ToArray();
        new Random(7).Shuffle(charges);
        await ChargeAsync(charges);
        (await ColumnAsync("charge_energy_used, charge_energy_added, start_date, end_date, start_ideal_range_km, end_rated_range_km, duration_min"))
            .ShouldBe("3.50|1.90|10:00:00|10:19:00|200.00|199.00|19");
        _instance.Log.Lines.ShouldNotContain(line => line.Contains("correction", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Corrections_are_told_in_the_log()
    {
        foreach (var vector in (string[])["20, 19 A, 220 V, 7 kW", "20, phases 2"])
            await ChargeAsync(Enumerable.Range(0, 20).Select(i => Vectors[vector].Change(i, Charge(i))));
        _instance.Log.Lines.ShouldContain("Information: Car 1: Voltage correction: 220V -> 127V");
        _instance.Log.Lines.ShouldContain("Information: Car 1: Phase correction: 2 -> 3");
    }

    [Fact]
    public async Task One_charge_is_a_process_without_energy_used()
    {
        await ChargeAsync([Charge(0)]);
        (await ColumnAsync("charge_energy_used, charge_energy_added, duration_min")).ShouldBe("-|0.00|0");
    }

    [Fact]
    public async Task A_process_without_charges_ends_when_it_is_completed()
    {
        await ChargeAsync([]);
        (await ColumnAsync("end_date, charge_energy_used, charge_energy_added, cost, duration_min")).ShouldBe("12:46:39|-|-|-|-");
    }

    [Theory]
    [InlineData("0.5 1.0 2.5 3.0 0", "2.50")]
    [InlineData("0.5 1.0 0.1 0.6 1.2", "0.70")]
    [InlineData("5.0 6.0 0.1 0.6 1.2", "-")]
    [InlineData("0 0 0 0 0", "0.00")]
    [InlineData("29.83 20 10 5 2.95", "-")]
    public async Task The_energy_added_is_the_difference_of_the_counter(string counter, string added)
    {
        await ChargeAsync(counter.Split(' ').Select((kwh, i) => Charge(i) with { EnergyAddedKwh = double.Parse(kwh, CultureInfo.InvariantCulture) }));
        (await ColumnAsync("charge_energy_added")).ShouldBe(added);
        (await ColumnAsync("charge_energy_used is not null")).ShouldBe("True");
    }

    [Fact]
    public async Task A_process_of_the_specification_has_its_values()
    {
        double[] second = [0, 70, 140, 210, 253], energy = [0.41, 0.5, 0.6, 0.7, 0.72];
        double?[] outside = [16, 15.5, 15, 14.5, null];
        await ChargeAsync(Enumerable.Range(0, 5)
            .Select(i => Charge(i) with { Date = At(second[i]), EnergyAddedKwh = energy[i], OutsideTempC = outside[i], BatteryLevel = 50 + i }));
        (await ColumnAsync("charge_energy_added, duration_min, outside_temp_avg, start_battery_level, end_battery_level")).ShouldBe(
            "0.31|4|15.3|50|54");
    }

    [Fact]
    public async Task Unknown_values_stay_unknown()
    {
        double?[] outside = [16, 15.5, null];
        await ChargeAsync(Enumerable.Range(0, 3)
            .Select(i => Charge(i) with { Date = At(15 * i), OutsideTempC = outside[i], BatteryLevel = i < 2 ? 50 : null }));
        (await ColumnAsync("duration_min, outside_temp_avg, start_battery_level, end_battery_level")).ShouldBe("1|15.8|50|-");
    }

    [Fact]
    public async Task A_charge_without_what_a_row_needs_is_left_out_with_a_warning()
    {
        await ChargeAsync([Charge(0), Charge(1) with { ChargerPhases = 0 }, Charge(3) with { IdealRangeKm = double.NaN },
            Charge(4) with { ChargerPhases = null, EnergyAddedKwh = 0.125, ChargerPowerKw = null, FastChargerBrand = " ",
                ConnectedCable = new string('x', 300) + "\0" }]);
        (await _database.RowsAsync("select charge_energy_added, charger_phases, charger_power, fast_charger_brand, length(conn_charge_cable) from "
            + "charges order by date"))
            .ShouldBe(["0.00|3|11|-|-", "0.13|-|0|-|255"]);
        _instance.Log.Lines.ShouldContain("Warning: Car 1: Invalid charge data: charger_phases must be greater than 0");
        _instance.Log.Lines.ShouldContain("Warning: Car 1: Invalid charge data: ideal_battery_range_km can't be blank");
    }

    /// <summary>What the car did not say costs only itself.</summary>
    [Theory]
    [InlineData("- - - -", "0.00 0.00 0.00 0.00", "0.00")]
    [InlineData("1.5 - - 2.5", "1.50 1.50 1.50 2.50", "1.00")]
    [InlineData("- 1.5 - 2", "0.00 1.50 1.50 2.00", "2.00")]
    [InlineData("3 - - -", "3.00 3.00 3.00 3.00", "0.00")]
    public async Task A_counter_that_is_not_told_stands_where_it_stood(string told, string stored, string added)
    {
        await ChargeAsync(told.Split(' ').Select((kwh, i) => Charge(i) with
        {
            EnergyAddedKwh = kwh == "-" ? null : double.Parse(kwh, CultureInfo.InvariantCulture),
            BatteryLevel = 50 + i,
        }));
        (await _database.RowsAsync("select charge_energy_added from charges order by date")).ShouldBe(stored.Split(' '));
        (await ColumnAsync("charge_energy_added, start_battery_level, end_battery_level, start_ideal_range_km, end_rated_range_km, duration_min"))
            .ShouldBe($"{added}|50|53|200.00|183.00|3");
    }

    [Fact]
    public async Task A_charge_without_ideal_ranges_keeps_the_others()
    {
        await ChargeAsync(Enumerable.Range(0, 3).Select(i => Charge(i) with { IdealRangeKm = null }));
        (await ColumnAsync("start_rated_range_km, end_rated_range_km, duration_min, charge_energy_added")).ShouldBe("180.00|182.00|2|0.20");
    }

    [Fact]
    public async Task Charging_while_offline_is_two_charges()
    {
        await ChargeAsync([Charge(0) with { EnergyAddedKwh = 0, ChargerPowerKw = 0 }, Charge(60) with { EnergyAddedKwh = 12.5, ChargerPowerKw = 0 }]);
        (await ColumnAsync("charge_energy_added, charge_energy_used, duration_min")).ShouldBe("12.50|0.00|60");
    }

    [Fact]
    public async Task Completing_twice_gives_the_same_process()
    {
        await ChargeAsync(Enumerable.Range(0, 20).Select(Charge));
        var before = await ColumnAsync("*");
        await _instance.Get<WriterSession>().Writer.RunAsync([.. ChargingStatements.Complete(new(1), new(1), At(0))], TimeSpan.FromSeconds(10),
            default);
        (await ColumnAsync("*")).ShouldBe(before);
    }

    [Theory]
    [InlineData(null, null, null, "-")]
    [InlineData("per_kwh", "0.25", null, "0.87")]
    [InlineData("per_kwh", "100", null, "349.60")]
    [InlineData("per_kwh", null, "7", "7.00")]
    [InlineData("per_kwh", "0.25", "4.79", "5.66")]
    [InlineData("per_kwh", "-0.15", null, "-0.52")]
    [InlineData("per_kwh", "0", "0", "0.00")]
    [InlineData("per_kwh", null, null, "-")]
    [InlineData("per_minute", "0.33", null, "6.27")]
    [InlineData("per_minute", "0.33", "1", "7.27")]
    [InlineData("per_minute", null, "1", "1.00")]
    [InlineData("per_minute", null, null, "-")]
    public async Task A_fence_prices_what_is_charged_inside(string? billing, string? perUnit, string? fee, string cost)
    {
        if (billing is not null)
            await AddFenceAsync(billing, perUnit, fee);
        await ChargeAsync(Enumerable.Range(0, 20).Select(Charge));
        (await ColumnAsync("cost")).ShouldBe(cost);
    }

    [Fact]
    public async Task Without_charges_there_is_no_cost()
    {
        await AddFenceAsync("per_kwh", "0.33", "1");
        await ChargeAsync([]);
        (await ColumnAsync("cost, geofence_id")).ShouldBe("-|1");
    }

    [Theory]
    [InlineData("Tesla", true, "0.00")]
    [InlineData("TeslaV3", true, "0.00")]
    [InlineData("Tesla", false, "1.15")]
    [InlineData("Combo", true, "1.15")]
    [InlineData("tesla", true, "1.15")]
    [InlineData("Tesla|<invalid>", true, "1.15")]
    [InlineData("Tesla|Combo", true, "1.15")]
    [InlineData("Tesla||||||", true, "0.00")]
    public async Task Supercharging_may_be_free(string types, bool free, string cost)
    {
        await AddFenceAsync("per_kwh", "0.33", null);
        await _database.ExecuteAsync($"update car_settings set free_supercharging = {free}");
        var kinds = types.Split('|');
        await ChargeAsync(Enumerable.Range(0, 20).Select(i => Charge(i) with { FastChargerType = kinds[i % kinds.Length] }));
        (await ColumnAsync("cost")).ShouldBe(cost);
    }

    [Fact]
    public async Task Free_supercharging_costs_nothing_outside_of_fences_too()
    {
        await _database.ExecuteAsync("update car_settings set free_supercharging = true");
        await ChargeAsync(Enumerable.Range(0, 20).Select(i => Charge(i) with { FastChargerType = "Tesla" }));
        (await ColumnAsync("cost, geofence_id")).ShouldBe("0.00|-");
    }

    [Theory]
    [InlineData(0, 12.77, 4485.6, "0.25", "12.77|12.46|3.19")]
    [InlineData(20, 1, 4528.8, "0", "-|12.58|0.00")]
    public async Task The_greater_of_the_energies_is_paid(double first, double last, double seconds, string perUnit, string expected)
    {
        await AddFenceAsync("per_kwh", perUnit, "0");
        await ChargeAsync(
        [
            Charge(0) with { EnergyAddedKwh = first, ChargerPhases = null, ChargerPowerKw = 10 },
            Charge(0) with { Date = At(seconds), EnergyAddedKwh = last, ChargerPhases = null, ChargerPowerKw = 10 },
        ]);
        (await ColumnAsync("charge_energy_added, charge_energy_used, cost")).ShouldBe(expected);
    }

    [Fact]
    public async Task The_price_of_the_moment_of_completion_counts()
    {
        await AddFenceAsync("per_kwh", "9", null);
        await _instance.WriteAsync([new LogbookEntry.StartCharging(At(0), Position(0), false),
            .. Enumerable.Range(0, 20).Select(i => new LogbookEntry.InsertCharge(Charge(i)))]);
        await _database.ExecuteAsync("update geofences set cost_per_unit = 0.25");
        await _instance.WriteAsync(new LogbookEntry.CompleteCharging(At(0)));
        (await ColumnAsync("cost")).ShouldBe("0.87");
    }

    [Fact]
    public async Task Absurd_prices_and_energies_are_brought_into_their_columns()
    {
        await AddFenceAsync("per_kwh", "99999.9999", "999999999999.99");
        await ChargeAsync([Charge(0), Charge(1) with { EnergyAddedKwh = 1e12, ChargerPowerKw = int.MaxValue, ChargerPhases = null, Date = At(1e9) }]);
        (await ColumnAsync("charge_energy_added, charge_energy_used, duration_min, cost")).ShouldBe("999999.99|999999.99|32767|999999999999.99");
    }

    [Theory]
    [InlineData("8x100,200,15.3,80,30", 0.153)]
    [InlineData("100,200,15.31,80,30 100,200,15.34,80,30", 0.15)]
    [InlineData("100,200,15.31,80,30 100,200,15.32,80,30 100,200,15.33,80,30", 0.153)]
    [InlineData("2x100,200,15.3,95,11", 0.15)]
    [InlineData("100,200,15.3,96,30 100,200,15.3,80,10", null)]
    [InlineData("3x100,100,15.3,80,30 2x100,200,15.3,80,30", null)]
    [InlineData("2x200,100,15.3,80,30", null)]
    [InlineData("100,200,15.3,80,30", null)]
    [InlineData("100,200,0.1,80,30 100,200,0.2,80,30", null)]
    [InlineData("2x100,200,0,80,30", null)]
    [InlineData("293.2,303.4,1.65,61,33 302.1,309.5,1.14,62,23 71.9,350.5,42.21,70,27 181.0,484.0,46.13,97,46 312.3,324.9,1.75,65,6 "
        + "325.6,482.7,23.71,97,34 "
        + "80.5,412.4,50.63,83,70 259.7,426.2,25.56,85,36 105.5,361.4,38.96,72,22 143.1,282.5,21.11,57,15 111.6,406.9,44.93,82,36 "
        + "115.0,453.2,51.49,91,38 "
        + "109.7,139.7,4.57,28,26 63.9,142.3,11.82,29,221 107.9,450.1,52.1,90,40", 0.152)]
    public async Task The_efficiency_is_what_most_processes_agree_on(string processes, double? efficiency)
    {
        await _database.ExecuteAsync("insert into positions (car_id, date, latitude, longitude) values (1, now(), 1, 1)");
        foreach (var process in processes.Split(' '))
        {
            var (times, values) = process.Split('x') is [var n, var rest] ? (int.Parse(n, CultureInfo.InvariantCulture), rest) : (1, process);
            var v = values.Split(',');
            await _database.ExecuteAsync($"""
                insert into charging_processes (car_id, position_id, start_date, start_rated_range_km, end_rated_range_km, charge_energy_added,
                    end_battery_level, duration_min)
                select 1, 1, now(), {v[0]}, {v[1]}, {v[2]}, {v[3]}, {v[4]} from generate_series(1, {times})
                """);
        }

        await _instance.Get<WriterSession>().Writer.RunAsync([EfficiencyStatements.Derive(new(1))], TimeSpan.FromSeconds(10), default);
        (await _database.RowAsync("select efficiency from cars")).ShouldBe(efficiency?.ToString(CultureInfo.InvariantCulture) ?? "-");
    }

    Task AddFenceAsync(string billing, string? perUnit, string? fee) => _database.ExecuteAsync($"""
        insert into geofences (id, name, latitude, longitude, radius, billing_type, cost_per_unit, session_fee, inserted_at, updated_at)
        values (1, 'home', 52.514521, 13.350144, 50, '{billing}', {perUnit ?? "null"}, {fee ?? "null"}, now(), now())
        """);
}
