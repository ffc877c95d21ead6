namespace TeslaMate.Vehicles.Life;

/// <summary>What the journal says about a car. Closed; no case carries a position.</summary>
abstract record Note
{
    Note()
    {
    }

    // At level information: what the car does.
    public sealed record IsOnline : Note;

    public sealed record FellAsleep : Note;

    public sealed record WentOffline : Note;

    public sealed record DriveStarted : Note;

    public sealed record DriveContinued(TimeSpan Gap) : Note;

    public sealed record DriveClosedLate : Note;

    public sealed record DriveReconstructed(double DistanceKm, TimeSpan Unseen) : Note;

    public sealed record ChargingStarted : Note;

    public sealed record ChargingContinued : Note;

    public sealed record ChargingEnded : Note;

    public sealed record ChargedWhileAway(double? EnergyKwh) : Note;

    public sealed record UpdateStarted : Note;

    public sealed record UpdateCancelled : Note;

    public sealed record UpdateFinished(string? Version) : Note;

    public sealed record SuspendedLogging : Note;

    public sealed record ResumedLogging : Note;

    public sealed record ServiceModeEntered : Note;

    public sealed record ServiceModeLeft : Note;

    public sealed record InService : Note;

    // We carried on with less.
    public sealed record StillAwake(string Reason) : Note;

    public sealed record OutOfOrder(TimeSpan By) : Note;

    public sealed record ClockAccepted : Note;

    public sealed record Incomplete : Note;

    public sealed record UnknownState(string State) : Note;

    public sealed record NoPlace : Note;

    public sealed record NoVersion : Note;

    public sealed record ConnectionLost(string During) : Note;

    public sealed record Lost : Note;

    public sealed record RequestFailed(string Kind, string Message, int InARow) : Note;

    public sealed record NotSignedIn : Note;

    public sealed record StaleSample : Note;

    public sealed record StreamSaysOffline : Note;

    public sealed record UpdateEndedOddly(string Status) : Note;

    public sealed record DrivesSegmented(DateTimeOffset From, DateTimeOffset Until, int Drives) : Note;

    public sealed record TelemetryLeads : Note;

    public sealed record TelemetryBroken : Note;

    public sealed record TelemetryUnsynced : Note;

    public sealed record TelemetryRefused(string Error) : Note;

    public sealed record ServerClockTurnedBack(TimeSpan By) : Note;

}
