using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.Requests;

/// <summary>
/// The headers that every answer has: what browsers may load, embed and tell others. The policy names no host but those of the map's tiles and the
/// place search, and allows no inline script or style.
/// </summary>
sealed class AnswerHeaders(RequestDelegate next, WebSettings settings)
{
    readonly string _policy = string.Join("; ",
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        $"img-src 'self' data: {string.Join(' ', new[] { settings.TilesUrl, settings.SatelliteUrl }.OfType<string>().Select(TileOrigin))}",
        $"connect-src 'self' {Ascii(settings.SearchUrl.GetLeftPart(UriPartial.Authority))}",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'self'",
        "frame-ancestors 'self'");

    public Task InvokeAsync(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = _policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin";
        headers["X-Permitted-Cross-Domain-Policies"] = "none";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        // Not as an image or a script of somebody else's page either; requests of scripts are for CORS to allow.
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "max-age=0, private, must-revalidate";
        return next(http);
    }

    // {s} is the letter of one of several tile servers.
    static string TileOrigin(string url)
    {
        var origin = url[..(url.IndexOf('/', url.IndexOf("//", StringComparison.Ordinal) + 2))];
        return Ascii(origin.Replace("{s}", "*", StringComparison.Ordinal));
    }

    // Headers have no other letters; a host that does is known by its name in the DNS.
    static string Ascii(string origin)
    {
        var host = origin.IndexOf("//", StringComparison.Ordinal) + 2;
        return origin[..host] + string.Join('.', origin[host..].Split('.').Select(label =>
            System.Text.Ascii.IsValid(label) ? label : new IdnMapping().GetAscii(label)));
    }
}
