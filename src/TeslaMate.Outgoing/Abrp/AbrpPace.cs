using TeslaMate.Vehicles;

namespace TeslaMate.Outgoing.Abrp;

/// <summary>What a request to A Better Route Planner came to. Closed.</summary>
public abstract record AbrpAnswer
{
    AbrpAnswer() { }

    public sealed record Taken : AbrpAnswer;

    /// <summary>The network, the server or its limits: the next point is tried later.</summary>
    public sealed record Failed(string Reason) : AbrpAnswer;

    /// <summary>The token, the key or the point was not accepted.</summary>
    public sealed record Refused(string Reason) : AbrpAnswer;
}

/// <summary>
/// When the next point of a car is sent (spec api 4.1). A value: "now" and chance are arguments. Only the newest point is ever sent, none is queued.
/// </summary>
public sealed record AbrpPace
{
    /// <summary>So many refusals in a row are no mistake: sending stops until the owner changes something.</summary>
    public const int MostRefusals = 3;

    static readonly RetryPolicy Retries = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));

    /// <summary>When the last point was sent; null before the first.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>The time of the car's data in it.</summary>
    public DateTimeOffset? SentData { get; init; }

    /// <summary>The car's state in it.</summary>
    public VehicleStateName? SentState { get; init; }

    public int Failures { get; init; }

    public int Refusals { get; init; }

    /// <summary>Nothing is sent before, after a failure.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    public bool IsStopped => Refusals >= MostRefusals;

    /// <summary>Whether the car's newest values are sent now.</summary>
    public bool IsDue(Summary summary, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(summary);
        if (IsStopped || now < NotBefore || summary.IsRestored || summary.DataAt is not { } data || data <= SentData
            || Interval(summary.State) is not { } interval)
            return false;
        return SentAt is not { } sent || summary.State != SentState || now - sent >= interval;
    }

    /// <summary>How often a car in this state is told of; null for not at all.</summary>
    public static TimeSpan? Interval(VehicleStateName state) => state switch
    {
        VehicleStateName.Driving => TimeSpan.FromSeconds(5),
        VehicleStateName.Charging => TimeSpan.FromSeconds(10),
        VehicleStateName.Online or VehicleStateName.Suspended or VehicleStateName.Updating => TimeSpan.FromSeconds(60),
        _ => null,
    };

    /// <summary>After an answer.</summary>
    /// <param name="random">Gives numbers from 0 up to 1.</param>
    public AbrpPace After(AbrpAnswer answer, Summary summary, DateTimeOffset now, Func<double> random)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return answer switch
        {
            AbrpAnswer.Taken => new AbrpPace { SentAt = now, SentData = summary.DataAt, SentState = summary.State },
            AbrpAnswer.Refused => Later(this with { Refusals = Refusals + 1, Failures = Failures + 1 }),
            _ => Later(this with { Refusals = 0, Failures = Failures + 1 }),
        };

        AbrpPace Later(AbrpPace pace) => pace with
        {
            NotBefore = now + Retries.Pause(pace.Failures - 1, random()),
        };
    }
}
