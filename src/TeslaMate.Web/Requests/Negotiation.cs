using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Web.Requests;

/// <summary>Refuses what cannot be had in a wanted format (406) or is too large (413) before anything else looks at it (spec web 1.5, 1.9).</summary>
sealed class Negotiation(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        // The server's limit, or the endpoint's own.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize is { } largest && http.Request.ContentLength > largest)
            http.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
        else if (http.GetEndpoint()?.Metadata.GetMetadata<AnswersIn>() is { } formats && !formats.Accepts(http.Request))
            http.Response.StatusCode = StatusCodes.Status406NotAcceptable;
        else
            return next(http);
        return Task.CompletedTask;
    }
}

/// <summary>The formats that an endpoint answers in, as parts of the header <c>Accept</c>.</summary>
sealed class AnswersIn(params IReadOnlyList<string> formats)
{
    public bool Accepts(HttpRequest request)
    {
        if (request.Query["_format"].ToString() is { Length: > 0 } forced)
            return formats.Contains(forced);
        var accept = request.Headers.Accept.ToString();
        return accept.Length == 0 || accept.Contains("*/*", StringComparison.Ordinal)
            || formats.Any(format => accept.Contains(format, StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>An endpoint's own limit for what it is sent.</summary>
sealed record LargestBody(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;

static class PageConventions
{
    /// <summary>A group of pages: for the owner, in HTML; changes need the token of a form.</summary>
    public static RouteGroupBuilder MapPages(this IEndpointRouteBuilder routes, string prefix = "")
        => routes.MapGroup(prefix).RequireAuthorization(Policies.Owner).WithMetadata(new AnswersIn("html", "text/*"));
}
