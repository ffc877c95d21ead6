namespace TeslaMate.Logbook.Charging;

/// <summary>Charges as they come back.</summary>
static class ChargeColumns
{
    /// <summary>The columns that <see cref="Read"/> takes, in its order.</summary>
    public static string Of(string table) => $"""
        {table}.date, {table}.charge_energy_added::float8, {table}.charger_power, {table}.ideal_battery_range_km::float8,
        {table}.rated_battery_range_km::float8, {table}.battery_level, {table}.usable_battery_level, {table}.outside_temp::float8,
            {table}.fast_charger_type
        """;

    /// <summary>How many columns <see cref="Of"/> names.</summary>
    public const int Count = 9;

    /// <returns>Null when an outer join found no row.</returns>
    public static ChargeReading? Read(NpgsqlDataReader reader, int first) => reader.IsDBNull(first)
        ? null
        : new ChargeReading
        {
            Date = reader.GetInstant(first),
            EnergyAddedKwh = reader.Double(first + 1),
            ChargerPowerKw = reader.Small(first + 2),
            IdealRangeKm = reader.Double(first + 3),
            RatedRangeKm = reader.Double(first + 4),
            BatteryLevel = reader.Small(first + 5),
            UsableBatteryLevel = reader.Small(first + 6),
            OutsideTempC = reader.Double(first + 7),
            FastChargerType = reader.Text(first + 8),
        };
}
