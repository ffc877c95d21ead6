using Microsoft.AspNetCore.Builder;
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

    /// <summary>
    /// What <c>UseCors</c> does. That would bind the middleware's second argument by an expression compiled at every start, which takes 3 MB for as
    /// long as the program runs.
    /// </summary>
    internal static void UseOtherOrigins(this WebApplication app)
    {
        var policies = app.Services.GetRequiredService<ICorsPolicyProvider>();
        app.Use(next =>
        {
            var cors = ActivatorUtilities.CreateInstance<CorsMiddleware>(app.Services, next);
            return http => cors.Invoke(http, policies);
        });
    }

    static CorsPolicy Allow(WebSettings settings) => new CorsPolicyBuilder()
        .WithOrigins([.. settings.ApiOrigins])
        .WithMethods("GET", "POST", "PUT", "PATCH", "DELETE")
        .WithHeaders("Authorization", "Content-Type", "If-Match", "If-None-Match", "Last-Event-ID", "Idempotency-Key")
        .WithExposedHeaders("ETag", "Link", "Retry-After", "API-Version")
        .SetPreflightMaxAge(TimeSpan.FromMinutes(10))
        .Build();
}
