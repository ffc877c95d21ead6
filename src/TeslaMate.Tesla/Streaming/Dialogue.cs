using System.Diagnostics;
using TeslaMate.Configuration;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Tesla.Streaming;

/// <summary>What a stream remembers from one message to the next, also over reconnects.</summary>
/// <param name="LastShift">Of the last sample.</param>
/// <param name="HasData">There was a sample since the connection was last lost.</param>
/// <param name="Timeouts">Waits in vain since the last sample.</param>
/// <param name="Disconnects"><c>vehicle_disconnected</c> since the last sample.</param>
sealed record DialogueState(ShiftState? LastShift = null, bool HasData = false, int Timeouts = 0, int Disconnects = 0);

/// <summary>What happens to a stream.</summary>
abstract record StreamStep
{
    StreamStep() { }

    public sealed record Connected : StreamStep;

    public sealed record Received(StreamMessage Message) : StreamStep;

    /// <summary>The timer "inactive" has run out.</summary>
    public sealed record Silence : StreamStep;

    /// <summary>The timer "resubscribe" has run out.</summary>
    public sealed record Resubscribe : StreamStep;

    /// <summary>The connection ended, not by our wish.</summary>
    public sealed record Lost : StreamStep;
}

/// <summary>What is to be done then.</summary>
abstract record StreamAction
{
    StreamAction() { }

    /// <summary>Send the subscription with the token of this moment.</summary>
    public sealed record Subscribe : StreamAction;

    /// <summary>Arm the one timer; what it was armed for before is forgotten.</summary>
    public sealed record Arm(StreamStep Then, TimeSpan After) : StreamAction;

    public sealed record Disarm : StreamAction;

    public sealed record Sample(StreamReading Reading) : StreamAction;

    public sealed record Signal(StreamSignal Kind) : StreamAction;

    /// <summary>Close and connect again.</summary>
    public sealed record Reconnect(ReconnectCause Cause) : StreamAction;

    /// <summary>Say something in the log.</summary>
    public sealed record Log(StreamTrouble Trouble, string? Detail = null) : StreamAction;
}

enum StreamSignal
{
    Inactive,
    TooManyDisconnects,
    TokensExpired,
    VehicleOffline,
}

enum ReconnectCause
{
    /// <summary>Nothing came for a while.</summary>
    Silence,

    /// <summary>Tesla's own trouble.</summary>
    OwnerApi,

    /// <summary>The server said that it will not serve.</summary>
    Refused,

    /// <summary>The connection broke.</summary>
    Broken,

    /// <summary>There was no connection, or the server closed it in due form.</summary>
    Failed,
}

enum StreamTrouble
{
    TooManyDisconnects,
    Offline,
    OwnerApi,
    TokenRefused,
    ClientError,
    OtherError,
    Unknown,
    NoJson,
    TooLarge,
    Broken,
    Failed,
}

/// <summary>The rules of a stream, without sockets and clocks: spec tesla-api 10.3, 10.4 and 10.7.</summary>
static class Dialogue
{
    static readonly TimeSpan InactivityTimeout = TimeSpan.FromSeconds(30);

    public static (DialogueState Next, StreamAction[] Actions) Transition(DialogueState state, StreamStep step) => (state, step) switch
    {
        (_, StreamStep.Connected or StreamStep.Resubscribe) => (state, [new StreamAction.Subscribe(), Inactive(BackOff(state.Timeouts, min: 10))]),
        (_, StreamStep.Silence) => (
            state with { Timeouts = Math.Min(state.Timeouts + 1, int.MaxValue - 1) },
            state.HasData && state.Timeouts % 10 == 4
                ? [new StreamAction.Signal(StreamSignal.Inactive), new StreamAction.Reconnect(ReconnectCause.Silence)]
                : [new StreamAction.Reconnect(ReconnectCause.Silence)]),
        (_, StreamStep.Lost) => (state with { HasData = false }, []),
        // Every message, whatever it says, shows that the connection lives.
        (_, StreamStep.Received(var message)) => Receive(state, message) is var (next, actions)
            ? (next, [Inactive(InactivityTimeout), .. actions])
            : throw new UnreachableException(),
        _ => throw new UnreachableException($"no rule for {step}"),
    };

    static (DialogueState Next, StreamAction[] Actions) Receive(DialogueState state, StreamMessage message) => message switch
    {
        StreamMessage.Hello => (state, []),
        StreamMessage.Update(var reading) => (new DialogueState(reading.ShiftState, HasData: true), [new StreamAction.Sample(reading)]),
        StreamMessage.Disconnected => (
            state with { Disconnects = Math.Min(state.Disconnects + 1, int.MaxValue - 1) },
            state.Disconnects > 0 && state.Disconnects % 10 == 0
                ? [new StreamAction.Log(StreamTrouble.TooManyDisconnects), new StreamAction.Disarm(),
                    new StreamAction.Signal(StreamSignal.TooManyDisconnects)]
                : [new StreamAction.Arm(new StreamStep.Resubscribe(), ResubscribeDelay(state))]),
        StreamMessage.Offline => (state, [new StreamAction.Log(StreamTrouble.Offline), new StreamAction.Signal(StreamSignal.VehicleOffline)]),
        StreamMessage.OwnerApiError => (state, [new StreamAction.Log(StreamTrouble.OwnerApi), new StreamAction.Reconnect(ReconnectCause.OwnerApi)]),
        StreamMessage.TokenRefused
            => (state, [new StreamAction.Log(StreamTrouble.TokenRefused), new StreamAction.Signal(StreamSignal.TokensExpired)]),
        StreamMessage.ClientError(var detail) => (
            state, [new StreamAction.Log(StreamTrouble.ClientError, detail), new StreamAction.Reconnect(ReconnectCause.Refused)]),
        StreamMessage.OtherError(var detail) => (state, [new StreamAction.Log(StreamTrouble.OtherError, detail)]),
        StreamMessage.Unknown => (state, [new StreamAction.Log(StreamTrouble.Unknown)]),
        StreamMessage.NoJson => (state, [new StreamAction.Log(StreamTrouble.NoJson)]),
        _ => throw new UnreachableException($"no rule for {message}"),
    };

    /// <summary>How long to wait before connecting again, at the <paramref name="attempt"/>th time (from 1) without a sample in between.</summary>
    public static TimeSpan ReconnectDelay(ReconnectCause cause, int attempt) => cause switch
    {
        ReconnectCause.Silence => TimeSpan.Zero,
        // At once, but not again and again.
        ReconnectCause.OwnerApi => attempt <= 1 ? TimeSpan.Zero : BackOff(attempt - 1),
        ReconnectCause.Broken => BackOff(attempt, max: 10),
        ReconnectCause.Failed or ReconnectCause.Refused => BackOff(attempt, min: 1),
        _ => throw new UnreachableException($"no rule for {cause}"),
    };

    /// <summary>Powers of a base within bounds, in whole seconds.</summary>
    public static TimeSpan BackOff(int exponent, double factor = 2, double min = 0, double max = 30)
    {
        var pause = new RetryPolicy(First: TimeSpan.FromSeconds(1), Longest: TimeSpan.FromSeconds(max)) { Factor = factor }.Pause(exponent);
        return TimeSpan.FromSeconds(Math.Round(Math.Max(pause.TotalSeconds, min), MidpointRounding.AwayFromZero));
    }

    /// <summary>A car with a gear was just driving: it is waited for less patiently.</summary>
    static TimeSpan ResubscribeDelay(DialogueState state)
        => state.LastShift is ShiftState.P or ShiftState.D or ShiftState.N or ShiftState.R
            ? BackOff(state.Disconnects, factor: 1.3, max: 8)
            : BackOff(state.Disconnects, min: 15);

    static StreamAction.Arm Inactive(TimeSpan after) => new(new StreamStep.Silence(), after);
}
