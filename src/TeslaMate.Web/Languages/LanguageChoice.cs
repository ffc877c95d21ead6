using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.Languages;

/// <summary>Which language a visitor reads: the query's <c>locale</c>, what was chosen before, the browser's wish, English (spec web 1.8).</summary>
public sealed class LanguageChoice
{
    const string Cookie = "_teslamate_locale";

    readonly FrozenDictionary<Language, Texts> _texts = Texts.LoadAll();

    internal Texts Of(HttpContext http)
    {
        if (Language.Find(http.Request.Query["locale"]) is { } wished)
        {
            http.Response.Cookies.Append(Cookie, wished.Value, new()
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Lax,
                Secure = http.Request.IsHttps,
                Path = "/",
                MaxAge = TimeSpan.FromDays(365),
            });
            return _texts[wished];
        }

        return _texts[Language.Find(http.Request.Cookies[Cookie]) ?? Language.Negotiate(http.Request.Headers.AcceptLanguage) ?? Language.English];
    }

    public Texts In(Language language) => _texts[language];
}
