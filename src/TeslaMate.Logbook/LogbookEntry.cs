using System.Text.Json.Serialization;

namespace TeslaMate.Logbook;

/// <summary>The three states of a car that have rows; everything finer is online here (spec logbook 4).</summary>
public enum CarActivity
{
    Online,
    Offline,
    Asleep,
}

/// <summary>
/// Something to write down about one car. Closed: a case is added here, to its serialization below, and to the statement it becomes. Entries speak of
/// the car's open drive, charging process and update instead of row numbers, so that they can wait on disk while the database is away.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "entry")]
[JsonDerivedType(typeof(StartState), "state")]
[JsonDerivedType(typeof(InsertPosition), "position")]
[JsonDerivedType(typeof(StartDrive), "start-drive")]
[JsonDerivedType(typeof(InsertDrivePosition), "drive-position")]
[JsonDerivedType(typeof(CloseDrive), "close-drive")]
[JsonDerivedType(typeof(StartCharging), "start-charging")]
[JsonDerivedType(typeof(InsertCharge), "charge")]
[JsonDerivedType(typeof(CompleteCharging), "complete-charging")]
[JsonDerivedType(typeof(StartUpdate), "start-update")]
[JsonDerivedType(typeof(CancelUpdate), "cancel-update")]
[JsonDerivedType(typeof(FinishUpdate), "finish-update")]
[JsonDerivedType(typeof(NoteVersion), "note-version")]
[JsonDerivedType(typeof(UpdateCar), "update-car")]
[JsonDerivedType(typeof(InsertLatePositions), "late-positions")]
[JsonDerivedType(typeof(SegmentDrives), "segment-drives")]
[JsonDerivedType(typeof(ApplyTelemetry), "apply-telemetry")]
public abstract record LogbookEntry
{
    LogbookEntry() { }

    /// <summary>
    /// The car is in <paramref name="Activity"/> since <paramref name="Since"/>. Nothing is written when the open state says so already; otherwise
    /// that one ends at the same moment (at its own start, when <paramref name="Since"/> is earlier).
    /// </summary>
    public sealed record StartState(CarActivity Activity, DateTimeOffset Since) : LogbookEntry;

    /// <summary>A position outside of drives.</summary>
    public sealed record InsertPosition(PositionReading Position) : LogbookEntry;

    /// <summary>Opens a drive with its first position. A drive that is still open is closed first.</summary>
    /// <param name="At">The provisional start; the close replaces it by the first position's date.</param>
    /// <param name="Unseen">
    /// Set when nobody saw the beginning, so that <paramref name="Position"/> is an estimate. Where the log has a position of that time by now (an
    /// import), the drive begins there instead, or at its next position if no <see cref="UnseenTime.LeastKm"/> are left.
    /// </param>
    public sealed record StartDrive(DateTimeOffset At, PositionReading Position, UnseenTime? Unseen = null) : LogbookEntry;

    /// <summary>A position of the open drive; without one it is stored as a position outside of drives.</summary>
    public sealed record InsertDrivePosition(PositionReading Position) : LogbookEntry;

    /// <summary>Ends the open drive at its last position, or discards it when it is too short; without an open drive nothing happens.</summary>
    /// <param name="Reason">How the log names the end.</param>
    /// <param name="LookUpAddresses">Whether both ends are geocoded now (after the commit); the repair job does it later otherwise.</param>
    public sealed record CloseDrive(DriveEnd Reason = DriveEnd.Ended, bool LookUpAddresses = true) : LogbookEntry;

    /// <summary>Opens a charging process at a position, which is stored with it. A process that is still open is completed first.</summary>
    /// <param name="At">The provisional start; the completion replaces it by the first charge's date.</param>
    public sealed record StartCharging(DateTimeOffset At, PositionReading Position, bool LookUpAddress = true) : LogbookEntry;

    /// <summary>A charge of the open charging process; dropped with a warning without one, or when the reading lacks a required value.</summary>
    public sealed record InsertCharge(ChargeReading Charge) : LogbookEntry;

    /// <summary>Completes the open charging process from its charges, then derives the car's efficiency again.</summary>
    /// <param name="At">The end of a process that has no charges.</param>
    /// <param name="UsedKwh">What the charger itself counted; null leaves it to the charges.</param>
    public sealed record CompleteCharging(DateTimeOffset At, double? UsedKwh = null) : LogbookEntry;

    /// <summary>Opens a software update; one that is still open is kept instead.</summary>
    public sealed record StartUpdate(DateTimeOffset At) : LogbookEntry;

    /// <summary>Deletes the open software update.</summary>
    public sealed record CancelUpdate : LogbookEntry;

    /// <summary>Ends the open software update.</summary>
    /// <param name="Version">The whole text, such as <c>2019.8.5 3aaa23d</c>.</param>
    public sealed record FinishUpdate(DateTimeOffset At, string? Version) : LogbookEntry;

    /// <summary>
    /// The car reports this version; if it is newer than the latest update (or the first one seen) an update is recorded that starts and ends at
    /// <paramref name="At"/>. An unfinished update hides nothing here: it is finished or deleted first by whoever resumes (spec, decisions).
    /// </summary>
    public sealed record NoteVersion(DateTimeOffset At, string Version) : LogbookEntry;

    /// <summary>What the vehicle configuration says about the car; written whole, null included.</summary>
    public sealed record UpdateCar(Cars.CarDescription Description) : LogbookEntry;

    /// <summary>
    /// Positions that a car sent late: each belongs to the drive that was under way then, which is computed again within ten seconds if it is closed
    /// already; one outside of drives, or of a moment that has a position, is left out.
    /// </summary>
    public sealed record InsertLatePositions(IReadOnlyList<PositionReading> Positions) : LogbookEntry
    {
        /// <inheritdoc/>
        public bool Equals(InsertLatePositions? other) => other is not null && Positions.SequenceEqual(other.Positions);

        /// <inheritdoc/>
        public override int GetHashCode() => Positions.Count;
    }

    /// <summary>
    /// A change of gear became known long after it happened: the closed drives that lie wholly in a time are made anew from the positions of that
    /// time (spec fleet-telemetry 4.8).
    /// </summary>
    /// <param name="From">The last change of gear before it.</param>
    /// <param name="Until">The next one after it.</param>
    /// <param name="Drives">The drives of that time, in order.</param>
    /// <param name="Positions">What the car said then; moments that have a position already keep theirs.</param>
    /// <param name="OpenSince">When the open drive began, if it is another time than was thought; null where no drive is open in that time.</param>
    public sealed record SegmentDrives(DateTimeOffset From, DateTimeOffset Until, IReadOnlyList<DriveSpan> Drives,
        IReadOnlyList<PositionReading> Positions, DateTimeOffset? OpenSince = null)
        : LogbookEntry
    {
        /// <inheritdoc/>
        public bool Equals(SegmentDrives? other) =>
            other is not null && From == other.From && Until == other.Until && Drives.SequenceEqual(other.Drives)
                && Positions.SequenceEqual(other.Positions) && OpenSince == other.OpenSince;

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(From, Until, Drives.Count, Positions.Count, OpenSince);
    }

    /// <summary>These records of the telemetry inbox have had their effect.</summary>
    public sealed record ApplyTelemetry(IReadOnlyList<long> Records) : LogbookEntry
    {
        /// <inheritdoc/>
        public bool Equals(ApplyTelemetry? other) => other is not null && Records.SequenceEqual(other.Records);

        /// <inheritdoc/>
        public override int GetHashCode() => Records.Count;
    }
}

/// <summary>A time in which nobody of ours looked at a car, which moved.</summary>
/// <param name="Since">The reading before it.</param>
/// <param name="Until">The reading after it.</param>
/// <param name="UntilKm">What the odometer showed then.</param>
public sealed record UnseenTime(DateTimeOffset Since, DateTimeOffset Until, double UntilKm)
{
    /// <summary>Less than this (km) is within what a normal drive moves before the first reading.</summary>
    public const double LeastKm = 0.5;
}

/// <summary>When a car was in gear, both ends included.</summary>
public readonly record struct DriveSpan(DateTimeOffset Start, DateTimeOffset End);

/// <summary>Why a drive was closed; only the log tells them apart.</summary>
public enum DriveEnd
{
    /// <summary>The car was parked.</summary>
    Ended,

    /// <summary>The car was offline for 15 minutes.</summary>
    Timeout,

    /// <summary>The car fell asleep, went to service, or the logger was away.</summary>
    Aborted,
}
