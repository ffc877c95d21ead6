using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Rows;
using static TeslaMate.Api.Data.Rows.Member;

namespace TeslaMate.Api.Data.Resources;

/// <summary>Positions of a drive and of a car (spec api 2.2).</summary>
static class PositionListing
{
    public static readonly Parameter Every = new("every_s", ParameterType.Number, "One position in this many seconds.") { Least = 1, Most = 86_400 };

    public static readonly Parameter Simplify =
        new("simplify_m", ParameterType.Number, "Leaves out positions that lie within this many metres of the line without them.")
        {
            Least = 0.1,
            Most = 10_000,
        };

    public static readonly Parameter Complete =
        new("complete", ParameterType.Flag, "Only positions that the car was asked for, which have all values; not streamed ones.");

    public static readonly Parameter All = new("all", ParameterType.Flag,
        "Also streamed positions of the parked car; otherwise only those it was asked for.");

    static readonly IReadOnlyList<Member> Members =
    [
        Id("id", "p.id", "The position's number."),
        Instant("at", "p.date", "When."),
        Whole("drive_id", "p.drive_id", "The drive it belongs to; null while parked."),
        Exact("latitude", "p.latitude", "Degrees."),
        Exact("longitude", "p.longitude", "Degrees."),
        Whole("speed_kmh", "p.speed", "Speed."),
        Whole("power_kw", "p.power", "Power out of the battery; negative into it."),
        Number("odometer_km", "p.odometer", "Odometer."),
        Whole("elevation_m", "p.elevation", "Above sea level."),
        Whole("battery_pct", "p.battery_level", "Battery level."),
        Whole("usable_battery_pct", "p.usable_battery_level", "Usable battery level."),
        Exact("rated_range_km", "p.rated_battery_range_km", "Rated range."),
        Exact("ideal_range_km", "p.ideal_battery_range_km", "Ideal range."),
        Exact("est_range_km", "p.est_battery_range_km", "Range as the car estimates it."),
        Exact("outside_temp_c", "p.outside_temp", "Temperature outside."),
        Exact("inside_temp_c", "p.inside_temp", "Temperature inside."),
        Flag("is_climate_on", "p.is_climate_on", "Whether climate is on."),
        Whole("fan_status", "p.fan_status", "Fan step."),
        Exact("driver_temp_setting_c", "p.driver_temp_setting", "What the driver wants."),
        Exact("passenger_temp_setting_c", "p.passenger_temp_setting", "What the passenger wants."),
        Flag("is_rear_defroster_on", "p.is_rear_defroster_on", "Rear defroster."),
        Flag("is_front_defroster_on", "p.is_front_defroster_on", "Front defroster."),
        Flag("battery_heater", "p.battery_heater", "Battery heater."),
        Flag("battery_heater_on", "p.battery_heater_on", "Battery heater on."),
        Flag("battery_heater_no_power", "p.battery_heater_no_power", "Battery heater without power."),
        Exact("tpms_bar.fl", "p.tpms_pressure_fl", "Front left."),
        Exact("tpms_bar.fr", "p.tpms_pressure_fr", "Front right."),
        Exact("tpms_bar.rl", "p.tpms_pressure_rl", "Rear left."),
        Exact("tpms_bar.rr", "p.tpms_pressure_rr", "Rear right."),
    ];

    /// <summary>The positions of a drive. The limits of the date are there for the index.</summary>
    public static readonly Listing OfDrive = new()
    {
        Name = "positions",
        Row = "Position",
        Summary = "The positions of a drive.",
        IsPaged = false,
        IsNewestFirst = false,
        More = MoreFormats.Gpx,
        Point = "p.drive_id, p.latitude::double precision, p.longitude::double precision",
        Key = new("p.date", "p.id"),
        Parameters = [Every, Simplify, Complete],
        Members = Members,
        Rows = ask =>
        {
            var drive = ask.Sql.Add(ask.Row);
            return $"""
                from public.positions as p
                join public.drives as d on d.id = p.drive_id
                where p.drive_id = {drive} and p.date >= (select start_date from public.drives where id = {drive})
                    and p.date <= coalesce((select end_date from public.drives where id = {drive}), 'infinity')
                    and {ask.OfCars("d.car_id")}
                    and {(ask.Question.Flag(Complete) == true ? "p.ideal_battery_range_km is not null" : "true")}
                """;
        },
    };

    /// <summary>The positions of a car in a window, which is asked for in pieces (<see cref="Windows"/>).</summary>
    public static readonly Listing OfCar = new()
    {
        Name = "positions",
        Row = "Position",
        Summary = "The positions of a car: in a window of at most 31 days as JSON, in any as a stream.",
        IsPaged = false,
        IsNewestFirst = false,
        More = MoreFormats.Gpx,
        Point = "p.drive_id, p.latitude::double precision, p.longitude::double precision",
        Key = new("p.date", "p.id"),
        Parameters = [Parameter.From, Parameter.To, Every, Simplify, Complete, All],
        Members = Members,
        Rows = ask => $"""
            from public.positions as p
            where p.car_id = {ask.Sql.Add(ask.Row)} and {ask.OfCars("p.car_id")} and {ask.InWindow("p.date")}
                and {(ask.Question.Flag(Complete) == true ? "p.ideal_battery_range_km is not null"
                    : ask.Question.Flag(All) == true ? "true" : "(p.drive_id is not null or p.ideal_battery_range_km is not null)")}
            """,
    };
}
