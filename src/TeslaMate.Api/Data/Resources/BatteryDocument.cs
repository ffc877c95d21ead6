using TeslaMate.Api.Data.Questions;
using static TeslaMate.Api.Data.Rows.Member;

namespace TeslaMate.Api.Data.Resources;

/// <summary>An answer that is one object with lists in it. As CSV and NDJSON it is the first of its lists.</summary>
/// <param name="Name">What the file of its first list is called after.</param>
/// <param name="Own">The object's own members; null when it has none.</param>
sealed record Document(string Name, string Summary, Listing? Own, IReadOnlyList<Listing> Lists)
{
    /// <summary>What can be asked in every format.</summary>
    public IReadOnlyList<Parameter> Parameters { get; } =
        [.. Lists.SelectMany(list => list.Parameters).DistinctBy(parameter => parameter.Name), Parameter.Zone, .. Parameter.OfCsv];

    /// <summary>What CSV and NDJSON have of it.</summary>
    public Listing File { get; } = Lists[0] with { Name = Name };
}

/// <summary>The battery's capacity (charts M11, M15) and the charge curve (M14).</summary>
static class BatteryDocument
{
    public static readonly Document Battery = new("battery", "The battery's capacity now and new (M11), and the samples behind it.",
        new()
        {
            Name = "battery",
            Summary = "",
            Key = new(null, "0::bigint"),
            Members =
            [
                Number("capacity_now_kwh", "h.capacity_now_kwh", "The median of the newest five samples."),
                Number("capacity_new_kwh", "h.capacity_new_kwh", "What the owner says, else the largest median of five samples."),
                Number("health_pct", "h.health", "Now of new."),
                Number("range_at_100_km", "h.range_now_km", "Rated range at 100 %."),
            ],
            Rows = ask => $"""
                from teslamate.battery_health({ask.Sql.Add(ask.Row)}, {ask.Sql.Add(ask.Question.To)}) as h
                where {CarListing.IsSeen(ask)}
                """,
        },
        [
            new()
            {
                Name = "samples",
                Summary = "",
                IsNewestFirst = false,
                Key = new("c.end_date", "c.charging_process_id"),
                Parameters = [Parameter.From, Parameter.To],
                Members =
                [
                    Instant("at", "c.end_date", "The end of the charge."),
                    Number("odometer_km", "c.odometer_km", "The odometer then."),
                    Number("capacity_kwh", "c.capacity_kwh", "The capacity that the charge tells."),
                    Number("range_at_100_km", "c.range_km", "The rated range at 100 %."),
                    Exact("energy_added_kwh", "p.charge_energy_added", "What the charge added."),
                    Text("version", "u.version", "The software in use then."),
                ],
                Rows = ask =>
                {
                    var car = ask.Sql.Add(ask.Row);
                    return $"""
                        from teslamate.capacity_samples({car}, {ask.Window}) as c
                        join public.charging_processes as p on p.id = c.charging_process_id
                        left join lateral (
                            select split_part(u.version, ' ', 1) as version from public.updates as u
                            where u.car_id = {car} and u.start_date <= c.end_date
                            order by u.start_date desc, u.id desc limit 1
                        ) as u on true
                        where {CarListing.IsSeen(ask)}
                        """;
                },
            },
        ]);

    public static readonly Document ChargeCurve =
        new("charge-curve", "DC power over the battery level (M14): the median of the sessions' means, and the sessions.", null,
        [
            new()
            {
                Name = "levels",
                Summary = "",
                Key = new(null, "c.x"),
                Parameters = [Parameter.From, Parameter.To],
                Members =
                [
                    Whole("battery_pct", "c.x", "The level."),
                    Number("power_kw", "c.median_kw", "Median of the sessions."),
                    Number("power_p10_kw", "c.low_kw", "One session in ten is below."),
                    Number("power_p90_kw", "c.high_kw", "One session in ten is above."),
                    Whole("sessions", "c.sessions", "How many sessions reached the level."),
                ],
                Rows = ask => $"from teslamate.charge_curve({ask.Sql.Add(ask.Row)}, {ask.Window}) as c where {CarListing.IsSeen(ask)}",
            },
            new()
            {
                Name = "sessions",
                Summary = "",
                IsNewestFirst = false,
                Key = new("c.start_date", "c.charging_process_id"),
                Parameters = [Parameter.From, Parameter.To],
                Members =
                [
                    Id("charging_process_id", "c.charging_process_id", "The charging process."),
                    Number("power_mean_kw", "c.power_avg_kw", "Mean power."),
                    Number("from_10_to_80_s", "c.span_s", "Time from 10 to 80 %; null where the session does not span them."),
                ],
                Rows = ask => $"from teslamate.charge_sessions({ask.Sql.Add(ask.Row)}, {ask.Window}) as c where {CarListing.IsSeen(ask)}",
            },
        ]);
}
