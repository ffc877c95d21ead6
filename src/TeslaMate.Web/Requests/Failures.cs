using System.Data.Common;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using TeslaMate.Logbook.Settings;
using TeslaMate.Web.Assets;
using TeslaMate.Web.Languages;
using TeslaMate.Web.Layout;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Web.Requests;

/// <summary>
/// What is answered when there is no page: the status with its phrase as body, as a JSON string below <c>/api</c> and for those who want nothing
/// else (spec web 1.9), as problem details for those who name them. A browser that opens a page gets the same phrase on a page with a way back.
/// </summary>
sealed partial class Failures(
    RequestDelegate next, WebSettings settings, TextCatalogue texts, AssetFiles assets, IGlobalSettings global, IProblemDetailsService problems,
    TimeProvider time, ILogger<Failures> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (BadHttpRequestException exception) when (!http.Response.HasStarted)
        {
            http.Response.StatusCode = exception.StatusCode;
            EndConnection(http);
        }
        catch (InvalidDataException) when (!http.Response.HasStarted)
        {
            // A form that cannot be read: too many fields, a broken multipart boundary.
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
        }
        catch (Exception exception) when (!http.Response.HasStarted && DatabaseFault(exception) is { IsTransient: true } fault)
        {
            Log.DatabaseAway(logger, http.Request.Method, http.Request.Path, fault.Message);
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            RetryAfter.Set(http.Response, TimeSpan.FromSeconds(10));
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            Log.Failed(logger, exception, http.Request.Method, http.Request.Path);
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }

        if (http.Response is { HasStarted: false, StatusCode: StatusCodes.Status413PayloadTooLarge })
            EndConnection(http);
        if (http.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null })
            await ExplainAsync(http);
    }

    /// <summary>
    /// The server closes the connection of a request whose body it does not read to its end. A client that is not told so sends its next request
    /// into the closing connection, and cannot know whether it was carried out.
    /// </summary>
    static void EndConnection(HttpContext http)
    {
        if (HttpProtocol.IsHttp11(http.Request.Protocol) || HttpProtocol.IsHttp10(http.Request.Protocol))
            http.Response.Headers.Connection = "close";
    }

    async Task ExplainAsync(HttpContext http)
    {
        // A known path with another method is not told apart from an unknown one.
        if (http.Response.StatusCode == StatusCodes.Status405MethodNotAllowed)
        {
            http.Response.Headers.Allow = default;
            http.Response.StatusCode = StatusCodes.Status404NotFound;
        }

        var status = http.Response.StatusCode;
        var phrase = status == StatusCodes.Status413PayloadTooLarge ? "Request Entity Too Large" : ReasonPhrases.GetReasonPhrase(status);
        if (Problems.AreFor(http.Request.Path))
            await ExplainToProgramAsync(http, status);
        else if (http.Request.Headers.Accept.ToString().Contains("application/problem+json", StringComparison.OrdinalIgnoreCase)
            && await problems.TryWriteAsync(
                new ProblemDetailsContext { HttpContext = http, ProblemDetails = { Title = phrase, Instance = http.TraceIdentifier } }))
            return;
        else if (http.Request.Path.StartsWithSegments("/api") || WantsJson(http.Request.Headers.Accept.ToString()))
        {
            await (status == StatusCodes.Status401Unauthorized
                ? http.Response.WriteAsJsonAsync(
                    new RefusalAnswer("unauthorized"), RequestsJson.Default.RefusalAnswer, cancellationToken: http.RequestAborted)
                : http.Response.WriteAsJsonAsync(phrase, RequestsJson.Default.String, cancellationToken: http.RequestAborted));
        }
        else if (IsOpenedByBrowser(http.Request))
            await WithoutDatabase(http).Render<FailurePage, FailureModel>(new(status, phrase), status).ExecuteAsync(http);
        else if (!http.Request.Path.StartsWithSegments("/live"))
        {
            http.Response.ContentType = "text/html; charset=utf-8";
            await http.Response.WriteAsync(phrase, http.RequestAborted);
        }
    }

    static Task ExplainToProgramAsync(HttpContext http, int status)
    {
        // What the framework could not read of an address is the number of a row.
        const string Id = "id";
        return status == StatusCodes.Status400BadRequest && http.Request.RouteValues[Id] is string text && !RowNumber.TryParse(text, null, out _)
            ? Problems.WriteAsync(http, ProblemKind.InvalidParameter, $"{Id}: {RowNumber.Needed}", [new(Id, RowNumber.Needed)])
            : Problems.WriteAsync(http, ProblemKind.Of(status), Detail(status));
    }

    static string Detail(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "Send a token of scope read in Authorization: Bearer, or log in.",
        StatusCodes.Status403Forbidden => "Make a token with the scope that is needed.",
        StatusCodes.Status404NotFound => "There is no such path. /data/docs lists those there are.",
        StatusCodes.Status503ServiceUnavailable => "Try again in a moment.",
        _ => ReasonPhrases.GetReasonPhrase(status),
    };

    // The key ring wraps what its database throws.
    static DbException? DatabaseFault(Exception exception) => exception as DbException ?? exception.InnerException as DbException;

    // Over plain http, as in most homes, browsers do not send the first one.
    static bool IsOpenedByBrowser(HttpRequest request)
        => request.Headers["Sec-Fetch-Mode"] == "navigate" || request.Headers.UpgradeInsecureRequests == "1";

    static bool WantsJson(string accept)
        => accept.Contains("json", StringComparison.OrdinalIgnoreCase) && !accept.Contains("html", StringComparison.OrdinalIgnoreCase)
            && !accept.Contains("*/*", StringComparison.Ordinal);

    // The database may be what failed, so the page gets by with what is in memory.
    PageContext WithoutDatabase(HttpContext http) => new()
    {
        Texts = texts.In(Language.Current),
        Settings = global.Current,
        Units = new Units(global.Current),
        Web = settings,
        Assets = assets,
        Path = http.Request.Path.Value ?? "/",
        IsInside = false,
        Now = time.GetUtcNow(),
    };

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string path);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} needs the database, which cannot be reached: {Reason}")]
        public static partial void DatabaseAway(ILogger logger, string method, string path, string reason);
    }
}

/// <param name="Status">The answer's, from 400.</param>
/// <param name="Phrase">The status in HTTP's words.</param>
public sealed record FailureModel(int Status, string Phrase);
