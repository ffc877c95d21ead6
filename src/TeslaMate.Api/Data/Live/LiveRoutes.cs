using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.OpenApi;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.OpenApi;
using TeslaMate.Logbook;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data.Live;

/// <summary>Live values: as they are, or as a stream of events (spec api 2.4).</summary>
sealed class LiveRoutes(LiveStream live, LiveTickets tickets)
{
    /// <summary>Who may follow: as for all that is read, or by a ticket.</summary>
    public const string Policy = "live";

    static readonly Parameter MaxRate = new("max_rate", ParameterType.Number,
        "How many changes of a car there are a second at most; 1 by default.")
    { Least = 0.01, Most = 10 };

    static readonly Parameter Ticket = new("ticket", ParameterType.Text, "A ticket of POST /live-tickets, for clients that send no headers.");

    public void Map(IEndpointRouteBuilder routes, RouteGroupBuilder data)
    {
        var following = routes.MapGroup(DataRoutes.Prefix)
            .RequireAuthorization(Policy).RequireCors(OtherOrigins.Programs).WithGroupName(ApiDescriptions.Data)
                .WithMetadata(DataConventions.Refusals);
        following.MapGet("/live", (HttpContext http, CancellationToken _) => ProblemAnswers.TryAsync(http, () => AllAsync(http)))
            .WithMetadata(new Described("getLive", "The live values of all cars, as events.", [MaxRate, Ticket], [Format.Events],
                new Shape.File("Events: snapshot, change, drive, charge, update.")));
        following.MapGet("/cars/{id}/live", (RowNumber id, HttpContext http)
            => ProblemAnswers.TryAsync(http, () => OneAsync(http, new CarId(id.Short))))
            .WithMetadata(new Described("getCarsOneLive", "The live values of a car, once or as events.", [MaxRate, Ticket],
                [Format.Json, Format.Events],
                new Shape.File("Each value under its name; null where the car does not tell.")));
        data.MapPost("/live-tickets", (HttpContext http, CancellationToken _) => ProblemAnswers.TryAsync(http, () => TicketAsync(http)))
            .WithMetadata(new Described("postLiveTickets", "A ticket for the live streams: it counts once, within a minute.", [], [Format.Json],
                new Shape.File("`ticket` and `expires_in_s`.")));
    }

    Task AllAsync(HttpContext http)
    {
        Format.Choose(http.Request, null, Format.Events);
        var cars = CarAccess.Of(http);
        return FollowAsync(http, car => cars is null || cars.Contains(car.Value));
    }

    async Task OneAsync(HttpContext http, CarId car)
    {
        if (!http.User.MaySee(car) || live.Newest(car) is not { } newest)
            throw new ProblemException(ProblemKind.NotFound, "There is no such car, or it is not logged at the moment.");
        if (Format.Choose(http.Request, null, Format.Json, Format.Events) == Format.Events)
        {
            await FollowAsync(http, other => other == car);
            return;
        }

        Question.Read(http.Request.Query, [MaxRate, Ticket], TimeZoneInfo.Utc);
        await RowAnswers.WholeAsync(http, Format.Json, newest);
    }

    async Task FollowAsync(HttpContext http, Func<CarId, bool> mayGet)
    {
        var question = Question.Read(http.Request.Query, [MaxRate, Ticket], TimeZoneInfo.Utc);
        // nginx keeps an answer back until a buffer is full, unless it is told not to.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        // Who asks for the head only would wait for the end of what has none.
        if (http.Response.Body == Stream.Null)
            return;
        long? last = long.TryParse(http.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
        var interval = TimeSpan.FromSeconds(1 / (question.Number(MaxRate) ?? 1));
        await TypedResults.ServerSentEvents(live.WatchAsync(http, mayGet, last, interval, http.RequestAborted)).ExecuteAsync(http);
    }

    Task TicketAsync(HttpContext http)
    {
        if (tickets.Make(http.User) is not { } ticket)
            throw new ProblemException(ProblemKind.TooManyRequests, "Too many tickets are waiting to be used. Try again in a minute.");
        http.Response.ContentType = Format.Json.ContentType;
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.Body.WriteAsync(
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $$"""{"ticket":"{{ticket}}","expires_in_s":{{LiveTickets.Lifetime.TotalSeconds}}}""")),
            http.RequestAborted).AsTask();
    }
}
