using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace TeslaMate.Web.Requests;

/// <summary>
/// Compression of what programs read (spec api 2.1). Pages are not compressed: theirs is a secret, the token of their forms, beside what others can
/// put there.
/// </summary>
static class Compression
{
    /// <summary>Shorter answers gain nothing.</summary>
    const int LeastBytes = 1024;

    public static IServiceCollection AddCompression(this IServiceCollection services)
    {
        services.AddResponseCompression(options =>
        {
            options.EnableForHttps = true;
            options.MimeTypes =
            [
                "application/json", "application/problem+json", "application/x-ndjson", "application/geo+json", "application/gpx+xml", "text/csv",
                    "text/calendar",
            ];
            options.Providers.Add<BrotliCompressionProvider>();
            options.Providers.Add<GzipCompressionProvider>();
        });
        // A small machine's processor is scarcer than its network.
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Fastest);
        services.Configure<GzipCompressionProviderOptions>(gzip => gzip.Level = CompressionLevel.Fastest);
        return services.AddSingleton<IResponseCompressionProvider, NotTooShort>();
    }

    public static void UseCompression(this IApplicationBuilder app)
        => app.UseWhen(http => Problems.AreFor(http.Request.Path) || http.Request.Path.StartsWithSegments("/api/v1"), programs
            => programs.UseResponseCompression());

    sealed class NotTooShort(IServiceProvider services, IOptions<ResponseCompressionOptions> options) : ResponseCompressionProvider(services, options)
    {
        public override bool ShouldCompressResponse(HttpContext context) => context.Response.ContentLength is not < LeastBytes
            && base.ShouldCompressResponse(context);
    }
}
