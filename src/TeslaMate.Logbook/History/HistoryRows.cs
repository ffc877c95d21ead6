using NpgsqlTypes;
using TeslaMate.Logbook.Positions;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.History;

/// <summary>
/// Rows on their way into the tables by binary <c>COPY</c>; the values are brought into the columns' ranges as those of live cars are.
/// </summary>
static class HistoryRows
{
    public static string CopyPositions { get; } =
        $"copy public.positions (id, car_id, drive_id, {PositionColumns.Names}) from stdin (format binary)";

    public const string CopyCharges = """
        copy public.charges (
            id, charging_process_id, date, charge_energy_added, charger_power, ideal_battery_range_km, rated_battery_range_km,
            battery_level, usable_battery_level, charger_actual_current, charger_pilot_current, charger_phases, charger_voltage,
            battery_heater, battery_heater_on, battery_heater_no_power, not_enough_power_to_heat,
            conn_charge_cable, fast_charger_present, fast_charger_brand, fast_charger_type, outside_temp) from stdin (format binary)
        """;

    public static async Task WriteAsync(
        NpgsqlBinaryImporter copy, int id, CarId car, int? drive, PositionReading position, CancellationToken cancellationToken)
    {
        await copy.StartRowAsync(cancellationToken);
        await copy.WriteAsync(id, NpgsqlDbType.Integer, cancellationToken);
        await copy.WriteAsync(car.Value, NpgsqlDbType.Smallint, cancellationToken);
        if (drive is { } known)
            await copy.WriteAsync(known, NpgsqlDbType.Integer, cancellationToken);
        else
            await copy.WriteNullAsync(cancellationToken);
        foreach (var column in PositionColumns.All)
            await column.CopyAsync(copy, position, cancellationToken);
    }

    public static async Task WriteAsync(NpgsqlBinaryImporter copy, int id, int process, ChargeReading charge, CancellationToken cancellationToken)
    {
        await copy.StartRowAsync(cancellationToken);
        await copy.WriteAsync(id, NpgsqlDbType.Integer, cancellationToken);
        await copy.WriteAsync(process, NpgsqlDbType.Integer, cancellationToken);
        await copy.WriteAsync(Column.Timestamp(charge.Date), NpgsqlDbType.Timestamp, cancellationToken);
        await NumericAsync(charge.EnergyAddedKwh, 8, 2);
        await SmallAsync(charge.ChargerPowerKw ?? 0);
        await NumericAsync(charge.IdealRangeKm, 6, 2);
        await NumericAsync(charge.RatedRangeKm, 6, 2);
        await SmallAsync(charge.BatteryLevel);
        await SmallAsync(charge.UsableBatteryLevel);
        await SmallAsync(charge.ChargerActualCurrentA);
        await SmallAsync(charge.ChargerPilotCurrentA);
        await SmallAsync(charge.ChargerPhases);
        await SmallAsync(charge.ChargerVoltageV);
        await NullableAsync(charge.BatteryHeater, NpgsqlDbType.Boolean);
        await NullableAsync(charge.BatteryHeaterOn, NpgsqlDbType.Boolean);
        await NullableAsync(charge.BatteryHeaterNoPower, NpgsqlDbType.Boolean);
        await NullableAsync(charge.NotEnoughPowerToHeat, NpgsqlDbType.Boolean);
        await TextAsync(charge.ConnectedCable);
        await NullableAsync(charge.FastChargerPresent, NpgsqlDbType.Boolean);
        await TextAsync(charge.FastChargerBrand);
        await TextAsync(charge.FastChargerType);
        await NumericAsync(charge.OutsideTempC, 4, 1);

        Task SmallAsync(int? value) => NullableAsync(Column.Small(value), NpgsqlDbType.Smallint);

        Task NumericAsync(double? value, int precision, int scale) => NullableAsync(Column.Numeric(value, precision, scale), NpgsqlDbType.Numeric);

        Task TextAsync(string? value)
            => Column.Text(value) is { } known
                ? copy.WriteAsync(known, NpgsqlDbType.Varchar, cancellationToken) : copy.WriteNullAsync(cancellationToken);

        Task NullableAsync<T>(T? value, NpgsqlDbType type)
            where T : struct
            => value is { } known ? copy.WriteAsync(known, type, cancellationToken) : copy.WriteNullAsync(cancellationToken);
    }
}
