using Microsoft.Extensions.Logging;
using TeslaMate.Logbook;
using TeslaMate.Vehicles.Life;

namespace TeslaMate.Vehicles.Loop;

/// <summary>The sentences in the journal about one car.</summary>
static partial class VehicleJournal
{
    public static void Write(ILogger logger, CarId carId, Note note)
    {
        var car = carId.Value;
        switch (note)
        {
            case Note.IsOnline: IsOnline(logger, car); break;
            case Note.FellAsleep: FellAsleep(logger, car); break;
            case Note.WentOffline: WentOffline(logger, car); break;
            case Note.DriveStarted: DriveStarted(logger, car); break;
            case Note.DriveContinued(var gap): DriveContinued(logger, car, gap.TotalSeconds); break;
            case Note.DriveClosedLate: DriveClosedLate(logger, car); break;
            case Note.DriveReconstructed(var distance, var unseen): DriveReconstructed(logger, car, distance, unseen.TotalMinutes); break;
            case Note.DrivesSegmented(var from, var until, var drives): DrivesSegmented(logger, car, from, until, drives); break;
            case Note.ChargingStarted: ChargingStarted(logger, car); break;
            case Note.ChargingContinued: ChargingContinued(logger, car); break;
            case Note.ChargingEnded: ChargingEnded(logger, car); break;
            case Note.ChargedWhileAway(var energy): ChargedWhileAway(logger, car, energy); break;
            case Note.UpdateStarted: UpdateStarted(logger, car); break;
            case Note.UpdateCancelled: UpdateCancelled(logger, car); break;
            case Note.UpdateFinished(var version): UpdateFinished(logger, car, version); break;
            case Note.SuspendedLogging: SuspendedLogging(logger, car); break;
            case Note.ResumedLogging: ResumedLogging(logger, car); break;
            case Note.ServiceModeEntered: ServiceModeEntered(logger, car); break;
            case Note.ServiceModeLeft: ServiceModeLeft(logger, car); break;
            case Note.InService: InService(logger, car); break;
            case Note.StillAwake(var reason): StillAwake(logger, car, reason); break;
            case Note.OutOfOrder(var by): OutOfOrder(logger, car, by.TotalSeconds); break;
            case Note.ClockAccepted: ClockAccepted(logger, car); break;
            case Note.Incomplete: Incomplete(logger, car); break;
            case Note.UnknownState(var state): UnknownState(logger, car, state); break;
            case Note.NoPlace: NoPlace(logger, car); break;
            case Note.NoVersion: NoVersion(logger, car); break;
            case Note.ConnectionLost(var during): ConnectionLost(logger, car, during); break;
            case Note.Lost: Lost(logger, car); break;
            case Note.RequestFailed(var kind, var message, var inARow): RequestFailed(logger, car, kind, message, inARow); break;
            case Note.NotSignedIn: NotSignedIn(logger, car); break;
            case Note.StaleSample: StaleSample(logger, car); break;
            case Note.StreamSaysOffline: StreamSaysOffline(logger, car); break;
            case Note.UpdateEndedOddly(var status): UpdateEndedOddly(logger, car, status); break;
            case Note.ServerClockTurnedBack(var by): ServerClockTurnedBack(logger, car, by.TotalSeconds); break;
            case Note.TelemetryLeads: TelemetryLeads(logger, car); break;
            case Note.TelemetryBroken: TelemetryBroken(logger, car); break;
            case Note.TelemetryUnsynced: TelemetryUnsynced(logger, car); break;
            case Note.TelemetryRefused(var error): TelemetryRefused(logger, car, error); break;
            default: throw new System.Diagnostics.UnreachableException($"no sentence for {note}");
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId}: a request broke off by an unexpected error")]
    public static partial void RequestBroke(ILogger logger, short carId, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} sends its data by itself from now on; it is not polled any more")]
    static partial void TelemetryLeads(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Car {CarId} is online for Tesla but sends nothing here, so it is polled; some cars need a reboot, or their configuration once "
            + "more")]
    static partial void TelemetryBroken(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Car {CarId} has not fetched its telemetry configuration for a day, or has none any more, so it is polled until it sends again; "
            + "see teslamate telemetry check, and configure it once more")]
    static partial void TelemetryUnsynced(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Car {CarId} cannot reach this program, so it is polled until it sends again; it reports: {Error}. See teslamate telemetry check")]
    static partial void TelemetryRefused(ILogger logger, short carId, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} is online")]
    static partial void IsOnline(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} is asleep")]
    static partial void FellAsleep(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} is offline")]
    static partial void WentOffline(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: a drive started")]
    static partial void DriveStarted(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: the drive goes on after {GapS:0} s without a reading")]
    static partial void DriveContinued(ILogger logger, short carId, double gapS);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: a drive that was left open is closed at its last position")]
    static partial void DriveClosedLate(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Car {CarId}: {DistanceKm:0.0} km were driven unseen, reconstructed from the odometer over about {UnseenMin:0} min")]
    static partial void DriveReconstructed(ILogger logger, short carId, double distanceKm, double unseenMin);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: charging started")]
    static partial void ChargingStarted(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: the charge that was left open goes on")]
    static partial void ChargingContinued(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: charging ended")]
    static partial void ChargingEnded(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} was charged while being offline: {EnergyKwh} kWh")]
    static partial void ChargedWhileAway(ILogger logger, short carId, double? energyKwh);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: a software update is being installed")]
    static partial void UpdateStarted(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: the software update was cancelled")]
    static partial void UpdateCancelled(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: software updated to {Version}")]
    static partial void UpdateFinished(ILogger logger, short carId, string? version);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} is left alone to fall asleep")]
    static partial void SuspendedLogging(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: logging resumed")]
    static partial void ResumedLogging(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} entered service mode")]
    static partial void ServiceModeEntered(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} left service mode")]
    static partial void ServiceModeLeft(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} is in service")]
    static partial void InService(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId} is idle but cannot be left alone: {Reason}")]
    static partial void StillAwake(ILogger logger, short carId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: an answer was discarded, its time is out of order by {ByS:0.###} s")]
    static partial void OutOfOrder(ILogger logger, short carId, double byS);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: the car's clock was set, its new time is used from now on")]
    static partial void ClockAccepted(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: an answer was incomplete and is not used")]
    static partial void Incomplete(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: Tesla says it is \"{State}\", which means nothing here")]
    static partial void UnknownState(ILogger logger, short carId, string state);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId} does not tell where it is; check the location permission of the Tesla account")]
    static partial void NoPlace(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId} does not tell its software version")]
    static partial void NoVersion(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: connection lost while {During}")]
    static partial void ConnectionLost(ILogger logger, short carId, string during);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId} has been out of reach for more than a minute of its drive")]
    static partial void Lost(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: a request failed ({Kind}, {ErrorsInARow} in a row): {Reason}")]
    static partial void RequestFailed(ILogger logger, short carId, string kind, string reason, int errorsInARow);

    [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId} is not logged until somebody signs in to Tesla again")]
    static partial void NotSignedIn(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: an outdated sample of the stream was ignored")]
    static partial void StaleSample(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: the stream says that the car is offline")]
    static partial void StreamSaysOffline(ILogger logger, short carId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId}: a software update ended with the unexpected status \"{Status}\"")]
    static partial void UpdateEndedOddly(ILogger logger, short carId, string status);

    [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} told a change of gear late: between {From} and {Until} it made {Drives} "
        + "drives")]
    static partial void DrivesSegmented(ILogger logger, short carId, DateTimeOffset from, DateTimeOffset until, int drives);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: the server's clock went back by {ByS:0} s")]
    static partial void ServerClockTurnedBack(ILogger logger, short carId, double byS);
}
