using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TeslaMate.Api.Data;
using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.OpenApi;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.OpenApi;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Settings;
using TeslaMate.Web;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Exports;

/// <summary>
/// Drives and charging stops for calendars, which send no headers: a token of scope <c>calendar</c> stands in the path (spec api 3). It opens nothing
/// else, and is kept out of the log.
/// </summary>
sealed class CalendarFile([FromKeyedServices(WebDatabase.Programs)] NpgsqlDataSource database, ApiTokens tokens, IGlobalSettings settings,
    TimeProvider time)
{
    static readonly Parameter Days = new("days", ParameterType.Whole, "How many days back; 400 by default.") { Least = 1, Most = 4000 };

    static readonly Parameter What = new("what", ParameterType.Words, "Only drives or only charges, or both, which is the default.")
    {
        Values =
        ["drives", "charges"]
    };

    public void Map(IEndpointRouteBuilder routes)
        => routes.MapGet(DataRoutes.Prefix + "/calendar/{token}.ics", (string token, HttpContext http)
            => ProblemAnswers.TryAsync(http, () => WriteAsync(http, token)))
            // Who may ask is told by the path.
            .RequireAuthorization(Policies.LogIn)
            .WithGroupName(ApiDescriptions.Data)
            .WithMetadata(new Described("getCalendar", "Drives and charging stops as a calendar.", [Days, What, Parameter.Tag], [Format.Calendar],
                new Shape.File("iCalendar, RFC 5545."))
            { Scope = Scopes.Calendar });

    async Task WriteAsync(HttpContext http, string token)
    {
        // Whatever is written into the log from here on names the path.
        http.Request.Path = DataRoutes.Prefix + "/calendar";
        if (await tokens.TryAsync(token, http) is not { } program || !program.Has(Scopes.Calendar))
            throw new ProblemException(ProblemKind.Unauthorized, "This address has ended, or was never one. Make a new one on the page of tokens.");
        var question = Question.Read(http.Request.Query, [Days, What, Parameter.Tag], time.LocalTimeZone);
        var cars = program.Cars() is { } some ? some.Select(car => (int)car.Value).ToArray() : null;
        var what = question.Words(What) ?? What.Values;
        var words = new Words(await settings.ReadAsync(http.RequestAborted));
        var since = time.GetUtcNow().AddDays(-(question.Whole(Days) ?? 400));
        var text = new CalendarText();
        text.Line("BEGIN", "VCALENDAR");
        text.Line("VERSION", "2.0");
        text.Line("PRODID", "-//TeslaMate for .NET//Calendar//EN");
        text.Line("CALSCALE", "GREGORIAN");
        text.Line("METHOD", "PUBLISH");
        text.TextLine("X-WR-CALNAME", "TeslaMate");
        text.Line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
        await using (var connection = await database.OpenConnectionAsync(http.RequestAborted))
        {
            var instance = await InstanceAsync(connection, http.RequestAborted);
            var wish = new Wish(cars, since, question.Text(Parameter.Tag), instance);
            if (what.Contains("drives"))
                await DrivesAsync(connection, wish, words, text, http.RequestAborted);
            if (what.Contains("charges"))
                await StopsAsync(connection, wish, words, text, http.RequestAborted);
        }

        text.Line("END", "VCALENDAR");
        await RowAnswers.WholeAsync(http, Format.Calendar, text.ToUtf8());
    }

    static async Task DrivesAsync(
        NpgsqlConnection connection, Wish wish, Words words, CalendarText text, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, wish, """
            select l.drive_id, l.start_date, l.end_date, l.start_place, l.end_place, l.distance_km, l.net_kwh, l.end_latitude, l.end_longitude
            from public.cars as c
            cross join lateral teslamate.drive_list(c.id, $2, null) as l
            where ($1::integer[] is null or c.id = any($1)) and l.is_counted
                and ($3::text is null or exists (select from teslamate.drive_tags as t where t.drive_id = l.drive_id and t.tag = $3))
            order by l.start_date, l.drive_id
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (from, to) = (Text(3), Text(4));
            var distance = words.Length(reader.GetDouble(5));
            var way = (from, to) switch
            {
                (null, null) => words.Drive,
                (null, _) => to,
                (_, null) => from,
                _ => $"{from} {words.To} {to}",
            };
            Event(text, $"drive-{reader.GetInt32(0)}@{wish.Instance}", reader.GetInstant(1), reader.GetInstant(2), $"{way}, {distance}", to, Place(7),
                reader.IsDBNull(6) ? distance : $"{distance}\n{words.Energy(reader.GetDouble(6))}", words.Drive);
        }

        string? Text(int ordinal) => reader.Text(ordinal);
        (double, double)? Place(int ordinal) => reader.IsDBNull(ordinal) || reader.IsDBNull(ordinal + 1) ? null
            : (reader.GetDouble(ordinal), reader.GetDouble(ordinal + 1));
    }

    static async Task StopsAsync(
        NpgsqlConnection connection, Wish wish, Words words, CalendarText text, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, wish, """
            select l.first_process_id, l.start_date, l.end_date, l.place, l.energy_added_kwh, l.start_level, l.end_level, l.cost, l.latitude,
                l.longitude
            from public.cars as c
            cross join lateral teslamate.charge_stops(c.id, $2, null) as l
            where ($1::integer[] is null or c.id = any($1)) and not l.is_open
                and ($3::text is null
                    or exists (select from teslamate.charging_process_tags as t where t.charging_process_id = any(l.processes) and t.tag = $3))
            order by l.start_date, l.first_process_id
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var place = reader.Text(3);
            var energy = words.Energy(reader.GetDouble(4));
            var lines = new List<string> { energy };
            if (!reader.IsDBNull(5) && !reader.IsDBNull(6))
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{reader.GetInt16(5)} – {reader.GetInt16(6)} %"));
            if (reader.Decimal(7) is { } cost)
                lines.Add(cost.ToString("0.00", CultureInfo.InvariantCulture));
            Event(text, $"charge-{reader.GetInt32(0)}@{wish.Instance}", reader.GetInstant(1), reader.GetInstant(2), place is null
                ? $"{words.Charge}, {energy}" : $"{place}, {energy}",
                place, reader.IsDBNull(8) || reader.IsDBNull(9) ? null : (reader.GetDouble(8), reader.GetDouble(9)), string.Join('\n', lines),
                    words.Charge);
        }
    }

    static void Event(
        CalendarText text, string uid, DateTimeOffset start, DateTimeOffset end, string summary, string? location,
            (double Latitude, double Longitude)? place, string description,
        string category)
    {
        text.Line("BEGIN", "VEVENT");
        text.Line("UID", uid);
        // Not now, which would make every answer another one.
        text.Instant("DTSTAMP", end);
        text.Instant("DTSTART", start);
        text.Instant("DTEND", end);
        text.TextLine("SUMMARY", summary);
        if (location is not null)
            text.TextLine("LOCATION", location);
        if (place is var (latitude, longitude))
            text.Line("GEO", string.Create(CultureInfo.InvariantCulture, $"{latitude:0.000000};{longitude:0.000000}"));
        text.TextLine("DESCRIPTION", description);
        text.TextLine("CATEGORIES", category);
        text.Line("TRANSP", "TRANSPARENT");
        text.Line("END", "VEVENT");
    }

    static NpgsqlCommand Command(NpgsqlConnection connection, Wish wish, string sql) => new(sql, connection)
    {
        Parameters =
        {
            Value.Array(wish.Cars),
            Value.Of(wish.Since),
            Value.Of(wish.Tag),
        },
    };

    // What tells this installation's events from another's, and outlives moves to another server.
    static async Task<string> InstanceAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select left(md5(coalesce(min(inserted_at)::text, '')), 12) from public.settings", connection);
        return await command.ExecuteScalarAsync(cancellationToken) as string ?? "";
    }

    /// <param name="Cars">The only cars; null for all.</param>
    /// <param name="Since">Events that begin then or later.</param>
    /// <param name="Tag">Only events with this tag; null for all.</param>
    /// <param name="Instance">What tells this installation's events from another's.</param>
    sealed record Wish(int[]? Cars, DateTimeOffset Since, string? Tag, string Instance);

    /// <summary>The few words of a calendar, in the language of addresses where it is German, and the owner's units.</summary>
    sealed class Words(GlobalSettings settings)
    {
        readonly bool _isGerman = settings.Language == "de";

        public string To => _isGerman ? "nach" : "to";

        public string Drive => _isGerman ? "Fahrt" : "Drive";

        public string Charge => _isGerman ? "Laden" : "Charge";

        public string Length(double km) => settings.UnitOfLength == UnitOfLength.Mi ? $"{Fixed(km / Lengths.KmPerMile)} mi" : $"{Fixed(km)} km";

        public string Energy(double kwh) => $"{Fixed(kwh)} kWh";

        string Fixed(double number)
        {
            var text = number.ToString("0.0", CultureInfo.InvariantCulture);
            return _isGerman ? text.Replace('.', ',') : text;
        }
    }
}
