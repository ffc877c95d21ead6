using TeslaMate.Api.Data.Rows;
using static TeslaMate.Api.Data.Rows.Member;

namespace TeslaMate.Api.Data.Resources;

/// <summary>The settings and the program itself (spec api 2.2): one row each, without anything secret.</summary>
static class ProgramListing
{
    /// <summary>The version of this interface.</summary>
    public const string Version = "1";

    public static readonly Listing Settings = new()
    {
        Name = "settings",
        Row = "Settings",
        Summary = "The global settings.",
        Key = new(null, "s.id"),
        Members =
        [
            Word("unit_of_length", "s.unit_of_length::text", "Of pages and messages; this interface is metric.", "km", "mi"),
            Word("unit_of_temperature", "s.unit_of_temperature::text", "Likewise.", "C", "F"),
            Word("unit_of_pressure", "s.unit_of_pressure::text", "Likewise.", "bar", "psi"),
            Word("preferred_range", "s.preferred_range::text", "Which range energies are computed from.", "rated", "ideal"),
            Text("language", "s.language", "Of addresses."),
            Text("base_url", "s.base_url", "Where the pages are found."),
            Text("grafana_url", "s.grafana_url", "Where Grafana is found."),
            Text("theme_mode", "s.theme_mode", "Of the pages."),
            Instant("created_at", "s.inserted_at", "When the settings were made."),
            Instant("updated_at", "s.updated_at", "When they last changed."),
        ],
        Rows = _ => "from (select * from public.settings order by id limit 1) as s where true",
    };

    public static readonly Listing Meta = new()
    {
        Name = "meta",
        Row = "Meta",
        Summary = "What answers here.",
        Key = new(null, "m.id"),
        Members =
        [
            Text("program", "m.program", "The program's name."),
            Text("version", "m.version", "Its version."),
            Text("schema_version", "m.schema_version", "The newest migration of the database."),
            Text("api_version", "m.api_version", "The version of this interface."),
            Text("time_zone", "m.time_zone", "The zone of days and periods when a request names none."),
            new("cars", MemberType.Wholes, "m.cars", "The numbers of the cars that can be seen.") { IsAlwaysKnown = true },
        ],
        Rows = ask => $"""
            from (
                select 1 as id, 'TeslaMate for .NET' as program,
                    {ask.Sql.Add(typeof(ProgramListing).Assembly.GetName().Version!.ToString(3))} as version,
                    (select max(version)::text from public.schema_migrations) as schema_version, '{Version}' as api_version,
                        {ask.Sql.Add(ask.Question.Zone.Id)} as time_zone,
                    array(select c.id::integer from public.cars as c where {ask.OfCars("c.id")} order by c.id) as cars
            ) as m
            where true
            """,
    };
}
