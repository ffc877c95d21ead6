using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace TeslaMate.Web.Layout;

/// <summary>A sentence that the next page shows once, carried there by a cookie.</summary>
static class Notices
{
    const string Cookie = "_teslamate_notice";
    const int LongestText = 500;

    public static void Leave(HttpContext http, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text.Length <= LongestText ? text : text[..LongestText]);
        http.Response.Cookies.Append(Cookie, WebEncoders.Base64UrlEncode(bytes), Options(http));
    }

    /// <summary>The sentence left by the request before this one; null when there is none.</summary>
    public static string? Take(HttpContext http)
    {
        // Fragments and events belong to a page that is shown already; only whole pages take notices.
        if (http.Request.Headers.ContainsKey("HX-Request") || http.Request.Path.StartsWithSegments("/live") || http.Request.Cookies[Cookie] is not { Length: > 0 and < 4000 } text)
            return null;
        http.Response.Cookies.Delete(Cookie, Options(http));
        try
        {
            return Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(text));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    static CookieOptions Options(HttpContext http) => new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = http.Request.IsHttps, Path = "/" };
}
