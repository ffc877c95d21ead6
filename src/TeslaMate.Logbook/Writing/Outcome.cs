namespace TeslaMate.Logbook.Writing;

/// <summary>What a committed transaction did that somebody wants to know of: the log, the geocoder. Closed.</summary>
abstract record Outcome
{
    Outcome() { }

    public sealed record DriveStarted(CarId Car, DriveId Drive) : Outcome;

    public sealed record DriveClosed(CarId Car, DriveId Drive, DriveEnd Reason, double? DistanceKm, int DurationMin, bool LookUpAddresses) : Outcome
    {
        /// <summary>It was closed before, and is computed again.</summary>
        public bool IsAgain { get; init; }
    }

    /// <summary>A closed drive got a position, and is to be computed again.</summary>
    public sealed record DriveLate(CarId Car) : Outcome;

    public sealed record DriveDiscarded(CarId Car, DriveId Drive, DriveEnd Reason) : Outcome;

    public sealed record DrivePositionWithoutDrive(CarId Car) : Outcome;

    public sealed record ChargingStarted(CarId Car, ChargingProcessId Process, bool LookUpAddress) : Outcome;

    public sealed record ChargeInvalid(CarId Car, string Problems) : Outcome;

    /// <summary>No drive or charging process is open for a charge or an end, perhaps because its beginning was refused.</summary>
    public sealed record WithoutBeginning(CarId Car, LogbookEntry Entry) : Outcome;

    /// <param name="Phases">What the energy was computed with; null where the charger's power was.</param>
    /// <param name="ReportedPhases">The average of what the car said.</param>
    /// <param name="MeasuredPhases">What power, current and voltage amount to.</param>
    public sealed record ChargingCompleted(
        CarId Car, ChargingProcessId Process, decimal? AddedKwh, decimal? UsedKwh, int? DurationMin,
        double? Phases, int? ReportedPhases, int? MeasuredPhases, double? VoltageV) : Outcome;

    public sealed record EfficiencyDerived(CarId Car, double KwhPerKm, long Confirmations) : Outcome;

    public sealed record UpdateMissed(CarId Car, string Version, bool IsFirst) : Outcome;

    public sealed record PositionInvalid(CarId Car) : Outcome;
}
