using NpgsqlTypes;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Positions;

/// <summary>
/// The columns of <c>positions</c> that come from a <see cref="PositionReading"/>. A new one is added to that record and to <see cref="All"/>, whence
/// every statement that writes positions has it; to <see cref="Resumed"/> and <see cref="Read"/> only if a restart needs it.
/// </summary>
static class PositionColumns
{
    /// <summary>In the order in which statements name them.</summary>
    public static IReadOnlyList<PositionColumn> All { get; } =
    [
        Of("date", "timestamp", NpgsqlDbType.Timestamp, position => (DateTime?)Column.Timestamp(position.Date)),
        Of("latitude", "numeric", NpgsqlDbType.Numeric, position => (decimal?)Column.Latitude(position.Latitude)),
        Of("longitude", "numeric", NpgsqlDbType.Numeric, position => (decimal?)Column.Longitude(position.Longitude)),
        Small("elevation", position => position.ElevationM),
        Small("speed", position => position.SpeedKmH),
        Small("power", position => position.PowerKw),
        Of("odometer", "float8", NpgsqlDbType.Double, position => Column.Double(position.OdometerKm)),
        Numeric("ideal_battery_range_km", 6, 2, position => position.IdealRangeKm),
        Numeric("est_battery_range_km", 6, 2, position => position.EstimatedRangeKm),
        Numeric("rated_battery_range_km", 6, 2, position => position.RatedRangeKm),
        Small("battery_level", position => position.BatteryLevel),
        Small("usable_battery_level", position => position.UsableBatteryLevel),
        Numeric("outside_temp", 4, 1, position => position.OutsideTempC),
        Numeric("inside_temp", 4, 1, position => position.InsideTempC),
        Numeric("driver_temp_setting", 4, 1, position => position.DriverTempSettingC),
        Numeric("passenger_temp_setting", 4, 1, position => position.PassengerTempSettingC),
        Of("fan_status", "integer", NpgsqlDbType.Integer, position => position.FanStatus),
        Flag("is_climate_on", position => position.IsClimateOn),
        Flag("is_rear_defroster_on", position => position.IsRearDefrosterOn),
        Flag("is_front_defroster_on", position => position.IsFrontDefrosterOn),
        Flag("battery_heater", position => position.BatteryHeater),
        Flag("battery_heater_on", position => position.BatteryHeaterOn),
        Flag("battery_heater_no_power", position => position.BatteryHeaterNoPower),
        Numeric("tpms_pressure_fl", 4, 1, position => position.TirePressureFrontLeftBar),
        Numeric("tpms_pressure_fr", 4, 1, position => position.TirePressureFrontRightBar),
        Numeric("tpms_pressure_rl", 4, 1, position => position.TirePressureRearLeftBar),
        Numeric("tpms_pressure_rr", 4, 1, position => position.TirePressureRearRightBar),
    ];

    /// <summary>Their names with commas between them.</summary>
    public static string Names { get; } = string.Join(", ", All.Select(column => column.Name));

    /// <summary>The columns that <see cref="Read"/> takes, in its order; the numeric ones as doubles.</summary>
    public static string Resumed(string table) => $"""
        {table}.date, {table}.latitude::float8, {table}.longitude::float8, {table}.elevation, {table}.speed, {table}.power, {table}.odometer,
        {table}.ideal_battery_range_km::float8, {table}.est_battery_range_km::float8, {table}.rated_battery_range_km::float8,
        {table}.battery_level, {table}.usable_battery_level, {table}.outside_temp::float8, {table}.inside_temp::float8
        """;

    /// <summary>How many columns <see cref="Resumed"/> names.</summary>
    public const int ResumedCount = 14;

    /// <returns>Null when an outer join found no row.</returns>
    public static PositionReading? Read(NpgsqlDataReader reader, int first) => reader.IsDBNull(first)
        ? null
        : new PositionReading
        {
            Date = reader.GetInstant(first),
            Latitude = reader.GetDouble(first + 1),
            Longitude = reader.GetDouble(first + 2),
            ElevationM = reader.Small(first + 3),
            SpeedKmH = reader.Small(first + 4),
            PowerKw = reader.Small(first + 5),
            OdometerKm = reader.Double(first + 6),
            IdealRangeKm = reader.Double(first + 7),
            EstimatedRangeKm = reader.Double(first + 8),
            RatedRangeKm = reader.Double(first + 9),
            BatteryLevel = reader.Small(first + 10),
            UsableBatteryLevel = reader.Small(first + 11),
            OutsideTempC = reader.Double(first + 12),
            InsideTempC = reader.Double(first + 13),
        };

    static PositionColumn.Of<short> Small(string name, Func<PositionReading, int?> value)
        => Of(name, "smallint", NpgsqlDbType.Smallint, position => Column.Small(value(position)));

    static PositionColumn.Of<decimal> Numeric(string name, int precision, int scale, Func<PositionReading, double?> value)
        => Of(name, "numeric", NpgsqlDbType.Numeric, position => Column.Numeric(value(position), precision, scale));

    static PositionColumn.Of<bool> Flag(string name, Func<PositionReading, bool?> value) => Of(name, "boolean", NpgsqlDbType.Boolean, value);

    static PositionColumn.Of<T> Of<T>(string name, string type, NpgsqlDbType driverType, Func<PositionReading, T?> value)
        where T : struct
        => new PositionColumn.Of<T>(name, type, driverType, value);
}

/// <summary>One column of <c>positions</c>, and where its value comes from.</summary>
/// <param name="name">As the table has it.</param>
/// <param name="type">As a cast of a parameter spells it.</param>
abstract class PositionColumn(string name, string type)
{
    public string Name { get; } = name;

    public string Type { get; } = type;

    /// <summary>The column of many rows as one parameter, an array.</summary>
    public abstract NpgsqlParameter Parameter(IReadOnlyList<PositionReading> rows);

    /// <summary>Writes the column of one row.</summary>
    public abstract Task CopyAsync(NpgsqlBinaryImporter copy, PositionReading row, CancellationToken cancellationToken);

    /// <summary>A column of the type <typeparamref name="T"/>, which spares a box for each value.</summary>
    public sealed class Of<T>(string name, string type, NpgsqlDbType driverType, Func<PositionReading, T?> value) : PositionColumn(name, type)
        where T : struct
    {
        /// <inheritdoc/>
        public override NpgsqlParameter Parameter(IReadOnlyList<PositionReading> rows)
            => new NpgsqlParameter<T?[]> { TypedValue = [.. rows.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | driverType };

        /// <inheritdoc/>
        public override Task CopyAsync(NpgsqlBinaryImporter copy, PositionReading row, CancellationToken cancellationToken)
            => value(row) is { } known ? copy.WriteAsync(known, driverType, cancellationToken) : copy.WriteNullAsync(cancellationToken);
    }
}
