using System.IO.Compression;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using TeslaMate.Api.Companion;
using TeslaMate.Web;

namespace TeslaMate.Api;

/// <summary>
/// What every answer of the interfaces for programs has: versions, compression, and other origins' scripts where the owner allows them.
/// </summary>
public static class ApiPipeline
{
    static readonly string[] Prefixes = ["/api", "/data"];

    internal static readonly string Version =
        typeof(ApiPipeline).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    internal static IServiceCollection AddApiPipeline(this IServiceCollection services) => services
        .AddCors()
        .AddResponseCompression(compression =>
        {
            // Answers hold no secrets beside what others could put into them.
            compression.EnableForHttps = true;
            compression.Providers.Add<BrotliCompressionProvider>();
            compression.Providers.Add<GzipCompressionProvider>();
            compression.MimeTypes = ["application/json", "application/problem+json", "application/x-ndjson", "application/geo+json",
                "application/gpx+xml", "text/csv", "text/calendar"];
        })
        .Configure<BrotliCompressionProviderOptions>(options => options.Level = CompressionLevel.Fastest)
        .Configure<GzipCompressionProviderOptions>(options => options.Level = CompressionLevel.Fastest);

    /// <summary>
    /// The second listener has the interface for apps and nothing else (spec api 1.1). To be called before everything that answers or changes paths.
    /// </summary>
    public static WebApplication UseApiListener(this WebApplication app)
    {
        app.Use((http, next) => http.Features.Get<ApiListener>() is not null && !http.Request.Path.StartsWithSegments("/api")
            ? CompanionRoutes.NoPageAsync(http) : next(http));
        return app;
    }

    /// <summary>To be called before <c>MapWeb</c>: a preflight brings no token.</summary>
    public static WebApplication UseApi(this WebApplication app)
    {
        var origins = app.Services.GetRequiredService<WebSettings>().ApiOrigins;
        app.UseWhen(http => Prefixes.Any(prefix => http.Request.Path.StartsWithSegments(prefix)), api =>
        {
            api.Use((http, next) =>
            {
                if (http.Request.Path.StartsWithSegments("/api"))
                    http.Response.Headers["API-Version"] = ApiSettings.CompanionVersion;
                http.Response.Headers["Server-Version"] = Version;
                if (origins.Count > 0)
                    http.Response.OnStarting(VaryByOriginAsync, http.Response);
                return next(http);
            });
            if (origins.Count > 0)
                api.UseCors(cors => cors.WithOrigins([.. origins]).WithMethods("GET", "POST", "PUT", "PATCH", "DELETE")
                    .WithHeaders("Authorization", "Content-Type", "If-Match", "If-None-Match", "Last-Event-ID", "Idempotency-Key")
                    .WithExposedHeaders("ETag", "Link", "Retry-After", "API-Version").SetPreflightMaxAge(TimeSpan.FromMinutes(10)));
            api.UseResponseCompression();
        });
        return app;
    }

    /// <summary>
    /// What is answered to one origin is not kept for another. The framework says so where several origins are allowed, and to these alone.
    /// </summary>
    static Task VaryByOriginAsync(object response)
    {
        var headers = ((HttpResponse)response).Headers;
        if (!headers.Vary.Contains(HeaderNames.Origin))
            headers.Append(HeaderNames.Vary, HeaderNames.Origin);
        return Task.CompletedTask;
    }
}

/// <summary>A feature of connections to the listener that has the interfaces for programs only (<c>API_PORT</c>).</summary>
public sealed record ApiListener;
