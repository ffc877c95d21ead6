namespace TeslaMate.Logbook.Positions;

/// <summary>Positions as they come back.</summary>
static class PositionColumns
{
    /// <summary>The columns that <see cref="Read"/> takes, in its order; the numeric ones as doubles.</summary>
    public static string Of(string table) => $"""
        {table}.date, {table}.latitude::float8, {table}.longitude::float8, {table}.elevation, {table}.speed, {table}.power, {table}.odometer,
        {table}.ideal_battery_range_km::float8, {table}.est_battery_range_km::float8, {table}.rated_battery_range_km::float8,
        {table}.battery_level, {table}.usable_battery_level, {table}.outside_temp::float8, {table}.inside_temp::float8
        """;

    /// <summary>How many columns <see cref="Of"/> names.</summary>
    public const int Count = 14;

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
}
