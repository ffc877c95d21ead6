using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using TeslaMate.Api.OpenApi;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Vehicles;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Companion;

/// <summary>
/// The routes of the container that companion apps speak to (spec api 1), answered here in its shapes. Every failure of a reading is 200 with an
/// error, since apps take another status for a route that does not exist.
/// </summary>
sealed partial class CompanionRoutes(
    CarQueries cars, DriveQueries drives, ChargeQueries charges, BatteryQueries battery, StatusQueries status, ICars known, IVehicles vehicles,
    ApiSettings settings,
    TimeProvider time, ILogger<CompanionRoutes> logger)
{
    static readonly IReadOnlyList<string> LoggingPaths = ["/logging/resume", "/logging/suspend"];

    /// <summary>What is asked of the database, and written as it comes.</summary>
    delegate Task<object> Question(CompanionRequest request, HttpContext http, CancellationToken cancellationToken);

    public void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api").WithMetadata(CompanionRefusals.Instance, new TokenInQuery()).WithGroupName(ApiDescriptions.Companion)
            .WithTags("teslamateapi");
        Open<MessageAnswer>(api.MapGet("/", (Delegate)((HttpContext http) =>
            WriteAsync(http, new MessageAnswer("TeslaMateApi container running..", "/api")))), "That there is an API");
        Open<MessageAnswer>(api.MapGet("/v1", (Delegate)((HttpContext http) =>
            WriteAsync(http, new MessageAnswer("TeslaMateApi v1 running..", "/api/v1")))), "That there is version 1");
        Open<MessageAnswer>(api.MapGet("/ping", (Delegate)((HttpContext http) => WriteAsync(http, new MessageAnswer("pong")))),
            "That the listener runs");
        Open<StateAnswer>(api.MapGet("/healthz", (Delegate)((HttpContext http) => WriteAsync(http, new StateAnswer("OK")))),
            "That the listener runs");
        Open<StateAnswer>(api.MapGet("/readyz", (Delegate)ReadyAsync), "That the database answers");

        var read = api.MapGroup("/v1").RequireAuthorization(Policies.Read).RequireRateLimiting(RateLimits.Programs);
        Read<Answer<CarsData>>(read, "/cars", cars.CarsAsync, "Unable to load cars.", "All cars");
        Read<Answer<CarsData>>(read, "/cars/{car}", cars.CarsAsync, "Unable to load cars.", "One car, as a list");
        Read<Answer<StatusData>>(read, "/cars/{car}/status", status.StatusAsync, "no info on this car ID", "A car as it is now");
        Read<Answer<DrivesData>>(read, "/cars/{car}/drives", drives.ListAsync, "Unable to load drives.", "Drives, the newest first",
            CompanionParameter.OfDrives);
        Read<Answer<DriveData>>(read, "/cars/{car}/drives/{row}", drives.OneAsync, "Unable to load drive.", "A drive with its positions");
        Read<Answer<ChargesData>>(read, "/cars/{car}/charges", charges.ListAsync, "Unable to load charges.", "Charges, the newest first",
            CompanionParameter.OfCharges);
        Read<Answer<CurrentChargeData>>(read, "/cars/{car}/charges/current", charges.CurrentAsync, "Unable to load current charge.",
            "The charge under way");
        Read<Answer<ChargeData>>(read, "/cars/{car}/charges/{row}", charges.OneAsync, "Unable to load charge.", "A charge with its readings");
        Read<Answer<UpdatesData>>(read, "/cars/{car}/updates", cars.UpdatesAsync, "Unable to load updates.", "Installed firmware, the newest first",
            CompanionParameter.OfPages);
        Read<Answer<BatteryHealthData>>(read, "/cars/{car}/battery-health", battery.HealthAsync, "Unable to load battery health data.",
            "The battery's health");
        Read<Answer<SettingsData>>(read, "/globalsettings", cars.SettingsAsync, "Unable to load settings.", "The owner's settings");
        read.MapGet("/cars/{car}/logging", (string car, HttpContext http) => WriteAsync(http, new LoggingAnswer(LoggingPaths)))
            .Produces<LoggingAnswer>()
            .WithSummary("What may be sent by PUT");
        foreach (var path in (string[])["/cars/{car}/command", "/cars/{car}/commands"])
            read.MapGet(path, (string car, HttpContext http) => RefuseCommandAsync(http)).Produces<ErrorAnswer>(StatusCodes.Status403Forbidden)
                .WithSummary("Commands are not offered");

        var write = api.MapGroup("/v1/cars/{car}").RequireAuthorization(Policies.Logging).RequireRateLimiting(RateLimits.ProgramWrites);
        Logging(write.MapPut("/logging/resume", (string car, HttpContext http, CancellationToken cancellationToken) =>
            LogAsync(car, http, ResumeAsync, cancellationToken)), "Ends a sleep attempt");
        Logging(write.MapPut("/logging/suspend", (string car, HttpContext http, CancellationToken cancellationToken) =>
            LogAsync(car, http, SuspendAsync, cancellationToken)), "Lets the car fall asleep");
        foreach (var command in (RouteHandlerBuilder[])
        [
            write.MapPost("/command/{name}", (string car, string name, HttpContext http) => RefuseCommandAsync(http)),
            write.MapPost("/wake_up", (string car, HttpContext http) => RefuseCommandAsync(http)),
        ])
            command.Produces<ErrorAnswer>(StatusCodes.Status403Forbidden).WithSummary("Commands are not offered");

        routes.Map("/api/{**path}", NoPageAsync).WithMetadata(CompanionRefusals.Instance).ExcludeFromDescription();
    }

    /// <summary>Answers what is not there; below <c>/api/car</c>, the program's own routes, by its own words (spec web 1.9).</summary>
    public static Task NoPageAsync(HttpContext http)
    {
        if (http.Request.Path.StartsWithSegments("/api/car", StringComparison.OrdinalIgnoreCase))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        return WriteAsync(http, new NoPageAnswer("PAGE_NOT_FOUND", "Page not found"), StatusCodes.Status404NotFound);
    }

    internal static async Task WriteAsync<T>(HttpContext http, T answer, int status = StatusCodes.Status200OK)
        where T : notnull
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        await JsonSerializer.SerializeAsync(http.Response.Body, answer, TypeOf(answer), http.RequestAborted);
    }

    static JsonTypeInfo TypeOf(object answer)
        => CompanionJsonOptions.Plain.GetTypeInfo(answer.GetType());

    static void Open<T>(RouteHandlerBuilder route, string summary) => route.Produces<T>().WithSummary(summary);

    static void Logging(RouteHandlerBuilder route, string summary) => route.Produces(StatusCodes.Status204NoContent)
        .Produces<ErrorAnswer>(StatusCodes.Status400BadRequest).Produces<ErrorAnswer>(StatusCodes.Status412PreconditionFailed).WithSummary(summary);

    void Read<T>(
        RouteGroupBuilder group, string path, Question question, string failure, string summary, IReadOnlyList<CompanionParameter>? parameters = null)
    {
        // The parameters are named for the description; the question reads them.
        var route = path.Contains("{row}", StringComparison.Ordinal)
            ? group.MapGet(path, (string car, string row, HttpContext http) => AnswerAsync(http, question, failure))
            : path.Contains("{car}", StringComparison.Ordinal)
                ? group.MapGet(path, (string car, HttpContext http) => AnswerAsync(http, question, failure))
                : group.MapGet(path, (Delegate)((HttpContext http) => AnswerAsync(http, question, failure)));
        route.Produces<T>().Produces<ErrorAnswer>(StatusCodes.Status401Unauthorized)
            .Produces<ErrorAnswer>(StatusCodes.Status403Forbidden)
            .Produces<ErrorAnswer>(StatusCodes.Status429TooManyRequests).WithSummary(summary).WithMetadata([.. parameters ?? []]);
    }

    async Task AnswerAsync(HttpContext http, Question question, string failure)
    {
        try
        {
            var answer = await question(CompanionRequest.Of(http, settings.Zone), http, http.RequestAborted);
            http.Response.StatusCode = StatusCodes.Status200OK;
            http.Response.ContentType = "application/json; charset=utf-8";
            await JsonSerializer.SerializeAsync(new PatientStream(http, time), answer, TypeOf(answer), http.RequestAborted);
        }
        catch (InvalidDateException)
        {
            await WriteAsync(http, new ErrorAnswer("Invalid date format."));
        }
        catch (Exception exception) when (exception is DbException or TimeoutException && !http.RequestAborted.IsCancellationRequested)
        {
            Log.Unanswered(logger, http.Request.Path, exception.Message);
            await FailAsync(http, failure, StatusCodes.Status200OK);
        }
        catch (Exception exception) when (exception is not OperationCanceledException && !http.RequestAborted.IsCancellationRequested)
        {
            Log.Failed(logger, exception, http.Request.Path);
            await FailAsync(http, "internal error", StatusCodes.Status500InternalServerError);
        }
    }

    // What has begun cannot be taken back; the app sees that it is not whole.
    static async Task FailAsync(HttpContext http, string error, int status)
    {
        if (http.Response.HasStarted)
            http.Abort();
        else
            await WriteAsync(http, new ErrorAnswer(error), status);
    }

    async Task ReadyAsync(HttpContext http)
    {
        try
        {
            await known.ListAsync(http.RequestAborted);
            await WriteAsync(http, new StateAnswer("OK"));
        }
        catch (Exception exception) when (exception is DbException or TimeoutException)
        {
            await WriteAsync(http, new ErrorAnswer("Service Unavailable"), StatusCodes.Status503ServiceUnavailable);
        }
    }

    async Task LogAsync(string text, HttpContext http, Func<CarId, CancellationToken, Task<string?>> change, CancellationToken cancellationToken)
    {
        if (!CarId.TryParse(text, null, out var car) || car.Value == 0)
        {
            await WriteAsync(http, new ErrorAnswer("CarID invalid"), StatusCodes.Status400BadRequest);
            return;
        }

        if (!http.User.MaySee(car) || await known.FindAsync(car, cancellationToken) is null)
        {
            await WriteAsync(http, new ErrorAnswer("no info on this car ID"), StatusCodes.Status404NotFound);
            return;
        }

        switch (await change(car, cancellationToken))
        {
            case null:
                http.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
            case "too_many_request":
                await WriteAsync(http, new ErrorAnswer("too_many_request"), StatusCodes.Status429TooManyRequests);
                break;
            case "not_running":
                await WriteAsync(http, new ErrorAnswer("not_running"), StatusCodes.Status503ServiceUnavailable);
                break;
            case var reason:
                await WriteAsync(http, new ErrorAnswer(reason), StatusCodes.Status412PreconditionFailed);
                break;
        }
    }

    async Task<string?> SuspendAsync(CarId car, CancellationToken cancellationToken)
        => (await vehicles.SuspendLoggingAsync(car, cancellationToken)).Reason;

    async Task<string?> ResumeAsync(CarId car, CancellationToken cancellationToken)
        => await vehicles.ResumeLoggingAsync(car, cancellationToken) ? null : "not_running";

    // A token that unlocks doors is worse to lose than a log, and most cars take signed commands only.
    static Task RefuseCommandAsync(HttpContext http)
        => WriteAsync(http, new ErrorAnswer("You are not allowed to access commands"), StatusCodes.Status403Forbidden);

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} needs the database, which does not answer: {Reason}")]
        public static partial void Unanswered(ILogger logger, string path, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "{Path} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string path);
    }
}

/// <summary>How the companion API says that a program may not enter.</summary>
sealed class CompanionRefusals : IProgramRefusals
{
    public static CompanionRefusals Instance { get; } = new();

    public Task WriteAsync(HttpContext http, ProgramRefusal refusal)
        => CompanionRoutes.WriteAsync(http, new ErrorAnswer(refusal.Reason), refusal.Status);
}

static class KeptRows
{
    /// <summary>Rows that are written after the handler has returned; they go with the request.</summary>
    public static CompanionRows Keep(this HttpContext http, CompanionRows rows)
    {
        http.Response.RegisterForDisposeAsync(rows);
        return rows;
    }
}
