using TeslaMate.Api.Data.Questions;
using static TeslaMate.Api.Data.Rows.Member;

namespace TeslaMate.Api.Data.Resources;

/// <summary>Cars, their states and their software (spec api 2.2).</summary>
static class CarListing
{
    public static readonly Parameter Merged = new("merged", ParameterType.Flag, "Whether driving, charging and updating are laid over the states.");

    public static readonly Listing Cars = new()
    {
        Name = "cars",
        Row = "Car",
        Summary = "Cars.",
        Key = new(null, "c.id"),
        IsNewestFirst = false,
        Members =
        [
            Id("id", "c.id", "The car's number."),
            Text("vin", "c.vin", "Vehicle identification number."),
            Text("name", "c.name", "What the owner calls it."),
            Text("model", "c.model", "S, 3, X, Y ..."),
            Text("marketing_name", "c.marketing_name", "As Tesla sells it."),
            Text("trim_badging", "c.trim_badging", "Trim, as the car tells it."),
            Text("exterior_color", "c.exterior_color", "Colour."),
            Text("wheel_type", "c.wheel_type", "Wheels."),
            Text("spoiler_type", "c.spoiler_type", "Spoiler."),
            Number("efficiency_kwh_per_km", "c.efficiency", "The constant between range and energy; null until two charges told it."),
            Whole("display_priority", "c.display_priority", "Its place in lists."),
            Whole("settings.suspend_min", "s.suspend_min", "Minutes that an attempt to fall asleep lasts."),
            Whole("settings.suspend_after_idle_min", "s.suspend_after_idle_min", "Idle minutes before it."),
            Flag("settings.req_not_unlocked", "s.req_not_unlocked", "Whether only a locked car may sleep."),
            Flag("settings.free_supercharging", "s.free_supercharging", "Whether supercharging is free."),
            Flag("settings.use_streaming_api", "s.use_streaming_api", "Whether the car streams."),
            Flag("settings.enabled", "s.enabled", "Whether the car is logged."),
            Flag("settings.lfp_battery", "s.lfp_battery", "Whether the battery is LFP."),
            Instant("created_at", "c.inserted_at", "When the car was first seen."),
            Instant("updated_at", "c.updated_at", "When this row last changed."),
            Whole("totals.drives", "(select count(*) from public.drives as d where d.car_id = c.id)", "How many drives there are."),
            Whole("totals.charging_processes", "(select count(*) from public.charging_processes as p where p.car_id = c.id)",
                "How many charging processes."),
            Whole("totals.updates", "(select count(*) from public.updates as u where u.car_id = c.id)", "How many updates."),
        ],
        Rows = ask => $"from public.cars as c left join public.car_settings as s on s.id = c.settings_id where {ask.IsOnly("c.id")} and "
            + $"{ask.OfCars("c.id")}",
    };

    public static readonly Listing States = new()
    {
        Name = "states",
        Row = "State",
        Summary = "Whether the car was online, asleep or offline.",
        Key = new("l.start_date", "l.id"),
        Parameters = [Parameter.From, Parameter.To, Merged],
        Members =
        [
            Word("state", "l.state", "What the car was, or did.", "online", "offline", "asleep", "driving", "charging", "updating"),
            Instant("start.at", "l.start_date", "Since when."),
            Instant("end.at", "l.end_date", "Until when; null while it lasts."),
        ],
        Rows = ask => ask.Question.Flag(Merged) == true
            ? $"""
            from (
                select m.state, m.start_date, case when not m.is_current then m.end_date end as end_date, 0 as id
                from teslamate.state_spans({ask.Sql.Add(ask.Row)}, {ask.Window}, {ask.NowSql}) as m
            ) as l
            where {IsSeen(ask)}
            """
            // What began before the window and lasts into it belongs to it (charts M1).
            : $"""
            from (
                select s.state::text as state, s.start_date, s.end_date, s.id
                from public.states as s
                where s.car_id = {ask.Sql.Add(ask.Row)}
                    and {Ask.When(ask.Question.From, from => $"coalesce(s.end_date, 'infinity') > {ask.Sql.Add(from)}")}
                    and {Ask.When(ask.Question.To, to => $"s.start_date < {ask.Sql.Add(to)}")}
            ) as l
            where {IsSeen(ask)}
            """,
    };

    public static readonly Listing Updates = new()
    {
        Name = "updates",
        Row = "Update",
        Summary = "Software updates, and how long each version was in use.",
        Key = new("l.start_date", "l.update_id"),
        Parameters = [Parameter.From, Parameter.To],
        Members =
        [
            Id("id", "l.update_id", "The update's number."),
            Text("version", "l.version", "The version, without the build's hash."),
            Instant("start.at", "l.start_date", "When it began."),
            Instant("end.at", "l.end_date", "When it was done; null while it lasts."),
            Instant("in_use.from", "l.in_use_from", "Since when the version was in use (M17)."),
            Instant("in_use.to", "l.in_use_to", "Until when: the next update, or now."),
        ],
        Rows = ask => $"""
            from teslamate.software_versions({ask.Sql.Add(ask.Row)}, {ask.Window}, {ask.NowSql}, {ask.Sql.Add(ask.Question.Zone.Id)}) as l
            where {IsSeen(ask)}
            """,
    };

    /// <summary>The condition that the car in the address may be seen.</summary>
    public static string IsSeen(Ask ask) => ask.Cars is null ? "true" : $"{ask.Sql.Add(ask.Row)} = any({ask.Sql.Add(ask.Cars)})";
}
