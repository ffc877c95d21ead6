using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace TeslaMate.Web.Requests;

/// <summary>What can be wrong with a request below <c>/data</c> (spec api 2.1).</summary>
/// <param name="Slug">The last part of the problem's type, <c>/data/problems/&lt;slug&gt;</c>.</param>
public sealed record ProblemKind(string Slug, int Status, string Title)
{
    public static readonly ProblemKind InvalidParameter = new("invalid-parameter", StatusCodes.Status400BadRequest, "A parameter cannot be used");
    public static readonly ProblemKind Unusable =
        new("invalid-parameter", StatusCodes.Status422UnprocessableEntity, "What is asked for cannot be done with these values");
    public static readonly ProblemKind InvalidCursor =
        new("invalid-cursor", StatusCodes.Status400BadRequest, "The cursor does not belong to this list");
    public static readonly ProblemKind Unauthorized = new("unauthorized", StatusCodes.Status401Unauthorized, "A token or a session is needed");
    public static readonly ProblemKind ForbiddenScope =
        new("forbidden-scope", StatusCodes.Status403Forbidden, "The token's scopes do not reach that far");
    public static readonly ProblemKind NotFound = new("not-found", StatusCodes.Status404NotFound, "There is nothing here");
    public static readonly ProblemKind NotAcceptable = new("not-acceptable", StatusCodes.Status406NotAcceptable, "It cannot be had in this format");
    public static readonly ProblemKind Conflict = new("conflict", StatusCodes.Status409Conflict, "Something has changed meanwhile");
    public static readonly ProblemKind PreconditionFailed =
        new("precondition-failed", StatusCodes.Status412PreconditionFailed, "The row has changed since it was read");
    public static readonly ProblemKind PreconditionRequired =
        new("precondition-required", StatusCodes.Status428PreconditionRequired, "If-Match is needed");
    public static readonly ProblemKind TooManyRequests = new("too-many-requests", StatusCodes.Status429TooManyRequests, "Too many requests");
    public static readonly ProblemKind DatabaseAway = new("database-away", StatusCodes.Status503ServiceUnavailable, "The database cannot be reached");

    /// <summary>Every kind that has a name of its own.</summary>
    public static readonly IReadOnlyList<ProblemKind> All =
    [
        InvalidParameter, Unusable, InvalidCursor, Unauthorized, ForbiddenScope, NotFound, NotAcceptable, Conflict, PreconditionFailed,
        PreconditionRequired, TooManyRequests, DatabaseAway,
    ];

    /// <summary>The kind that a status stands for; one without a name of its own where none does.</summary>
    public static ProblemKind Of(int status)
        => All.FirstOrDefault(kind => kind.Status == status && kind != InvalidCursor) ?? new("other", status, ReasonPhrases.GetReasonPhrase(status));
}

/// <summary>What is wrong with one parameter of a request, or one member of its body.</summary>
/// <param name="Parameter">Its name; null where the body is meant.</param>
/// <param name="Member">Where in the body, as a JSON pointer (RFC 6901); null for a parameter.</param>
public sealed record ParameterProblem(string? Parameter, string Message, [property: JsonPropertyName("pointer")] string? Member = null);

/// <summary>Problems as answers: RFC 9457.</summary>
public static class Problems
{
    public const string ContentType = "application/problem+json";

    static readonly RequestsJson Json = new(new(RequestsJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Whether problems are answered this way below the path.</summary>
    public static bool AreFor(PathString path) => path.StartsWithSegments("/data");

    /// <summary>Answers with the problem; nothing of the answer may have been sent.</summary>
    public static Task WriteAsync(HttpContext http, ProblemKind kind, string detail, IReadOnlyList<ParameterProblem>? errors = null)
    {
        http.Response.StatusCode = kind.Status;
        http.Response.ContentType = ContentType;
        return http.Response.Body.WriteAsync(Text(http, kind, detail, errors), http.RequestAborted).AsTask();
    }

    /// <summary>The problem as JSON.</summary>
    public static byte[] Text(HttpContext http, ProblemKind kind, string detail, IReadOnlyList<ParameterProblem>? errors = null)
        => JsonSerializer.SerializeToUtf8Bytes(
            new ProblemAnswer(
                $"/data/problems/{kind.Slug}", kind.Title, kind.Status, detail, http.TraceIdentifier, errors is { Count: > 0 } ? errors : null),
            Json.ProblemAnswer);
}
