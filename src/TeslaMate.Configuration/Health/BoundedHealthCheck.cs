using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TeslaMate.Configuration.Health;

/// <summary>A check that answers in time and never throws, whatever the part waits for: a monitor asks again soon.</summary>
sealed class BoundedHealthCheck(IHealthCheck check, TimeProvider time) : IHealthCheck
{
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    // For the part to say in its own words what it waited for.
    static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var timeout = new CancellationTokenSource(Timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await check.CheckHealthAsync(context, stop.Token).WaitAsync(Timeout + Grace, time, cancellationToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            return context.Result(isWell: false, new JsonObject { ["error"] = "no answer in time" });
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A bug in the check must not hide the other parts.
            return context.Result(isWell: false, new JsonObject { ["error"] = exception.GetType().Name });
        }
    }
}
