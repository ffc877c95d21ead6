using System.Text.Json.Nodes;

namespace TeslaMate.Configuration.Health;

/// <summary>What one part of the program says about itself in <c>/health_check?verbose</c>, <c>/metrics</c> and the service manager's status line.</summary>
public interface IHealthReport
{
    /// <summary>The property in the verbose health check, in snake case, for example <c>database</c>.</summary>
    string Name { get; }

    /// <summary>Whether the facts tell about the owner's life, such as when a car drives; once the pages have a password they need the API token.</summary>
    bool IsPersonal => false;

    /// <summary>The facts of now, from memory or by one short question; it must not throw for an outage, but report it.</summary>
    ValueTask<HealthFacts> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>One part's facts. They hold no secret, no token and no position.</summary>
/// <param name="IsWell">Whether the part does its work; false makes the verbose health check say <c>degraded</c>.</param>
/// <param name="Details">What the verbose health check shows below the part's name.</param>
public sealed record HealthFacts(bool IsWell, JsonNode Details)
{
    /// <summary>The part's share of the status line, such as <c>2 cars: 1 driving, 1 asleep</c>; null when it has nothing to say.</summary>
    public string? Phrase { get; init; }

    public IReadOnlyList<Measure> Measures { get; init; } = [];
}

/// <summary>One sample for Prometheus.</summary>
/// <param name="Name">The metric's name with its unit, for example <c>teslamate_car_last_answer_age_seconds</c>.</param>
/// <param name="Help">One sentence; the same for every sample of a name.</param>
/// <param name="Value">In the base unit that the name ends in.</param>
public sealed record Measure(string Name, string Help, double Value)
{
    /// <summary>Whether the value only ever grows while the program runs.</summary>
    public bool IsCounter { get; init; }

    /// <summary>Label names and values, such as <c>car</c> and <c>1</c>.</summary>
    public IReadOnlyList<(string Name, string Value)> Labels { get; init; } = [];
}
