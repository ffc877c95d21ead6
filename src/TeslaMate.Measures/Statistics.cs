using TeslaMate.Database;

namespace TeslaMate.Measures;

/// <summary>What a car did in one local period, also when that is nothing (M3, M4, M6 to M10, M13, M22; spec charts 5.1). Shares, coverages and
/// efficiencies run from 0 to 1; money is the owner's currency.</summary>
/// <param name="PeriodKey">The first local day; <see cref="DateOnly.MinValue"/> for <see cref="Period.Total"/>.</param>
/// <param name="Label">The period as <c>2026-05-01</c>, <c>2026-W18</c>, <c>2026-05</c>, <c>2026</c> or <c>total</c>.</param>
/// <param name="OpenDrives">Without an end, in no sum.</param>
/// <param name="UncountedDrives">With an end and without a distance, in no sum.</param>
/// <param name="NetCoverage">The share of the distance with both ranges.</param>
/// <param name="GrossCoverage">The share of the odometer's advance that the gross consumption covers.</param>
/// <param name="Overhead">What of the gross consumption was not for driving.</param>
/// <param name="PriceCoverage">The share of the energy used whose price is known.</param>
/// <param name="CostPer100Km">Gross consumption times the price of a kWh in the battery.</param>
public sealed record PeriodStatistics(
    DateOnly PeriodKey, string Label, DateTimeOffset PeriodFrom, DateTimeOffset PeriodTo, double PeriodSeconds, long Drives, long OpenDrives,
    long UncountedDrives, double DistanceKm, double DrivingSeconds, double? OutsideTempC, double? DrivingEfficiency, double? SpeedAvgKmh,
    int? SpeedMaxKmh, double? LongestKm, double? ClimbKwh, double? NetKwh, double? NetWhPerKm, double? NetCoverage, double? GrossKwh,
    double? GrossDistanceKm, double? GrossWhPerKm, double? GrossCoverage, double? Overhead, double OdometerKm, double GapKm, double? OdometerEndKm,
    long Charges, long OpenCharges, long UncountedCharges, long ChargesAc, long ChargesDc, double EnergyAddedKwh, double EnergyUsedKwh,
    double EnergyUsedAcKwh, double EnergyUsedDcKwh, double? EnergyPerChargeKwh, double ChargingSeconds, double? ChargeEfficiency, decimal? Cost,
    decimal? CostAc, decimal? CostDc, long PricedCharges, double? PricePerKwh, double? PricePerAddedKwh, double? PriceCoverage, double? CostPer100Km)
{
    internal static PeriodStatistics Read(Row row) => new(
        row.Period(), row.Text(), row.Instant(), row.Instant(), row.Number(), row.Count(), row.Count(), row.Count(), row.Number(), row.Number(),
        row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.SmallOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.Number(), row.Number(), row.NumberOrNull(), row.Count(), row.Count(), row.Count(), row.Count(), row.Count(), row.Number(), row.Number(),
        row.Number(), row.Number(), row.NumberOrNull(), row.Number(), row.NumberOrNull(), row.ExactOrNull(), row.ExactOrNull(), row.ExactOrNull(),
        row.Count(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull());
}

/// <summary>The drives of one local period (M3, M9, M18, M22; spec charts 5.1), with their median.</summary>
public sealed record DrivePeriod(
    DateOnly PeriodKey, long Drives, long OpenDrives, long UncountedDrives, double DistanceKm, double DrivingSeconds, double? OutsideTempC,
    double? RangeLostKm, double? DrivingEfficiency, double? NetKwh, double? NetDistanceKm, double? NetWhPerKm, double? NetCoverage,
    double? ClimbKwh, double? SpeedAvgKmh, int? SpeedMaxKmh, double? LongestKm, double? MedianKm)
{
    internal static DrivePeriod Read(Row row) => new(
        row.Period(), row.Count(), row.Count(), row.Count(), row.Number(), row.Number(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.SmallOrNull(),
        row.NumberOrNull(), row.NumberOrNull());
}

/// <summary>What braking gave back in one local period (M19, M22; spec charts 5.1).</summary>
/// <param name="RecoveredCoverage">The share of the driving time that the energy covers.</param>
public sealed record RecoveryPeriod(
    DateOnly PeriodKey, double RecoveredKwh, double? RecoveredCoverage, double MovingSeconds, double? MovingSpeedAvgKmh)
{
    internal static RecoveryPeriod Read(Row row) => new(
        row.Period(), row.Number(), row.NumberOrNull(), row.Number(), row.NumberOrNull());
}

/// <summary>What the parked car lost in one local period (M12, P8; spec charts 5.1).</summary>
/// <param name="IdleCoverage">The share of the time whose loss is known.</param>
/// <param name="AsleepW">Over idles asleep for at least 80 %.</param>
/// <param name="AwakeW">Over idles asleep for less than 20 %.</param>
public sealed record IdlePeriod(
    DateOnly PeriodKey, long Idles, double IdleSeconds, double AsleepSeconds, double? IdleKwh, double? IdleRangeKm, double? IdleW,
    double? IdleCoverage, double? AsleepW, double? AwakeW, double? ClimateKwh, double? ClimateSeconds)
{
    internal static IdlePeriod Read(Row row) => new(
        row.Period(), row.Count(), row.Number(), row.Number(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull());
}

/// <summary>A drive with both odometers: what was logged, what the odometer went on since the drive before, and the gap between them (M13; spec
/// charts 5.1).</summary>
public sealed record MileageStep(
    int DriveId, DateTimeOffset StartDate, DateTimeOffset EndDate, double LoggedKm, double OdometerKm, double GapKm, double StartKm, double EndKm)
{
    internal static MileageStep Read(Row row) => new(
        row.Whole(), row.Instant(), row.Instant(), row.Number(), row.Number(), row.Number(), row.Number(), row.Number());
}

/// <summary>Km per month and year at the pace of a window (M21; spec charts 5.1); null under 14 days.</summary>
public sealed record Extrapolation(
    double? OdometerKm, double? Days, double? PerMonthKm, double? PerYearKm, bool IsTooShort)
{
    internal static Extrapolation Read(Row row) => new(
        row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.Flag());
}

/// <summary>How a car stands to its allowance (P21; spec charts 6.3).</summary>
/// <param name="AheadKm">What is driven beyond the allowance so far; negative when there is some left.</param>
public sealed record MileageBudget(
    DateOnly BudgetFrom, double KmPerYear, double DrivenKm, double AllowedKm, double AheadKm, double Days, double PerYearKm)
{
    internal static MileageBudget Read(Row row) => new(
        row.Day(), row.Number(), row.Number(), row.Number(), row.Number(), row.Number(), row.Number());
}

/// <summary>The odometer that a budget allows at one moment (P21; spec charts 6.3).</summary>
public sealed record AllowedOdometer(DateTimeOffset Moment, double OdometerKm)
{
    internal static AllowedOdometer Read(Row row) => new(row.Instant(), row.Number());
}

/// <summary>One record of a window with the moment, drive or charge that holds it (P13; spec charts 6.3).</summary>
/// <param name="Record"><c>longest_drive_km</c> and so on, as <c>teslamate.records</c> names them; the unit is its ending.</param>
public sealed record RecordHolder(
    string Record, double Value, DateTimeOffset Date, int? DriveId, int? ChargingProcessId)
{
    internal static RecordHolder Read(Row row) => new(
        row.Text(), row.Number(), row.Instant(), row.WholeOrNull(), row.WholeOrNull());
}

/// <summary>Drives and charges that begin in one hour of one weekday (P13; spec charts 6.3).</summary>
/// <param name="Weekday">1 Monday to 7 Sunday.</param>
public sealed record HabitHour(
    int Weekday, int Hour, long Drives, double DistanceKm, long Charges, double EnergyUsedKwh)
{
    internal static HabitHour Read(Row row) => new(
        row.Whole(), row.Whole(), row.Count(), row.Number(), row.Count(), row.Number());
}

public sealed partial class MeasureReader
{
    /// <summary>Every period that the window touches, the oldest first; without a beginning from the first event on.</summary>
    public IAsyncEnumerable<PeriodStatistics> StatisticsAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.statistics($1, $2, $3, $4, $5, $6)", PeriodStatistics.Read, cancellationToken,
            Car(window), Since(window), Until(window), Zone(window), PeriodOf(window), Now(window));

    /// <summary>The window as a whole, and its periods as <see cref="StatisticsAsync"/> has them: far less work than to ask for both.</summary>
    /// <returns>Null for the whole where there is nothing at all.</returns>
    public Task<(PeriodStatistics? Total, IReadOnlyList<PeriodStatistics> Periods)> StatisticsWithTotalAsync(
        MeasureWindow window, CancellationToken cancellationToken)
        => WithTotalAsync(window, StreamAsync(
            "select * from teslamate.statistics($1, $2, $3, $4, $5, $6, true)", PeriodStatistics.Read, cancellationToken,
            Car(window), Since(window), Until(window), Zone(window), PeriodOf(window), Now(window)), cancellationToken);

    /// <summary>Every period with drives.</summary>
    public IAsyncEnumerable<DrivePeriod> DriveStatisticsAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.drive_statistics($1, $2, $3, $4, $5)", DrivePeriod.Read, cancellationToken,
            Car(window), Since(window), Until(window), Zone(window), PeriodOf(window));

    /// <summary>Every period with drives.</summary>
    public IAsyncEnumerable<RecoveryPeriod> RecoveryAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.recovery_statistics($1, $2, $3, $4, $5)", RecoveryPeriod.Read, cancellationToken,
            Car(window), Since(window), Until(window), Zone(window), PeriodOf(window));

    /// <summary>The window as a whole, null without idle time, and every period with idle time.</summary>
    public Task<(IdlePeriod? Total, IReadOnlyList<IdlePeriod> Periods)> IdleStatisticsWithTotalAsync(
        MeasureWindow window, CancellationToken cancellationToken)
        => WithTotalAsync(window, StreamAsync(
            "select * from teslamate.idle_statistics($1, $2, $3, $4, $5, $6, true)", IdlePeriod.Read, cancellationToken,
            Car(window), Since(window), Until(window), Now(window), Zone(window), PeriodOf(window)), cancellationToken);

    /// <summary>The drives that start in the window.</summary>
    public IAsyncEnumerable<MileageStep> MileageAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.mileage($1, $2, $3)", MileageStep.Read, cancellationToken,
            Car(window), Since(window), Until(window));

    /// <summary>The pace of the window, which needs an end.</summary>
    public Task<Extrapolation> ExtrapolationAsync(MeasureWindow window, CancellationToken cancellationToken)
        => SingleAsync(
            "select * from teslamate.extrapolation($1, $2, $3)", Extrapolation.Read, cancellationToken,
            Car(window), Since(window), Until(window));

    /// <summary>Null without a budget.</summary>
    public Task<MileageBudget?> MileageBudgetAsync(MeasureWindow window, CancellationToken cancellationToken)
        => FirstOrNullAsync(
            "select * from teslamate.mileage_budget($1, $2, $3)", MileageBudget.Read, cancellationToken,
            Car(window), Zone(window), Now(window));

    /// <summary>The line of the budget at those of the moments that it has begun at, in order of time; none without a budget.</summary>
    public IAsyncEnumerable<AllowedOdometer> AllowedOdometerAsync(
        MeasureWindow window, IReadOnlyCollection<DateTimeOffset> moments, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.allowed_odometer($1, $2, $3)", AllowedOdometer.Read, cancellationToken,
            Car(window), Value.Array(moments), Zone(window));

    /// <summary>Those that anything counts for.</summary>
    public IAsyncEnumerable<RecordHolder> RecordsAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.records($1, $2, $3, $4)", RecordHolder.Read, cancellationToken,
            Car(window), Since(window), Until(window), Zone(window));

    /// <summary>The hours with any.</summary>
    public IAsyncEnumerable<HabitHour> HabitsAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.habits($1, $2, $3, $4)", HabitHour.Read, cancellationToken,
            Car(window), Since(window), Until(window), Zone(window));

    // The first row is the total; a window that is one period has it alone.
    static async Task<(TRow? Total, IReadOnlyList<TRow> Periods)> WithTotalAsync<TRow>(
        MeasureWindow window, IAsyncEnumerable<TRow> found, CancellationToken cancellationToken)
        where TRow : class
    {
        var rows = await found.ToListAsync(cancellationToken);
        return (rows.FirstOrDefault(), window.Period == Period.Total ? rows : rows[Math.Min(1, rows.Count)..]);
    }
}
