using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace TeslaMate.Web.Requests;

/// <summary>
/// Which pages of others may ask from a browser (<c>API_CORS_ORIGINS</c>, spec api 2.5), for <c>RequireCors</c>. Credentials of the browser never
/// count.
/// </summary>
public static class OtherOrigins
{
    /// <summary>The policy of the interfaces for programs.</summary>
    public const string Programs = "programs";

    internal static IServiceCollection AddOtherOrigins(this IServiceCollection services, WebSettings settings)
        => services.AddCors(options => options.AddPolicy(Programs, Allow(settings)));

    static CorsPolicy Allow(WebSettings settings) => new CorsPolicyBuilder()
        .WithOrigins([.. settings.ApiOrigins])
        .WithMethods("GET", "POST", "PUT", "PATCH", "DELETE")
        .WithHeaders("Authorization", "Content-Type", "If-Match", "If-None-Match", "Last-Event-ID", "Idempotency-Key")
        .WithExposedHeaders("ETag", "Link", "Retry-After", "API-Version")
        .SetPreflightMaxAge(TimeSpan.FromMinutes(10))
        .Build();
}
