using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace TeslaMate.Web.Layout;

/// <summary>A sentence that the next page shows once.</summary>
public sealed record Notice(string Text, bool IsError);

/// <summary>Carries a notice to the next page, by a cookie.</summary>
static class Notices
{
    const string Cookie = "_teslamate_notice";
    const char Error = '!';
    const char Success = '.';
    const int LongestText = 500;

    public static void Leave(HttpContext http, Notice notice)
    {
        var bytes = Encoding.UTF8.GetBytes(notice.Text.Length <= LongestText ? notice.Text : notice.Text[..LongestText]);
        http.Response.Cookies.Append(Cookie, (notice.IsError ? Error : Success) + WebEncoders.Base64UrlEncode(bytes), Options(http));
    }

    /// <summary>The notice left by the request before this one; null when there is none.</summary>
    public static Notice? Take(HttpContext http)
    {
        // Fragments and events belong to a page that is shown already; only whole pages take notices.
        if (http.Request.Headers.ContainsKey("HX-Request") || http.Request.Path.StartsWithSegments("/live")
            || http.Request.Cookies[Cookie] is not ({ Length: < 4000 } and [Error or Success, ..] text))
            return null;
        http.Response.Cookies.Delete(Cookie, Options(http));
        try
        {
            return new Notice(Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(text[1..])), text[0] == Error);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    static CookieOptions Options(HttpContext http)
        => new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = http.Request.IsHttps, Path = "/" };
}
