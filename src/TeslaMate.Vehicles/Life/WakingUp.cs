using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;

namespace TeslaMate.Vehicles.Life;

/// <summary>
/// A sleeping car says that it is online (spec vehicle 7.2). Some wake for a few minutes about hourly, and a <c>vehicle_data</c> request would keep
/// them awake, so the stream is asked first: without a power value the car is not really awake.
/// </summary>
static class WakingUp
{
    public static Turn OnBareAtStart(Turn turn, VehicleData data, Surroundings around)
    {
        if (turn.Vehicle.LastResponse is null)
            turn = Restoring.Restore(turn, data, around);
        turn = turn.With(turn.Vehicle with { PreOnline = PreOnline.Probing });
        return turn.ConnectStream().Become(new VehiclePhase.Offline(turn.Polling.Asleep)).Poll(30);
    }

    public static Turn OnBare(Turn turn) => (turn.Vehicle.PreOnline, turn.Vehicle.IsStreaming) switch
    {
        (_, false) => Be(turn, PreOnline.Probing).ConnectStream().Poll(30),
        // The stream fell silent after it had been told apart once: another look, since a real wake-up brings data or nothing at all.
        (PreOnline.Idle, true) => Be(turn, PreOnline.Probing).Poll(30),
        (PreOnline.Probing, true) => Be(turn, PreOnline.ConfirmedReal).Poll(0),
        (PreOnline.ConfirmedFake or PreOnline.ConfirmedReal, true) => turn.Poll(30),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static Turn OnSample(Turn turn, StreamReading reading) => (turn.Vehicle.PreOnline, reading.Power) switch
    {
        (PreOnline.Idle or PreOnline.Probing, null) => Be(turn, PreOnline.ConfirmedFake),
        (PreOnline.Idle or PreOnline.Probing or PreOnline.ConfirmedFake, not null) => Be(turn, PreOnline.ConfirmedReal).Poll(0),
        _ => turn,
    };

    public static Turn Be(Turn turn, PreOnline next)
    {
        return turn.With(turn.Vehicle with { PreOnline = next });
    }
}
