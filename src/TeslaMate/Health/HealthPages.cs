using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using TeslaMate.Configuration.Health;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Health;

/// <summary><c>/health_check</c> (web chapter 1.6), its verbose form, and <c>/metrics</c>.</summary>
static class HealthPages
{
    const string Path = "/health_check";

    // A monitor asks again soon; a part that does not answer is reported as such.
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(3);

    // Not embedded in HTML, so that a plus sign need not be escaped.
    static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Answers the health check before everything else, at exactly its path. The plain one: any method, 200, no body, no question to anybody; it says that
    /// the process lives. Whether it works is what <c>?verbose</c> tells.
    /// </summary>
    public static void UseHealthCheck(this WebApplication app)
        => app.Use((context, next) => context.Request.Path.Value != Path ? next(context) : IsVerbose(context.Request) ? VerboseAsync(context) : Task.CompletedTask);

    public static void MapMetrics(this IEndpointRouteBuilder routes) => routes.MapGet("/metrics", MetricsAsync);

    static bool IsVerbose(HttpRequest request) => HttpMethods.IsGet(request.Method) && request.Query.ContainsKey("verbose");

    /// <summary>All parts as JSON. 503 while the database does not answer, because then nothing can be shown; 200 otherwise.</summary>
    static async Task VerboseAsync(HttpContext context)
    {
        var facts = await ReadPermittedAsync(context);
        var answer = new JsonObject { ["status"] = facts.All(part => part.Facts.IsWell) ? "ok" : "degraded" };
        foreach (var (name, part) in facts)
            answer[name] = part.Details;
        context.Response.StatusCode = facts.Any(part => part.Name == DatabaseHealth.PartName && !DatabaseHealth.Answered(part.Facts))
            ? StatusCodes.Status503ServiceUnavailable
            : StatusCodes.Status200OK;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(answer.ToJsonString(Json), context.RequestAborted);
    }

    static async Task MetricsAsync(HttpContext context)
    {
        var facts = await ReadPermittedAsync(context);
        context.Response.ContentType = PrometheusText.ContentType;
        await context.Response.WriteAsync(PrometheusText.Write(facts.SelectMany(part => part.Facts.Measures)), context.RequestAborted);
    }

    static async Task<IReadOnlyList<(string Name, HealthFacts Facts)>> ReadPermittedAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var mayKnowAll = await services.GetRequiredService<IMonitorAccess>().MayKnowAllAsync(context);
        return await ReadAsync(services, services.GetServices<IHealthReport>().Where(report => mayKnowAll || !report.IsPersonal), context.RequestAborted);
    }

    /// <summary>Asks all parts at once.</summary>
    public static Task<IReadOnlyList<(string Name, HealthFacts Facts)>> ReadAsync(IServiceProvider services, CancellationToken cancellationToken)
        => ReadAsync(services, services.GetServices<IHealthReport>(), cancellationToken);

    static async Task<IReadOnlyList<(string Name, HealthFacts Facts)>> ReadAsync(
        IServiceProvider services, IEnumerable<IHealthReport> reports, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LongestWait, services.GetRequiredService<TimeProvider>());
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        return await Task.WhenAll(reports.Select(async report =>
        {
            try
            {
                return (report.Name, await report.ReadAsync(both.Token));
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return (report.Name, new HealthFacts(IsWell: false, new JsonObject { ["error"] = "no answer in time" }));
            }
        }));
    }
}
