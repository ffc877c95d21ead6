using System.Diagnostics.Metrics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TeslaMate.Configuration.Health;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Health;

/// <summary><c>/health_check</c> (spec web 1.6), its verbose form, and <c>/metrics</c>.</summary>
static class HealthPages
{
    const string Path = "/health_check";

    // Who asks is looked up in the database, which may be what does not answer.
    static readonly TimeSpan AccessTimeout = TimeSpan.FromSeconds(3);

    // Not embedded in HTML, so that a plus sign need not be escaped.
    static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Answers the health check before everything else, at exactly its path. The plain one: any method, 200, no body, no question to anybody; it
    /// says that the process lives. Whether it works is what <c>?verbose</c> tells.
    /// </summary>
    public static void UseHealthCheck(this WebApplication app)
        => app.Use((context, next) => context.Request.Path.Value != Path
            ? next(context) : IsVerbose(context.Request) ? VerboseAsync(context) : Task.CompletedTask);

    public static void MapMetrics(this IEndpointRouteBuilder routes) => routes.MapGet("/metrics", MetricsAsync);

    static bool IsVerbose(HttpRequest request) => HttpMethods.IsGet(request.Method) && request.Query.ContainsKey("verbose");

    /// <summary>All parts as JSON. 503 while the database does not answer, because then nothing can be shown; 200 otherwise.</summary>
    static async Task VerboseAsync(HttpContext context)
    {
        var (report, mayKnowAll) = await ReadAsync(context);
        var parts = report.Entries.Where(part => mayKnowAll || !part.Value.Tags.Contains(HealthParts.Personal)).ToList();
        var answer = new JsonObject { ["status"] = parts.All(part => part.Value.Status == HealthStatus.Healthy) ? "ok" : "degraded" };
        foreach (var (name, part) in parts)
            answer[name] = mayKnowAll
                ? part.Data.GetValueOrDefault(name) as JsonNode : WithoutVersions(part.Data.GetValueOrDefault(name) as JsonNode);
        context.Response.StatusCode = report.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(answer.ToJsonString(Json), context.RequestAborted);
    }

    /// <summary>Which faults a server may have is told by its version, so strangers learn none.</summary>
    static JsonNode? WithoutVersions(JsonNode? details)
    {
        if (details is not JsonObject part)
            return details;
        foreach (var (key, value) in part.ToList())
        {
            if (key.EndsWith("version", StringComparison.Ordinal))
                part.Remove(key);
            else
                WithoutVersions(value);
        }

        return part;
    }

    /// <summary>The instruments, after the checks that some of them tell of.</summary>
    static async Task MetricsAsync(HttpContext context)
    {
        var (_, mayKnowAll) = await ReadAsync(context);
        context.Response.ContentType = PrometheusExport.ContentType;
        await PrometheusExport.WriteAsync(
            context.RequestServices.GetRequiredService<IMeterFactory>(), mayKnowAll, context.Response.Body, context.RequestAborted);
    }

    static async Task<(HealthReport Report, bool MayKnowAll)> ReadAsync(HttpContext context)
    {
        var access = MayKnowAllAsync(context);
        var report = await context.RequestServices.GetRequiredService<HealthCheckService>().CheckHealthAsync(context.RequestAborted);
        return (report, await access);
    }

    static async Task<bool> MayKnowAllAsync(HttpContext context)
    {
        try
        {
            return await context.RequestServices.GetRequiredService<IMonitorAccess>().MayKnowAllAsync(context)
                .WaitAsync(AccessTimeout, context.RequestServices.GetRequiredService<TimeProvider>(), context.RequestAborted);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
