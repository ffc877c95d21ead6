using TeslaMate.Database.Schemas;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Which tables and columns got another name in the course of the versions, so that what a later version meets can be found in an earlier schema.
/// </summary>
sealed class RenameTrail
{
    /// <summary>A null column renames the table.</summary>
    readonly record struct Rename(long Version, string FromTable, string? FromColumn, string ToTable, string? ToColumn)
    {
        public Rename Reversed => new(Version, ToTable, ToColumn, FromTable, FromColumn);
    }

    static readonly Rename[] All =
    [
        new(20190525125700, "public.charging_processes", "start_soc", "public.charging_processes", "start_range_km"),
        new(20190525125700, "public.charging_processes", "end_soc", "public.charging_processes", "end_range_km"),
        new(20190812191616, "public.trips", null, "public.drives", null),
        new(20190812191616, "public.positions", "trip_id", "public.positions", "drive_id"),
        new(20190828104902, "public.positions", "altitude", "public.positions", "elevation"),
        new(20190828150058, "public.cars", "version", "public.cars", "trim_badging"),
        new(20190913175011, "public.positions", "battery_range_km", "public.positions", "rated_battery_range_km"),
        new(20190913175011, "public.drives", "start_range_km", "public.drives", "start_ideal_range_km"),
        new(20190913175011, "public.drives", "end_range_km", "public.drives", "end_ideal_range_km"),
        new(20190913175011, "public.charging_processes", "start_range_km", "public.charging_processes", "start_ideal_range_km"),
        new(20190913175011, "public.charging_processes", "end_range_km", "public.charging_processes", "end_ideal_range_km"),
        new(20200528163852, "public.geofences", "cost_per_kwh", "public.geofences", "cost_per_unit"),
        new(20250924215353, "public.tokens", null, "private.tokens", null),
    ];

    IEnumerable<Rename> NewestFirst { get; init; } = [];

    public RenameTrail After(long version, bool back) => new() { NewestFirst = [.. Of(version, back).Reverse(), .. NewestFirst] };

    /// <summary>How a column that a later version meets is called in the database now.</summary>
    public (string Table, string Column) Origin(string table, string column)
    {
        foreach (var rename in NewestFirst)
        {
            if (rename.ToTable != table || (rename.ToColumn is { } renamed && renamed != column))
                continue;
            table = rename.FromTable;
            column = rename.FromColumn ?? column;
        }

        return (table, column);
    }

    public string Origin(string table) => Origin(table, "").Table;

    /// <summary>Whether a column that a version seems to remove only gets another name.</summary>
    public static bool IsRenamed(long version, SchemaFact column, bool back) => Of(version, back)
        .Any(rename => rename.FromTable == column.Table && (rename.FromColumn is null || rename.FromColumn == column.ShortName));

    static IEnumerable<Rename> Of(long version, bool back)
        => All.Where(rename => rename.Version == version).Select(rename => back ? rename.Reversed : rename);
}
