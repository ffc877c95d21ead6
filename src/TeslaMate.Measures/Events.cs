namespace TeslaMate.Measures;

/// <summary>One thing that a car did (M16; spec charts 5.1).</summary>
/// <param name="EnergyKwh">Negative when used.</param>
/// <param name="RangeDifferenceKm">Negative when lost.</param>
public sealed record TimelineEntry(
    TimelineKind Kind, DateTimeOffset StartDate, DateTimeOffset? EndDate, bool IsOpen, bool IsCounted, double? DurationSeconds, double? DistanceKm,
    double? EnergyKwh, double? RangeDifferenceKm, double? EndRangeKm, int? LevelDifference, int? EndLevel, double? OdometerKm, string? StartPlace,
    string? EndPlace, double? OutsideTempC, string? Version, int? DriveId, int? ChargingProcessId, int? UpdateId, int? StartGeofenceId,
    int? EndGeofenceId, bool IsRangeReduced)
{
    internal static TimelineEntry Read(Row row) => new(
        row.TimelineKind(), row.Instant(), row.InstantOrNull(), row.Flag(), row.Flag(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.NumberOrNull(), row.WholeOrNull(), row.SmallOrNull(), row.NumberOrNull(), row.TextOrNull(), row.TextOrNull(),
        row.NumberOrNull(), row.TextOrNull(), row.WholeOrNull(), row.WholeOrNull(), row.WholeOrNull(), row.WholeOrNull(), row.WholeOrNull(),
        row.Flag());
}

/// <summary>A car in one state, without overlap (spec charts 5.1).</summary>
/// <param name="Code">As in dashboards: 1 driving, 2 charging, 3 offline, 4 asleep, 5 online, 6 updating.</param>
public sealed record StateSpan(
    CarState State, int Code, DateTimeOffset StartDate, DateTimeOffset EndDate, bool IsCurrent)
{
    internal static StateSpan Read(Row row) => new(
        row.CarState(), row.Whole(), row.Instant(), row.Instant(), row.Flag());
}

/// <summary>A car that stands (M12; spec charts 5.1), cut at the borders of window and periods.</summary>
/// <param name="Standby">The share of the time asleep or offline.</param>
/// <param name="IsFromLevel">The loss comes from the level, since cold reduced the range.</param>
/// <param name="IsMoved">Stood elsewhere at the end, without driving.</param>
/// <param name="ClimateShare">Of the samples, 0 to 1; null while the pause lasts.</param>
/// <param name="Place">Null where it is unknown.</param>
public sealed record Idle(
    DateOnly PeriodKey, DateTimeOffset StartDate, DateTimeOffset EndDate, DateTimeOffset WholeFrom, DateTimeOffset WholeTo, bool IsCurrent,
    double IdleSeconds, double? AsleepSeconds, double? Standby, double? RangeLossKm, double? LossKwh, bool IsFromLevel, double? PowerW,
    double? RangeLossKmh, int? StartLevel, int? EndLevel, int? LevelLoss, bool IsRangeReduced, bool IsMoved, double? ClimateShare,
    double? OutsideTempC, int? AfterDriveId, int? AfterProcessId, int? BeforeDriveId, int? BeforeProcessId, int? AddressId, int? GeofenceId,
    double? Latitude, double? Longitude, string? Place)
{
    internal static Idle Read(Row row) => new(
        row.Period(), row.Instant(), row.Instant(), row.Instant(), row.Instant(), row.Flag(), row.Number(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.NumberOrNull(), row.Flag(), row.NumberOrNull(), row.NumberOrNull(), row.SmallOrNull(), row.SmallOrNull(),
        row.WholeOrNull(), row.Flag(), row.Flag(), row.NumberOrNull(), row.NumberOrNull(), row.WholeOrNull(), row.WholeOrNull(), row.WholeOrNull(),
        row.WholeOrNull(), row.WholeOrNull(), row.WholeOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.TextOrNull());
}

/// <summary>When a version came (M17; spec charts 5.1).</summary>
/// <param name="Version">Null where none was told.</param>
public sealed record SoftwareDate(DateTimeOffset StartDate, string? Version)
{
    internal static SoftwareDate Read(Row row) => new(row.Instant(), row.TextOrNull());
}

/// <summary>An update and the time that its version was in use (M17; spec charts 5.1).</summary>
public sealed record SoftwareVersion(
    int UpdateId, string? Version, string? FullVersion, DateTimeOffset StartDate, DateTimeOffset? EndDate, bool IsInstalling,
    double? DurationSeconds, DateTimeOffset InUseFrom, DateTimeOffset InUseTo, double? SincePreviousSeconds, int? SincePreviousDays, long Drives,
    double DistanceKm, double? NetWhPerKm, long Charges, double? RangeAt100Km)
{
    internal static SoftwareVersion Read(Row row) => new(
        row.Whole(), row.TextOrNull(), row.TextOrNull(), row.Instant(), row.InstantOrNull(), row.Flag(), row.NumberOrNull(), row.Instant(),
        row.Instant(), row.NumberOrNull(), row.WholeOrNull(), row.Count(), row.Number(), row.NumberOrNull(), row.Count(), row.NumberOrNull());
}

public sealed partial class MeasureReader
{
    /// <summary>The newest first; parking and missing stretches are cut at the borders of the window.</summary>
    public IAsyncEnumerable<TimelineEntry> TimelineAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.timeline($1, $2, $3, $4)", TimelineEntry.Read, cancellationToken,
            Car(window), Since(window), Until(window), Now(window));

    /// <summary>In order of time; of time that nothing is known of there is no row.</summary>
    public IAsyncEnumerable<StateSpan> StateSpansAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.state_spans($1, $2, $3, $4)", StateSpan.Read, cancellationToken,
            Car(window), Since(window), Until(window), Now(window));

    /// <summary>In no order.</summary>
    public IAsyncEnumerable<Idle> IdlesAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.idles($1, $2, $3, $4, $5, $6)", Idle.Read, cancellationToken,
            Car(window), Since(window), Until(window), Now(window), Zone(window), PeriodOf(window));

    /// <summary>The updates of the window, the oldest first.</summary>
    public IAsyncEnumerable<SoftwareDate> SoftwareDatesAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.software_dates($1, $2, $3)", SoftwareDate.Read, cancellationToken, Car(window), Since(window), Until(window));

    /// <summary>Updates that start in the window, the newest first.</summary>
    public IAsyncEnumerable<SoftwareVersion> SoftwareVersionsAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.software_versions($1, $2, $3, $4, $5)", SoftwareVersion.Read, cancellationToken,
            Car(window), Since(window), Until(window), Now(window), Zone(window));
}
