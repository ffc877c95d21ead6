using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>UPDATING (vehicle chapter 6.6).</summary>
static class Installing
{
    public static Turn Begin(Turn turn, VehicleData data) => turn
        .Write(new LogbookEntry.StartUpdate(Date(data, turn.Now)))
        .Become(new VehiclePhase.Updating())
        .DisconnectStream()
        .Since(turn.Now).Use()
        .Tell(new Note.UpdateStarted())
        .Publish()
        .Poll(15);

    public static Turn Online(Turn turn, VehicleData data, Surroundings around) => data.VehicleState?.SoftwareUpdate switch
    {
        // No word about updates is no word about this one.
        null => turn.Use().Poll(5),
        { Status: "installing" } => turn.Use().Poll(turn.Polling.Default),
        { Status: "available" } => Updates.Raise(
            turn.Use().Write(new LogbookEntry.CancelUpdate()).Tell(new Note.UpdateCancelled()).Become(new VehiclePhase.Start()), data, around),
        var update => Finish(turn, update, data, around),
    };

    /// <summary>When the car said something about its software.</summary>
    public static DateTimeOffset Date(VehicleData data, DateTimeOffset now) => data.VehicleState?.Timestamp ?? now;

    static Turn Finish(Turn turn, SoftwareUpdate update, VehicleData data, Surroundings around)
    {
        if (update is not ({ Status: null or "" } or { Status: "downloading", InstallPerc: 100 }))
            turn.Tell(new Note.UpdateEndedOddly(update.Status));
        var version = data.VehicleState?.CarVersion;
        return Updates.Raise(
            turn.Use().Write(new LogbookEntry.FinishUpdate(Date(data, turn.Now), version)).Tell(new Note.UpdateFinished(version)).Become(new VehiclePhase.Start()),
            data,
            around);
    }
}
