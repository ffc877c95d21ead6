using Microsoft.AspNetCore.Http;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Web.Requests;

/// <summary>Refuses what cannot be had in a wanted format (406), too large (413) or unreadable (400) before anything else looks at it (spec web 1.5, 1.9).</summary>
sealed class Negotiation(RequestDelegate next)
{
    const long LargestBody = 8_000_000;

    // A password and where to go afterwards; this one is read for strangers.
    const long LargestLogIn = 16_000;

    public async Task InvokeAsync(HttpContext http)
    {
        var entrance = http.GetEndpoint()?.Metadata.GetMetadata<EntranceOf>()?.Entrance;
        var largest = entrance == Entrance.LogIn ? LargestLogIn : LargestBody;
        if (http.Request.ContentLength > largest)
        {
            http.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return;
        }

        if (http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = largest;
        var isAcceptable = entrance switch
        {
            Entrance.Page or Entrance.LogIn => Accepts(http.Request, "html", "text/*"),
            Entrance.Api => Accepts(http.Request, "json", "application/*"),
            // A browser that follows the link asks for html, a program for what it gets.
            Entrance.File => Accepts(http.Request, "html", "xml", "application/*", "text/*"),
            _ => true,
        };
        if (!isAcceptable)
            http.Response.StatusCode = StatusCodes.Status406NotAcceptable;
        else
            await next(http);
    }

    static bool Accepts(HttpRequest request, params ReadOnlySpan<string> formats)
    {
        if (request.Query["_format"].ToString() is { Length: > 0 } forced)
            return formats.Contains(forced);
        var accept = request.Headers.Accept.ToString();
        if (accept.Length == 0 || accept.Contains("*/*", StringComparison.Ordinal))
            return true;
        foreach (var format in formats)
        {
            if (accept.Contains(format, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
