using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TeslaMate.Configuration.Health;

/// <summary>
/// How a part of the program reports on itself: by an <see cref="IHealthCheck"/> for <c>/health_check?verbose</c> and the service manager's status
/// line, and by observable instruments of a <see cref="Meter"/>, created beside it, for <c>/metrics</c>. None of it holds a secret, a token or a
/// position.
/// </summary>
public static class HealthParts
{
    /// <summary>
    /// A tag of checks and meters whose facts tell about the owner's life, such as when a car drives; once the pages have a password they need the
    /// API token.
    /// </summary>
    public const string Personal = "personal";

    /// <summary>Adds a part's check, which also creates its instruments; the parts are shown in the order in which they are added.</summary>
    /// <param name="services">The program's.</param>
    /// <param name="name">The property in the verbose health check, in snake case, for example <c>database</c>.</param>
    /// <param name="isPersonal">See <see cref="Personal"/>.</param>
    /// <param name="isVital">Whether nothing can be shown without the part: then the verbose health check answers 503 while it is not well.</param>
    public static IServiceCollection AddHealthPart<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TCheck>(
        this IServiceCollection services, string name, bool isPersonal = false, bool isVital = false)
        where TCheck : class, IHealthCheck
    {
        services.AddMetrics();
        services.AddSingleton<TCheck>();
        services.AddHealthChecks().Add(new HealthCheckRegistration(
            name,
            provider => new BoundedHealthCheck(provider.GetRequiredService<TCheck>(), provider.GetRequiredService<TimeProvider>()),
            isVital ? HealthStatus.Unhealthy : HealthStatus.Degraded,
            isPersonal ? [Personal] : []));
        return services;
    }

    /// <summary>The part's answer.</summary>
    /// <param name="context">Of the check.</param>
    /// <param name="isWell">Whether it does its work.</param>
    /// <param name="details">What the verbose health check shows below the part's name.</param>
    /// <param name="phrase">Its share of the status line, such as <c>2 cars: 1 driving, 1 asleep</c>; null when it has nothing to say.</param>
    public static HealthCheckResult Result(this HealthCheckContext context, bool isWell, JsonNode details, string? phrase = null)
        => new(
            isWell ? HealthStatus.Healthy : context.Registration.FailureStatus,
            phrase,
            data: new Dictionary<string, object> { [context.Registration.Name] = details });

    /// <summary>The meter of a part, whose instruments are observable ones.</summary>
    public static Meter Of(this IMeterFactory meters, string part, bool isPersonal = false)
        => meters.Create(new MeterOptions($"TeslaMate.{part}") { Tags = isPersonal ? [new(Personal, true)] : null });

    /// <summary>A sample, or none while the value is not known.</summary>
    public static IEnumerable<Measurement<double>> Known(double? value) => value is { } known ? [new Measurement<double>(known)] : [];
}
