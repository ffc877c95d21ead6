using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Localization;

namespace TeslaMate.Web.Languages;

/// <summary>
/// Which language a request is answered in, for <c>UseRequestLocalization</c>: the query's <c>locale</c>, what was chosen before, the browser's
/// wish, English (spec web 1.8).
/// </summary>
static class RequestLanguage
{
    public static void Configure(RequestLocalizationOptions options)
    {
        // Numbers are written alike in every language.
        options.DefaultRequestCulture = new RequestCulture(CultureInfo.InvariantCulture, Language.English.Culture);
        options.SupportedCultures = [CultureInfo.InvariantCulture];
        options.SupportedUICultures = [.. Language.All.Select(language => language.Culture)];
        options.RequestCultureProviders = [new ByQuery(), new ByCookie(), new ByBrowser()];
    }

    static Task<ProviderCultureResult?> Result(Language? language)
        => Task.FromResult(language is null ? null : new ProviderCultureResult(CultureInfo.InvariantCulture.Name, language.Tag));

    /// <summary>A choice in the settings is a link with the language, which is remembered.</summary>
    sealed class ByQuery : RequestCultureProvider
    {
        public override Task<ProviderCultureResult?> DetermineProviderCultureResult(HttpContext httpContext)
        {
            var language = Language.Find(httpContext.Request.Query["locale"]);
            if (language is not null)
                ByCookie.Remember(httpContext, language);
            return Result(language);
        }
    }

    sealed class ByCookie : RequestCultureProvider
    {
        const string Name = "_teslamate_locale";

        public static void Remember(HttpContext http, Language language) => http.Response.Cookies.Append(Name, language.Value, new()
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = http.Request.IsHttps,
            Path = "/",
            MaxAge = TimeSpan.FromDays(365),
        });

        public override Task<ProviderCultureResult?> DetermineProviderCultureResult(HttpContext httpContext)
            => Result(Language.Find(httpContext.Request.Cookies[Name]));
    }

    // The framework's own provider knows neither that zh-TW is written in traditional characters nor that Norwegian is nb.
    sealed class ByBrowser : RequestCultureProvider
    {
        public override Task<ProviderCultureResult?> DetermineProviderCultureResult(HttpContext httpContext)
            => Result(Language.Negotiate(httpContext.Request.Headers.AcceptLanguage));
    }
}
