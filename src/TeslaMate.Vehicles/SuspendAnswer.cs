namespace TeslaMate.Vehicles;

/// <summary>What came of the wish to suspend logging. Closed.</summary>
public abstract record SuspendAnswer
{
    SuspendAnswer()
    {
    }

    /// <summary>Logging is suspended now, or the car was already suspended, asleep or offline.</summary>
    public sealed record Suspended : SuspendAnswer;

    /// <summary>
    /// The car is in use. The code is one of <c>vehicle_not_parked</c>, <c>update_in_progress</c>, <c>charging_in_progress</c>, <c>user_present</c>,
    /// <c>preconditioning</c>, <c>dogmode</c>, <c>sentry_mode</c>, <c>downloading_update</c>, <c>doors_open</c>, <c>trunk_open</c>, <c>unlocked</c>,
    /// <c>power_usage</c>.
    /// </summary>
    public sealed record InUse(string Code) : SuspendAnswer;

    /// <summary>
    /// The car could not be asked: <c>gateway_error</c> (an answer without the needed sections) or the kind of the API's error, such as
    /// <c>not_signed_in</c>.
    /// </summary>
    public sealed record NoAnswer(string Code) : SuspendAnswer;

    /// <summary>Tesla asks for a pause before the next request.</summary>
    public sealed record RateLimited(TimeSpan RetryAfter) : SuspendAnswer;

    /// <summary>The car is unknown, disabled, or not started yet.</summary>
    public sealed record NotRunning : SuspendAnswer;

    /// <summary>The reason as the HTTP interface spells it; null when logging is suspended.</summary>
    public string? Reason => this switch
    {
        InUse(var code) => code,
        NoAnswer(var code) => code,
        RateLimited => "too_many_request",
        NotRunning => "not_running",
        _ => null,
    };
}
