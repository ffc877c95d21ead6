using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Rows;
using TeslaMate.Database;
using static TeslaMate.Api.Data.Rows.Member;

namespace TeslaMate.Api.Data.Resources;

/// <summary>Drives (spec api 2.2).</summary>
static class DriveListing
{
    static readonly Parameter LeastDistance = new("min_distance_km", ParameterType.Number, "Only drives of at least this distance.");
    static readonly Parameter MostDistance = new("max_distance_km", ParameterType.Number, "Only drives of at most this distance.");
    static readonly Parameter LeastDuration = new("min_duration_s", ParameterType.Number, "Only drives that ended and took at least this long.");

    public static readonly Listing Drives = new()
    {
        Name = "drives",
        Row = "Drive",
        Summary = "Drives, also one that is under way.",
        More = MoreFormats.GeoJson,
        Key = new("d.start_date", "d.id"),
        Car = "d.car_id",
        Parameters =
        [
            Parameter.Cars, Parameter.From, Parameter.To, Parameter.Geofence, Parameter.Place, Parameter.Tag, Parameter.Open, LeastDistance,
                MostDistance, LeastDuration,
        ],
        Members =
        [
            Id("id", "d.id", "The drive's number."),
            Id("car_id", "d.car_id", "The car's number."),
            .. End("start", "s"),
            .. End("end", "e"),
            Flag("is_open", "l.is_open", "Whether the drive has no end yet.") with { IsAlwaysKnown = true },
            Number("duration_s", "l.duration_s", "From start to end."),
            Number("distance_km", "d.distance", "Distance."),
            Number("start_odometer_km", "d.start_km", "The odometer at the start."),
            Number("end_odometer_km", "d.end_km", "The odometer at the end."),
            Whole("speed_max_kmh", "d.speed_max", "Highest speed."),
            Number("speed_avg_kmh", "l.speed_avg_kmh", "Mean speed (M22): distance by exact time."),
            Whole("power_max_kw", "d.power_max", "Highest power out of the battery."),
            Whole("power_min_kw", "d.power_min", "Highest power into the battery, negative."),
            Exact("outside_temp_avg_c", "d.outside_temp_avg", "Mean temperature outside."),
            Exact("inside_temp_avg_c", "d.inside_temp_avg", "Mean temperature inside."),
            Whole("ascent_m", "d.ascent", "Metres uphill."),
            Whole("descent_m", "d.descent", "Metres downhill."),
            Number("energy_net_kwh", "l.net_kwh", "Net energy (M9): range lost times the car's efficiency; negative when range was gained."),
            Number("consumption_net_wh_per_km", "l.net_wh_per_km", "Net consumption (M9)."),
            Flag("is_range_reduced", "l.is_range_reduced", "Whether part of the battery was too cold to use at one end, so that ranges tell less."),
            Flag("is_rough", "l.is_rough", "Whether the drive is too short (under 5 km) for its consumption to say much."),
            new("tags", MemberType.Words, OwnersSql.TagsOfDrive, "The owner's tags.") { IsAlwaysKnown = true },
        ],
        Rows = ask => $"""
            from public.drives as d
            left join public.addresses as sa on sa.id = d.start_address_id
            left join public.addresses as ea on ea.id = d.end_address_id
            left join public.geofences as sg on sg.id = d.start_geofence_id
            left join public.geofences as eg on eg.id = d.end_geofence_id
            where {ask.IsOnly("d.id")} and {ask.OfCars("d.car_id")} and {ask.InWindow("d.start_date")}
                and {Ask.When(ask.Question.Ids(Parameter.Geofence), ids => $"array[d.start_geofence_id, d.end_geofence_id] && {ask.Sql.Add(ids)}")}
                and {Ask.When(ask.Question.Text(Parameter.Place), text => Placed(ask, text))}
                and {Ask.When(ask.Question.Text(Parameter.Tag), tag => $"{ask.Sql.Add(tag)} = any({OwnersSql.TagsOfDrive})")}
                and {Ask.When(ask.Question.Flag(Parameter.Open), open => open ? "d.end_date is null" : "d.end_date is not null")}
                and {Ask.When(ask.Question.Number(LeastDistance), km => $"d.distance >= {ask.Sql.Add(km)}")}
                and {Ask.When(ask.Question.Number(MostDistance), km => $"d.distance <= {ask.Sql.Add(km)}")}
                and {Ask.When(ask.Question.Number(LeastDuration), s => $"extract(epoch from d.end_date - d.start_date) >= {ask.Sql.Add(s)}")}
            """,
        Measured = _ => """
            from span
            cross join lateral teslamate.drive_list(span.car_id, span.since, span.until) as l
            join page on page.id = l.drive_id
            join public.drives as d on d.id = page.id
            left join public.positions as s on s.id = d.start_position_id
            left join public.positions as e on e.id = d.end_position_id
            """,
    };

    static IEnumerable<Member> End(string side, string position) =>
    [
        Instant($"{side}.at", $"d.{side}_date", "When."),
        Whole($"{side}.position_id", $"d.{side}_position_id", "The position there."),
        Exact($"{side}.latitude", $"{position}.latitude", "Degrees."),
        Exact($"{side}.longitude", $"{position}.longitude", "Degrees."),
        Text($"{side}.place", $"l.{side}_place", "The geofence, else the address."),
        Whole($"{side}.geofence_id", $"d.{side}_geofence_id", "The geofence there."),
        Whole($"{side}.address_id", $"d.{side}_address_id", "The address there."),
        Whole($"{side}.battery_pct", $"l.{side}_level", "Battery level."),
        Whole($"{side}.usable_battery_pct", $"l.{side}_usable", "Usable battery level."),
        Exact($"{side}.rated_range_km", $"d.{side}_rated_range_km", "Rated range."),
        Exact($"{side}.ideal_range_km", $"d.{side}_ideal_range_km", "Ideal range."),
    ];

    static string Placed(Ask ask, string text)
    {
        var pattern = ask.Sql.Add(LikePattern.Containing(text));
        return $"(teslamate.place_label(sg.name, sa.name, sa.road, sa.house_number, sa.city) ilike {pattern}"
            + $" or teslamate.place_label(eg.name, ea.name, ea.road, ea.house_number, ea.city) ilike {pattern})";
    }
}
