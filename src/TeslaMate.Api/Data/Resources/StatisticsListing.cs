using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Rows;

namespace TeslaMate.Api.Data.Resources;

/// <summary>Measures per local period (spec api 2.3), from the same functions as the pages.</summary>
static class StatisticsListing
{
    /// <summary>The measures that come when none are named.</summary>
    public static readonly IReadOnlyList<string> Usual = ["M3", "M4", "M7", "M8", "M9", "M10"];

    static readonly Parameter Period = new("period", ParameterType.Word,
        "The length of a period; weeks are ISO weeks. `total`, the default, is one row.")
    {
        Values = ["total", "day", "week", "month", "year"],
    };

    static readonly IReadOnlyList<Member> Measures =
    [
        Whole("M3", "drives", "s.drives", "Counted drives: those with an end and a distance."),
        Number("M3", "distance_km", "s.distance_km", "Their distance."),
        Number("M3", "driving_s", "s.driving_s", "Their time."),
        Whole("M4", "charges", "s.charges", "Counted charges: those with an end that added more than 0.01 kWh."),
        Number("M4", "energy_added_kwh", "s.energy_added_kwh", "What they added."),
        Whole("M5", "charging_stops", "coalesce(stops.count, 0)", "Charging stops."),
        Number("M6", "energy_added_ac_kwh", "c.energy_added_ac_kwh", "Added by AC."),
        Number("M6", "energy_added_dc_kwh", "c.energy_added_dc_kwh", "Added by DC."),
        Number("M6", "energy_used_ac_kwh", "c.energy_used_ac_kwh", "Used by AC."),
        Number("M6", "energy_used_dc_kwh", "c.energy_used_dc_kwh", "Used by DC."),
        Number("M7", "energy_used_kwh", "s.energy_used_kwh", "Energy used: the greater of used and added."),
        Number("M7", "efficiency_pct", "s.charge_efficiency * 100", "Added of used, over charges whose use is known."),
        Exact("M8", "cost", "s.cost", "Sum of the costs; null when no charge is priced."),
        Number("M8", "price_per_kwh", "s.price_per_kwh", "Cost by energy used, over priced charges."),
        Number("M8", "price_coverage", "s.price_coverage", "Share (0 to 1) of the energy that is priced."),
        Number("M9", "net_kwh", "s.net_kwh", "Net energy of the drives."),
        Number("M9", "net_wh_per_km", "s.net_wh_per_km", "Net consumption."),
        Number("M10", "gross_wh_per_km", "s.gross_wh_per_km", "Gross consumption: losses while parked are in it."),
        Number("M10", "gross_coverage", "s.gross_coverage", "Share (0 to 1) of the odometer's advance that it covers."),
        Number("M11", "capacity_kwh", "battery.capacity_now_kwh", "The battery's capacity at the end of the period."),
        Number("M12", "idle_s", "idle.idle_s", "Time parked without charging."),
        Number("M12", "idle_kwh", "idle.idle_kwh", "Energy lost meanwhile."),
        Number("M12", "idle_w", "idle.idle_w", "Mean power of the loss."),
        Number("M12", "asleep_s", "idle.asleep_s", "Time asleep or offline meanwhile."),
        Number("M13", "odometer_km", "s.odometer_km", "The odometer's advance."),
        Number("M13", "gap_km", "s.gap_km", "Of that without a drive."),
        Number("M15", "range_at_100_km", "projected.range_at_100_km", "Range at 100 %."),
        new("version", MemberType.Text, "software.version", "The software in use at the end of the period.", "M17"),
        Number("M18", "climb_kwh", "s.climb_kwh", "Energy of height."),
        Number("M19", "recovered_kwh", "recovery.recovered_kwh", "Energy recovered."),
        Number("M19", "recovered_coverage", "recovery.recovered_coverage", "Share (0 to 1) of the driving time that it covers."),
        Number("M21", "per_month_km", "ahead.per_month_km", "Extrapolated distance of a month."),
        Number("M21", "per_year_km", "ahead.per_year_km", "Extrapolated distance of a year."),
        new("is_too_short", MemberType.Flag, "ahead.is_too_short", "Whether less than 14 days are behind the extrapolation.", "M21"),
        Number("M22", "speed_avg_kmh", "s.speed_avg_kmh", "Mean speed."),
        Number("M22", "moving_speed_avg_kmh", "recovery.moving_speed_avg_kmh", "Mean speed without standing."),
    ];

    public static readonly Parameter Named =
        new("measures", ParameterType.Words, "Only these measures, with commas between them; M3, M4, M7 to M10 by default.")
        {
            Values = [.. Measures.Select(member => member.Group!).Distinct()],
        };

    public static readonly Listing Statistics = new()
    {
        Name = "statistics",
        Row = "Statistics",
        Summary = "Measures per local period; also empty periods are there.",
        IsPaged = false,
        IsNewestFirst = false,
        Key = new("s.period_from", "0::bigint"),
        Parameters = [Parameter.From, Parameter.To, Period, Named],
        Members =
        [
            Member.Text("period.label", "s.label", "`2026-03-29`, `2026-W13`, `2026-03`, `2026` or `total`."),
            Member.Instant("period.from", "s.period_from", "The period's own begin, also where the window begins later."),
            Member.Instant("period.to", "s.period_to", "The first moment after it."),
            Member.Number("period.days_s", "s.period_s", "Its length in real seconds: a day has 23 to 25 hours."),
            .. Measures,
        ],
        Rows = ask => Rows(ask),
    };

    // The joins to measures that nobody asked for are not made: each is a function that reads the log.
    static string Rows(Ask ask)
    {
        var measures = ask.Question.Words(Named) ?? Usual;
        var car = ask.Sql.Add(ask.Row);
        var (window, zone) = (ask.Window, ask.Sql.Add(ask.Question.Zone.Id));
        var period = ask.Sql.Add(ask.Question.Text(Period) ?? "total");
        return $"""
            from teslamate.statistics({car}, {window}, {zone}, {period}, {ask.NowSql}) as s
            {Join("M5", $"""
                left join (
                    select teslamate.period_key(start_date, {period}, {zone}) as period_key, count(*) as count
                    from teslamate.charge_stops({car}, {window}) group by 1
                ) as stops on stops.period_key = s.period_key
                """)}
            {Join("M6", $"left join teslamate.charge_statistics({car}, {window}, {zone}, {period}) as c on c.period_key = s.period_key")}
            {Join("M11", $"left join lateral teslamate.battery_health({car}, s.period_to) as battery on true")}
            {Join("M12", $"""
                left join teslamate.idle_statistics({car}, {window}, {ask.NowSql}, {zone}, {period}) as idle on idle.period_key = s.period_key
                """)}
            {Join("M15", $"""
                left join teslamate.projected_range({car}, {window}, {zone}, {period}) as projected on projected.period_key = s.period_key
                """)}
            {Join("M17", $"""
                left join lateral (
                    select split_part(u.version, ' ', 1) as version from public.updates as u
                    where u.car_id = {car} and u.start_date < s.period_to
                    order by u.start_date desc, u.id desc limit 1
                ) as software on true
                """)}
            {Join("M21", $"left join lateral teslamate.extrapolation({car}, s.period_from, s.period_to) as ahead on true")}
            {(measures.Contains("M19") || measures.Contains("M22")
                ? $"left join teslamate.recovery_statistics({car}, {window}, {zone}, {period}) as recovery on recovery.period_key = s.period_key"
                : "")}
            where {CarListing.IsSeen(ask)}
            """;

        string Join(string measure, string text) => measures.Contains(measure) ? text : "";
    }

    static Member Whole(string measure, string path, string sql, string description) => new(path, MemberType.Whole, sql, description, measure);

    static Member Number(string measure, string path, string sql, string description) => new(path, MemberType.Number, sql, description, measure);

    static Member Exact(string measure, string path, string sql, string description) => new(path, MemberType.Exact, sql, description, measure);
}
