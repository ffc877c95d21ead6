using Microsoft.AspNetCore.Http;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Web.Requests;

/// <summary>Refuses what cannot be had in a wanted format (406), too large (413) or unreadable (400) before anything else looks at it (spec web 1.5, 1.9).</summary>
sealed class Negotiation(RequestDelegate next)
{
    const long LargestBody = 8_000_000;

    public async Task InvokeAsync(HttpContext http)
    {
        var entrance = http.GetEndpoint()?.Metadata.GetMetadata<EntranceOf>()?.Entrance;
        if (http.Request.ContentLength > LargestBody)
        {
            http.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return;
        }

        if (http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = LargestBody;
        var isAcceptable = entrance switch
        {
            Entrance.Page or Entrance.LogIn => Accepts(http.Request, "html"),
            Entrance.Api => Accepts(http.Request, "json"),
            _ => true,
        };
        if (!isAcceptable)
            http.Response.StatusCode = StatusCodes.Status406NotAcceptable;
        else
            await next(http);
    }

    static bool Accepts(HttpRequest request, string format)
    {
        if (request.Query["_format"].ToString() is { Length: > 0 } forced)
            return forced == format;
        var accept = request.Headers.Accept.ToString();
        return accept.Length == 0 || accept.Contains("*/*", StringComparison.Ordinal) || accept.Contains(format, StringComparison.OrdinalIgnoreCase);
    }
}
