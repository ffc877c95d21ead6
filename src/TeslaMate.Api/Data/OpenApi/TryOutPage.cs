using System.Net;
using System.Text;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Web;
using TeslaMate.Web.Assets;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Api.Data.OpenApi;

/// <summary>
/// A page that lists every operation of both interfaces for programs with a form that asks it (spec api 2.7). It is our own, because it needs nothing
/// that the pages' policy forbids: no inline script, no inline style, nothing of other hosts.
/// </summary>
sealed class TryOutPage(WebSettings settings, AssetFiles assets, IAntiforgery antiforgery)
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/data/docs", (HttpContext http, CancellationToken cancellationToken) =>
    {
        http.Response.ContentType = "text/html; charset=utf-8";
        return http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Text(FormProtection.TokenFor(http, antiforgery))), cancellationToken).AsTask();
    }).RequireAuthorization(Policies.Owner);

    string Text(string? formToken)
    {
        var prefix = WebUtility.HtmlEncode(settings.UrlPath);
        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
                <meta charset="utf-8" />
                <title>API · TeslaMate for .NET</title>
                <meta name="viewport" content="width=device-width, initial-scale=1.0" />
                <link rel="stylesheet" href="{prefix}{WebUtility.HtmlEncode(assets.Address("/assets/app.css"))}" />
                <script type="module" src="{prefix}/assets/api.js"></script>
            </head>
            <body>
                <main id="content">
                    <h1 class="title is-4">API</h1>
                    <p class="block">What programs can ask for. The descriptions are OpenAPI 3.1:
                        <a data-openapi href="{prefix}/data/openapi/v1.json">this program's own interface</a> and
                        <a data-openapi href="{prefix}/data/openapi/teslamateapi.json">the one that companion apps expect</a>.
                        Here you ask as yourself, and what you change is changed; a program brings a <a href="{prefix}/tokens">token</a>.</p>
                    <div data-form-token="{WebUtility.HtmlEncode(formToken)}"><p>…</p></div>
                    <p class="block"><a href="{prefix}/">Home</a></p>
                </main>
            </body>
            </html>
            """;
    }
}
