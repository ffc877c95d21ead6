using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using TeslaMate.Api.Data;
using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.OpenApi;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Resources;
using TeslaMate.Database;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Exports;

/// <summary>Files that are more than rows (spec api 3): GPX, GeoJSON, and everything of a car at once.</summary>
sealed class ExportRoutes(RowAnswers answers, GeoJsonFiles geoJson, TimeProvider time)
{
    public static readonly Parameter Waypoints =
        new("waypoints", ParameterType.Word, "GPX: `charges` marks the charging stops on the way.") { Values = ["charges"] };

    public static readonly Parameter Extensions =
        new("extensions", ParameterType.Flag, "GPX: whether speed and level come along, in a namespace of their own.");

    static readonly Format Zip = new("zip", "application/zip");

    /// <summary>A list in one of the formats that are not written row by row as they are.</summary>
    public Task WriteAsync(HttpContext http, Listing listing, Parent parent, int row, Format format)
    {
        if (format == Format.Gpx)
            return GpxAsync(http, listing, parent, row);
        return listing == DriveListing.Drives ? geoJson.DrivesAsync(http) : geoJson.GeofencesAsync(http);
    }

    public void Map(RouteGroupBuilder data)
    {
        data.MapGet("/cars/{id}/export.zip", (RowNumber id, HttpContext http) => ProblemAnswers.TryAsync(http, () => ArchiveAsync(http, id.Short)))
            .WithMetadata(new Described("getCarsOneExport", "Everything of a car: one CSV per table, in a ZIP.", [], [Zip],
                new Shape.File("A ZIP."))
            { Scope = Scopes.Admin });
        data.MapGet("/export.zip", (HttpContext http, CancellationToken _) => ProblemAnswers.TryAsync(http, () => ArchiveAsync(http, null)))
            .WithMetadata(new Described("getExport", "Every table as a CSV, in a ZIP; without what is secret.", [], [Zip],
                new Shape.File("A ZIP."))
            { Scope = Scopes.Admin });
    }

    async Task GpxAsync(HttpContext http, Listing listing, Parent parent, int row)
    {
        var question = Question.Read(http.Request.Query, [.. RowAnswers.ParametersOf(listing), Waypoints, Extensions], time.LocalTimeZone);
        if (question.Whole(Parameter.Limit) is not null)
            throw ProblemException.Parameter(Parameter.Limit.Name, "A way comes as a whole.");
        await answers.ReadAsync(http, Format.Gpx, async connection =>
        {
            await RowAnswers.CheckAsync(connection, http, parent, row);
            http.Response.ContentType = Format.Gpx.ContentType;
            await FileNames.SetAsync(http, connection, listing.Name, question, parent, row, Format.Gpx);
            var marks = question.Text(Waypoints) is not null && parent == Parent.Car
                ? await StopsAsync(connection, question, row, http.RequestAborted) : [];
            await answers.WriteAsync(http, connection, listing, question, GpxRows.Members, isAscending: true, row,
                new GpxRows(marks, question.Flag(Extensions) == true));
        });
    }

    static async Task<IReadOnlyList<GpxMark>> StopsAsync(NpgsqlConnection connection, Question question, int car, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            select latitude::numeric, longitude::numeric, start_date, coalesce(place, 'Charge'), round(energy_added_kwh::numeric, 2)::text
            from teslamate.charge_stops($1, $2, $3)
            where latitude is not null
            order by start_date
            """, connection)
        { Parameters = { Value.Of(car), Value.Of(question.From), Value.Of(question.To) } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var marks = new List<GpxMark>();
        while (await reader.ReadAsync(cancellationToken))
            marks.Add(new(reader.Decimal(0) ?? 0, reader.Decimal(1) ?? 0, reader.GetInstant(2), reader.GetString(3), $"{reader.GetString(4)} kWh"));
        return marks;
    }

    async Task ArchiveAsync(HttpContext http, short? car)
    {
        // A token for some cars is for those, also where its scope is the widest.
        if (!http.User.Has(Scopes.Admin) || car is null && http.User.Cars() is not null)
            throw new ProblemException(ProblemKind.ForbiddenScope, "The whole of it is for the owner, or for a token of scope admin.");
        var question = Question.Read(http.Request.Query, [], time.LocalTimeZone);
        await answers.ReadAsync(http, Zip, async connection =>
        {
            var parent = car is null ? Parent.None : Parent.Car;
            await RowAnswers.CheckAsync(connection, http, parent, car ?? 0);
            http.Response.ContentType = Zip.MediaType;
            FileNames.Set(http, "archive", question, Zip.Suffix,
                await FileNames.CarAsync(connection, question, parent, car ?? 0, http.RequestAborted));
            var client = new ClientStream(http, time);
            await CarArchive.WriteAsync(connection, car, client, TimeZoneInfo.ConvertTime(time.GetUtcNow(), time.LocalTimeZone), null,
                http.RequestAborted);
            await client.SendAsync();
        });
    }
}
