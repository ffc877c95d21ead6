using System.Globalization;
using TeslaMate.Logbook.Addresses;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.News;
using TeslaMate.Logbook.Statistics;

namespace TeslaMate.Logbook.Writing;

/// <summary>
/// What follows a commit: a line in the journal, a question to the geocoder, a word to those who listen. Nothing here can fail a write.
/// </summary>
sealed partial class PostCommitEffects(
    AddressQueue addresses, StatisticsUpkeep statistics, LateDriveSignal lateDrives, CommittedNews news, ILogger<PostCommitEffects> logger)
{
    public void Handle(Outcome outcome)
    {
        news.Handle(outcome);
        switch (outcome)
        {
            case Outcome.DriveStarted:
                break;
            case Outcome.DriveClosed closed:
                var kilometres = Kilometres(closed.DistanceKm);
                Log.DriveClosed(logger, closed.Car.Value, closed.Reason, kilometres, closed.DurationMin, closed.Drive.Value);
                statistics.Closed();
                if (closed.LookUpAddresses)
                    addresses.Add(closed.Drive);
                break;
            case Outcome.DriveLate:
                lateDrives.Set();
                break;
            case Outcome.DriveDiscarded discarded:
                Log.DriveDiscarded(logger, discarded.Car.Value, discarded.Reason, discarded.Drive.Value);
                break;
            case Outcome.ChargingStarted started:
                Log.ChargingStarted(logger, started.Car.Value, started.Process.Value);
                if (started.LookUpAddress)
                    addresses.Add(started.Process);
                break;
            case Outcome.ChargingCompleted completed:
                LogPhases(completed);
                Log.ChargingCompleted(logger, completed.Car.Value, completed.AddedKwh, completed.DurationMin, completed.Process.Value);
                statistics.Closed();
                break;
            case Outcome.EfficiencyDerived(var car, var kwhPerKm, var confirmations):
                var whPerKm = Math.Round(kwhPerKm * 1000, 2);
                Log.EfficiencyDerived(logger, car.Value, whPerKm, confirmations);
                break;
            case Outcome.UpdateMissed(var car, var version, IsFirst: false):
                Log.UpdateMissed(logger, car.Value, version);
                break;
            case Outcome.UpdateMissed:
                break;
            case Outcome.ChargeInvalid(var car, var problems):
                Log.ChargeInvalid(logger, car.Value, problems);
                break;
            case Outcome.WithoutBeginning(var car, LogbookEntry.InsertCharge):
                Log.ChargeInvalid(logger, car.Value, "no charging process is open");
                break;
            case Outcome.DrivePositionWithoutDrive(var car):
                Log.PositionWithoutDrive(logger, car.Value);
                break;
            case Outcome.PositionInvalid(var car):
                Log.PositionInvalid(logger, car.Value);
                break;
        }
    }

    static string Kilometres(double? distance)
        => distance is { } known ? Math.Round(known, MidpointRounding.AwayFromZero).ToString("0", CultureInfo.InvariantCulture) : "";

    void LogPhases(Outcome.ChargingCompleted completed)
    {
        if (completed is not { Phases: { } phases, ReportedPhases: { } reported, VoltageV: { } voltage } || phases == reported)
            return;
        var (volts, corrected) = (Math.Round(voltage), Math.Round(voltage / Math.Sqrt(3)));
        if (phases == Math.Sqrt(3))
            Log.VoltageCorrected(logger, completed.Car.Value, volts, corrected);
        else
            Log.PhasesCorrected(logger, completed.Car.Value, reported, phases);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: Driving / {End} / {DistanceKm} km – {DurationMin} min (drive "
            + "{DriveId})")]
        public static partial void DriveClosed(ILogger logger, short carId, DriveEnd end, string distanceKm, int durationMin, int driveId);

        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: Driving / {End} / 0 km – 0 min (drive {DriveId} was too short to keep)")]
        public static partial void DriveDiscarded(ILogger logger, short carId, DriveEnd end, int driveId);

        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: Charging / Started (charging process {ChargingProcessId})")]
        public static partial void ChargingStarted(ILogger logger, short carId, int chargingProcessId);

        [LoggerMessage(Level = LogLevel.Information,
            Message = "Car {CarId}: Charging / Ended / {EnergyAddedKwh} kWh – {DurationMin} min (charging process {ChargingProcessId})")]
        public static partial void ChargingCompleted(ILogger logger, short carId, decimal? energyAddedKwh, int? durationMin, int chargingProcessId);

        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: Voltage correction: {VoltageV}V -> {CorrectedV}V")]
        public static partial void VoltageCorrected(ILogger logger, short carId, double voltageV, double correctedV);

        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: Phase correction: {ReportedPhases} -> {Phases}")]
        public static partial void PhasesCorrected(ILogger logger, short carId, int reportedPhases, double phases);

        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: Derived efficiency factor: {WhPerKm} Wh/km ({Confirmations}x "
            + "confirmed)")]
        public static partial void EfficiencyDerived(ILogger logger, short carId, double whPerKm, long confirmations);

        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: Logged missing software update: {Version}")]
        public static partial void UpdateMissed(ILogger logger, short carId, string version);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: Invalid charge data: {Problems}")]
        public static partial void ChargeInvalid(ILogger logger, short carId, string problems);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: a position of a drive is stored without one, because no drive is open")]
        public static partial void PositionWithoutDrive(ILogger logger, short carId);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: a position that is no place on Earth is left out")]
        public static partial void PositionInvalid(ILogger logger, short carId);
    }
}
