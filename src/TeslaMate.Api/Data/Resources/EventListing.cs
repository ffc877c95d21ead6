using TeslaMate.Api.Data.Questions;
using TeslaMate.Database;
using static TeslaMate.Api.Data.Rows.Member;

namespace TeslaMate.Api.Data.Resources;

/// <summary>What a car did, and how it stood (spec api 2.2; charts M12, M16).</summary>
static class EventListing
{
    static readonly Parameter Kinds = new("kind", ParameterType.Words, "Only these kinds, with commas between them.")
    {
        Values = ["drive", "charge", "parked", "missing", "update"],
    };

    public static readonly Listing Timeline = new()
    {
        Name = "timeline",
        Row = "TimelineEntry",
        Summary = "Everything the car did (M16): drives, charges, updates, and the time between them.",
        Key = new("l.start_date", "l.number"),
        Parameters = [Parameter.From, Parameter.To, Parameter.Place, Kinds],
        Members =
        [
            Word("kind", "l.kind", "What it is; missing: the car was moved without being logged.", "drive", "charge", "parked", "missing", "update"),
            Instant("start.at", "l.start_date", "When it began."),
            Instant("end.at", "l.end_date", "When it ended; null while it lasts."),
            Number("duration_s", "l.duration_s", "From start to end."),
            Whole("start_battery_pct", "l.end_level - l.level_difference", "Level at the start."),
            Whole("end_battery_pct", "l.end_level", "Level at the end."),
            Number("start_range_km", "l.end_range_km - l.range_difference_km + case when l.kind = 'missing' then l.distance_km else 0 end",
                "Range at the start."),
            Number("end_range_km", "l.end_range_km", "Range at the end."),
            Number("energy_kwh", "l.energy_kwh", "Energy into the battery; negative out of it."),
            Number("distance_km", "l.distance_km", "Distance."),
            Text("place", "coalesce(l.end_place, l.start_place)", "Where it ended."),
            Whole("drive_id", "l.drive_id", "The drive."),
            Whole("charging_process_id", "l.charging_process_id", "The charging process."),
            Text("version", "l.version", "The software version."),
        ],
        Rows = ask => $"""
            from (
                select case t.kind
                        when 'driving' then 'drive' when 'charging' then 'charge' when 'parking' then 'parked' when 'updating' then 'update'
                        else t.kind
                    end as kind,
                    case when t.kind in ('parking', 'missing') and t.is_open then null else t.end_date end as end_date,
                    -- Tells what begins at the same moment apart.
                    coalesce(t.drive_id + 1e10, t.charging_process_id + 2e10, t.update_id + 3e10, 0)::bigint as number,
                    t.start_date, t.duration_s, t.end_level, t.level_difference, t.end_range_km, t.range_difference_km, t.energy_kwh,
                        t.distance_km, t.start_place, t.end_place,
                    t.drive_id, t.charging_process_id, t.version
                from teslamate.timeline({ask.Sql.Add(ask.Row)}, {ask.Window}, {ask.NowSql}) as t
            ) as l
            where {CarListing.IsSeen(ask)}
                and {Ask.When(ask.Question.Words(Kinds), kinds => $"l.kind = any(string_to_array({ask.Sql.Add(string.Join(',', kinds))}, ','))")}
                and {Ask.When(ask.Question.Text(Parameter.Place), text => Placed(ask, text))}
            """,
    };

    public static readonly Listing Idle = new()
    {
        Name = "idle",
        Row = "Idle",
        Summary = "Times the car stood without charging (M12), and what it lost.",
        Key = new("l.start_date", "l.is_current::integer"),
        Parameters = [Parameter.From, Parameter.To],
        Members =
        [
            Instant("start.at", "l.start_date", "Since when; cut at the window."),
            Instant("end.at", "case when not l.is_current then l.end_date end", "Until when; null while it lasts."),
            Number("duration_s", "l.idle_s", "How long."),
            Number("energy_kwh", "l.loss_kwh", "Energy lost."),
            Number("power_w", "l.power_w", "Mean power."),
            Number("asleep_s", "l.asleep_s - l.offline_s", "Of that asleep."),
            Number("offline_s", "l.offline_s", "Of that offline."),
            Flag("is_from_level", "l.is_from_level", "Whether the loss comes from the level, because ranges were reduced by cold."),
            Number("climate_share", "l.climate_share", "Share (0 to 1) of the samples with climate on."),
        ],
        Rows = ask =>
        {
            var car = ask.Sql.Add(ask.Row);
            return $"""
                from (
                    select i.*, coalesce((
                        select sum(extract(epoch from least(coalesce(s.end_date, 'infinity'), i.end_date) - greatest(s.start_date,
                            i.start_date))::double precision)
                        from public.states as s
                        where s.car_id = {car} and s.state = 'offline' and s.start_date < i.end_date and coalesce(s.end_date,
                            'infinity') > i.start_date
                    ), 0) as offline_s
                    from teslamate.idles({car}, {ask.Window}, {ask.NowSql}) as i
                ) as l
                where {CarListing.IsSeen(ask)}
                """;
        },
    };

    static string Placed(Ask ask, string text)
    {
        var pattern = ask.Sql.Add(LikePattern.Containing(text));
        return $"(l.start_place ilike {pattern} or l.end_place ilike {pattern})";
    }
}
