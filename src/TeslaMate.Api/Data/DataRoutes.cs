using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.Live;
using TeslaMate.Api.Data.OpenApi;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Resources;
using TeslaMate.Api.Data.Writes;
using TeslaMate.Api.Exports;
using TeslaMate.Api.OpenApi;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data;

/// <summary>The routes of <c>/data/v1</c> (spec api 2.2, 2.3, 2.6).</summary>
sealed class DataRoutes(
    RowAnswers answers, ExportRoutes exports, CalendarFile calendar, LiveRoutes live, HistoryWrites history, GeofenceWrites geofences,
    TargetRoutes targets, TryOutPage tryOut)
{
    public const string Prefix = "/data/v1";

    public void Map(IEndpointRouteBuilder routes)
    {
        var data = routes.MapData();
        List(data, "/cars", CarListing.Cars);
        One(data, "/cars/{id}", CarListing.Cars);
        List(data, "/drives", DriveListing.Drives);
        One(data, "/drives/{id}", DriveListing.Drives);
        List(data, "/drives/{id}/positions", PositionListing.OfDrive, Parent.Drive);
        List(data, "/cars/{id}/positions", PositionListing.OfCar, Parent.Car);
        List(data, "/charging-processes", ChargeListing.Processes);
        One(data, "/charging-processes/{id}", ChargeListing.Processes);
        List(data, "/charging-processes/{id}/charges", ChargeListing.Charges, Parent.ChargingProcess);
        List(data, "/charging-stops", ChargeListing.Stops);
        List(data, "/cars/{id}/states", CarListing.States, Parent.Car);
        List(data, "/cars/{id}/updates", CarListing.Updates, Parent.Car);
        List(data, "/cars/{id}/timeline", EventListing.Timeline, Parent.Car);
        List(data, "/cars/{id}/idle", EventListing.Idle, Parent.Car);
        List(data, "/cars/{id}/statistics", StatisticsListing.Statistics, Parent.Car);
        List(data, "/geofences", PlaceListing.Geofences);
        One(data, "/geofences/{id}", PlaceListing.Geofences);
        List(data, "/addresses", PlaceListing.Addresses);
        One(data, "/addresses/{id}", PlaceListing.Addresses);
        Whole(data, "/cars/{id}/battery", BatteryDocument.Battery);
        Whole(data, "/cars/{id}/charge-curve", BatteryDocument.ChargeCurve);
        One(data, "/settings", ProgramListing.Settings);
        One(data, "/meta", ProgramListing.Meta);
        exports.Map(data);
        calendar.Map(routes);
        tryOut.Map(routes);
        live.Map(routes, data);
        var writes = routes.MapDataWrites();
        history.Map(writes);
        geofences.Map(writes);
        targets.Map(routes.MapDataAdmin());
    }

    void List(RouteGroupBuilder data, string path, Listing listing, Parent parent = Parent.None)
    {
        var formats = RowAnswers.FormatsOf(listing);
        IReadOnlyList<Parameter> parameters =
        [
            .. RowAnswers.ParametersOf(listing), .. listing.More.HasFlag(MoreFormats.Gpx)
                ? (IEnumerable<Parameter>)[ExportRoutes.Waypoints, ExportRoutes.Extensions] : [],
        ];
        var described = new Described(NameOf(path), listing.Summary, parameters, formats, new Shape.Rows(listing.Row, listing.Members));
        var asFile = described with { Name = described.Name + "File", Suffix = true };
        if (parent == Parent.None)
        {
            data.MapGet(path, (HttpContext http, CancellationToken _) => AnswerAsync(http, listing, parent, 0, null)).WithMetadata(described);
            data.MapGet(path + ".{format}", (string format, HttpContext http) => AnswerAsync(http, listing, parent, 0, format)).WithMetadata(asFile);
        }
        else
        {
            data.MapGet(path, (RowNumber id, HttpContext http) => AnswerAsync(http, listing, parent, id.Int, null)).WithMetadata(described);
            data.MapGet(path + ".{format}", (RowNumber id, string format, HttpContext http) => AnswerAsync(http, listing, parent, id.Int, format))
                .WithMetadata(asFile);
        }
    }

    void One(RouteGroupBuilder data, string path, Listing listing)
        => (path.Contains('{', StringComparison.Ordinal)
                ? data.MapGet(path, (RowNumber id, HttpContext http) => ProblemAnswers.TryAsync(http, () => answers.OneAsync(http, listing, id.Int)))
                : data.MapGet(path, (HttpContext http, CancellationToken _)
                    => ProblemAnswers.TryAsync(http, () => answers.OneAsync(http, listing, 0))))
            .WithMetadata(new Described(NameOf(path), listing.Summary, RowAnswers.ParametersOfOne(listing), [Format.Json],
                new Shape.One(listing.Row, listing.Members)));

    void Whole(RouteGroupBuilder data, string path, Document document)
    {
        var formats = RowAnswers.FormatsOf(document.File);
        var described = new Described(NameOf(path), document.Summary, document.Parameters, formats, new Shape.Whole(document));
        data.MapGet(path, (RowNumber id, HttpContext http) => DocumentAsync(http, id.Int, null)).WithMetadata(described);
        data.MapGet(path + ".{format}", (RowNumber id, string format, HttpContext http) => DocumentAsync(http, id.Int, format))
            .WithMetadata(described with { Name = described.Name + "File", Suffix = true });

        Task DocumentAsync(HttpContext http, int car, string? suffix) => ProblemAnswers.TryAsync(http, () =>
        {
            var format = Format.Choose(http.Request, suffix, formats);
            return format == Format.Json ? answers.DocumentAsync(http, document, car)
                : answers.ListAsync(http, document.File, Parent.Car, car, format);
        });
    }

    /// <summary>The operation's name: the path's words, with "one" for a number: <c>getDrivesOnePositions</c>.</summary>
    public static string NameOf(string path, string method = "GET")
        => method.ToLowerInvariant() + string.Concat(path.Replace("{id}", "one", StringComparison.Ordinal)
            .Split('/', '-', '.').Where(word => word.Length > 0)
            .Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    Task AnswerAsync(HttpContext http, Listing listing, Parent parent, int row, string? suffix) => ProblemAnswers.TryAsync(http, () =>
    {
        var format = Format.Choose(http.Request, suffix, RowAnswers.FormatsOf(listing));
        return RowAnswers.IsPlain(format) ? answers.ListAsync(http, listing, parent, row, format)
            : exports.WriteAsync(http, listing, parent, row, format);
    });
}

static class DataConventions
{
    /// <summary>A group of routes of this interface: for who may read, as fast as is good for the others, and refusing in its own words.</summary>
    public static RouteGroupBuilder MapData(this IEndpointRouteBuilder routes) => routes.MapData(Policies.Read, RateLimits.Programs);

    /// <summary>The same for those that change something, which are not for everybody who may read and not as fast.</summary>
    public static RouteGroupBuilder MapDataWrites(this IEndpointRouteBuilder routes)
        => routes.MapData(Policies.Write, RateLimits.ProgramWrites).WithMetadata(new RequestSizeLimitAttribute(Body.MostBytes));

    /// <summary>The same for those that are the owner's alone, reading included.</summary>
    public static RouteGroupBuilder MapDataAdmin(this IEndpointRouteBuilder routes)
        => routes.MapData(Policies.Admin, RateLimits.ProgramWrites).WithMetadata(new RequestSizeLimitAttribute(Body.MostBytes));

    static RouteGroupBuilder MapData(this IEndpointRouteBuilder routes, string policy, string limit) => routes.MapGroup(DataRoutes.Prefix)
        .RequireAuthorization(policy)
        .RequireRateLimiting(limit)
        .RequireCors(OtherOrigins.Programs)
        .WithGroupName(ApiDescriptions.Data)
        .WithMetadata(Refusals);

    /// <summary>How who may not enter is told so.</summary>
    public static IProgramRefusals Refusals { get; } = new ProblemRefusals();

    sealed class ProblemRefusals : IProgramRefusals
    {
        public Task WriteAsync(HttpContext http, ProgramRefusal refusal)
            => Problems.WriteAsync(http, ProblemKind.Of(refusal.Status), $"{char.ToUpperInvariant(refusal.Reason[0])}{refusal.Reason[1..]}.");
    }
}

/// <summary>Problems on their way to the client.</summary>
static class ProblemAnswers
{
    /// <summary>Answers with the problem when there is one.</summary>
    public static async Task TryAsync(HttpContext http, Func<Task> answer)
    {
        try
        {
            await answer();
        }
        catch (ProblemException problem) when (!http.Response.HasStarted)
        {
            http.Response.Headers.ContentDisposition = default;
            await Problems.WriteAsync(http, problem.Kind, problem.Message, problem.Errors);
        }
    }
}
