using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Import.Running;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Measures;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Vehicles;
using TeslaMate.Web.Charts;
using TeslaMate.Web.Layout;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.Cars;

/// <summary>
/// The home page, its live events, and the two ways to suspend and resume logging: the card's button and the <c>PUT</c> routes (spec web 3, 6.1).
/// </summary>
sealed class CarPages(IVehicles vehicles, ICars cars, ITeslaAccount account, LiveCars live,
    [FromKeyedServices(WebDatabase.Pages)] MeasureReader measures)
{
    /// <summary>Suspends or resumes; the answer is why not, null when it is done.</summary>
    delegate Task<string?> Change(CarId car, CancellationToken cancellationToken);

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages();
        pages.MapGet("/", HomeAsync);
        pages.MapGet("/cars/{car}/details", DetailsAsync);
        pages.MapPost("/cars/{car}/suspend", (PageContext context, HttpContext http, RowNumber car, CancellationToken cancellationToken)
            => ChangeAsync(context, http, car, SuspendAsync, cancellationToken));
        pages.MapPost("/cars/{car}/resume", (PageContext context, HttpContext http, RowNumber car, CancellationToken cancellationToken)
            => ChangeAsync(context, http, car, ResumeAsync, cancellationToken));
        routes.MapGet("/live/cars", Follow).RequireAuthorization(Policies.Owner).WithLiveEvents();
        var api = routes.MapGroup("/api/car/{car}/logging").RequireAuthorization(Policies.Logging)
            .WithMetadata(new AnswersIn("json", "application/*"));
        api.MapPut("/suspend", (HttpContext http, RowNumber car, CancellationToken cancellationToken) =>
            ChangeByApiAsync(http, car, SuspendAsync, cancellationToken));
        api.MapPut("/resume", (HttpContext http, RowNumber car, CancellationToken cancellationToken) =>
            ChangeByApiAsync(http, car, ResumeAsync, cancellationToken));
    }

    async Task<IResult> HomeAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        if (http.RequestServices.GetService<ImportDesk>()?.IsImportMode == true)
            return Results.Redirect(context.Url("/import"));
        if (account.Status.SignIn is SignIn.SignedOut or SignIn.Undecryptable)
            return Results.Redirect(context.Url("/sign_in"));
        var summaries = await vehicles.ListAsync(cancellationToken);
        var zone = StatisticsRequest.ZoneOf(http) ?? TimeZoneInfo.Utc;
        var overviews = new List<CarOverviewModel>();
        foreach (var summary in summaries)
        {
            var card = CarCard.Of(summary, context);
            overviews.Add(await CarOverviewModel.ReadAsync(measures, context, summary.Car.Id.Value, card.Title, zone, cancellationToken));
        }

        return context.Render<HomePage, HomeModel>(
            new([.. summaries.Select(summary => new CarDetailsModel(CarCard.Of(summary, context), vehicles.IsBusy(summary.Car.Id)))], overviews));
    }

    IResult Follow(PageContext context, HttpContext http, CancellationToken gone)
    {
        // nginx keeps an answer back until a buffer is full, unless it is told not to.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        // Who asks for the head only would wait for the end of what has none.
        if (http.Response.Body == Stream.Null)
            return Results.Text("", "text/event-stream");
        return TypedResults.ServerSentEvents(live.WatchAsync(context, http, gone));
    }

    async Task<IResult> DetailsAsync(PageContext context, RowNumber car, CancellationToken cancellationToken)
        => await DetailsOfAsync(context, new CarId(car.Short), refusal: null, cancellationToken);

    async Task<IResult> ChangeAsync(PageContext context, HttpContext http, RowNumber car, Change change, CancellationToken cancellationToken)
    {
        var id = new CarId(car.Short);
        var refusal = await change(id, cancellationToken);
        if (context.IsFragment)
            return await DetailsOfAsync(context, id, refusal, cancellationToken);
        if (refusal is not null)
            Notices.Leave(http, new Notice(context.Texts[CarCard.Refusal(refusal)], IsError: true));
        return Results.Redirect(context.Url("/"));
    }

    async Task<IResult> ChangeByApiAsync(HttpContext http, RowNumber car, Change change, CancellationToken cancellationToken)
    {
        if (!await HasReadableBodyAsync(http.Request, cancellationToken))
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        var id = new CarId(car.Short);
        if (!http.User.MaySee(id) || await cars.FindAsync(id, cancellationToken) is null)
            return Results.StatusCode(StatusCodes.Status404NotFound);
        return await change(id, cancellationToken) switch
        {
            null => Results.NoContent(),
            "too_many_request" => Refuse("too_many_request", StatusCodes.Status429TooManyRequests),
            "not_running" => Refuse("not_running", StatusCodes.Status503ServiceUnavailable),
            var reason => Refuse(reason, StatusCodes.Status412PreconditionFailed),
        };

        static IResult Refuse(string reason, int status)
            => Results.Json(new RefusalAnswer(reason), RequestsJson.Default.RefusalAnswer, statusCode: status);
    }

    async Task<string?> SuspendAsync(CarId car, CancellationToken cancellationToken)
        => (await vehicles.SuspendLoggingAsync(car, cancellationToken)).Reason;

    async Task<string?> ResumeAsync(CarId car, CancellationToken cancellationToken)
        => await vehicles.ResumeLoggingAsync(car, cancellationToken) ? null : "not_running";

    async Task<IResult> DetailsOfAsync(PageContext context, CarId car, string? refusal, CancellationToken cancellationToken)
        => await vehicles.SummaryAsync(car, cancellationToken) is { } summary
            ? context.Render<CarDetails, CarDetailsModel>(new(CarCard.Of(summary, context), vehicles.IsBusy(car), refusal))
            : Results.StatusCode(StatusCodes.Status404NotFound);

    // The body says nothing, but one that claims to be JSON has to be.
    static async Task<bool> HasReadableBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
            return true;
        using var memory = new MemoryStream();
        await request.Body.CopyToAsync(memory, cancellationToken);
        if (memory.Length == 0)
            return true;
        try
        {
            JsonDocument.Parse(memory.ToArray()).Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <param name="Cars">In the order in which they are shown.</param>
/// <param name="Overviews">Of cars with a log.</param>
public sealed record HomeModel(IReadOnlyList<CarDetailsModel> Cars, IReadOnlyList<CarOverviewModel> Overviews);

/// <param name="Card">What is shown.</param>
/// <param name="IsBusy">Whether the car is being asked for its data.</param>
/// <param name="Refusal">Why the car was not left alone just now; null otherwise.</param>
public sealed record CarDetailsModel(CarCard Card, bool IsBusy, string? Refusal = null);
