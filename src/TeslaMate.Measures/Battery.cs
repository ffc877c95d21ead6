using TeslaMate.Database;

namespace TeslaMate.Measures;

/// <summary>How the battery is (M11; spec charts 5.1). Null where no charge says it.</summary>
/// <param name="Samples">Charges that say something of the capacity; five are needed for a sound answer.</param>
/// <param name="IsNewGiven">The capacity when new is the owner's word.</param>
/// <param name="Health">In %, not cut at 100.</param>
/// <param name="ConstantKwhPerKm">Energy of a rated km, median of the newest five.</param>
public sealed record BatteryHealth(
    long Samples, double? CapacityNewKwh, double? CapacityNowKwh, bool IsNewGiven, double? Health, double? Degradation, double? RangeNewKm,
    double? RangeNowKm, long Charges, double EnergyAddedKwh, double EnergyUsedKwh, double? Efficiency, double? Cycles, double? KwhPerLevel,
    double? SecondCapacityKwh, double? ConstantKwhPerKm)
{
    internal static BatteryHealth Read(Row row) => new(
        row.Count(), row.NumberOrNull(), row.NumberOrNull(), row.Flag(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.Count(), row.Number(), row.Number(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull());
}

/// <summary>What one charge says of the capacity (M11; spec charts 5.1).</summary>
/// <param name="Number">From 1, over the whole log.</param>
/// <param name="IsStep">The energy of a rated km changed: wheels or firmware.</param>
public sealed record CapacitySample(
    int ChargingProcessId, DateTimeOffset EndDate, double? OdometerKm, double CapacityKwh, double RangeKm, double ConstantKwhPerKm, long Number,
    double? CapacityMedianKwh, double? RangeMedianKm, double? ConstantBefore, bool IsStep)
{
    internal static CapacitySample Read(Row row) => new(
        row.Whole(), row.Instant(), row.NumberOrNull(), row.Number(), row.Number(), row.Number(), row.Count(), row.NumberOrNull(),
        row.NumberOrNull(), row.NumberOrNull(), row.Flag());
}

/// <summary>The range at 100 % in one local period (M15; spec charts 5.1).</summary>
/// <param name="LowRangeAt100Km">From readings below 20 %, which say less.</param>
public sealed record ProjectedRange(
    DateOnly PeriodKey, double? RangeAt100Km, double? LowRangeAt100Km, double? Level, double? UsableLevel, double? OutsideTempC, double? OdometerKm,
    long Samples)
{
    internal static ProjectedRange Read(Row row) => new(
        row.Period(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.Count());
}

/// <summary>Means of the level over one step of time of 15 min or more.</summary>
public sealed record LevelPoint(
    DateTimeOffset Date, double? Level, double? UsableLevel, int? LevelMin, int? LevelMax, double? RangeKm, double? RangeAt100Km,
    double? OutsideTempC, double? OdometerKm)
{
    internal static LevelPoint Read(Row row) => new(
        row.Instant(), row.NumberOrNull(), row.NumberOrNull(), row.SmallOrNull(), row.SmallOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.NumberOrNull());
}

/// <summary>How long the battery was in one class of 10 % (P19; spec charts 6.3).</summary>
public sealed record LevelClass(
    int Class, double Seconds, double? Share)
{
    internal static LevelClass Read(Row row) => new(
        row.Whole(), row.Number(), row.NumberOrNull());
}

public sealed partial class MeasureReader
{
    /// <summary>At the end of the window.</summary>
    public Task<BatteryHealth> BatteryHealthAsync(MeasureWindow window, CancellationToken cancellationToken)
        => SingleAsync("select * from teslamate.battery_health($1, $2)", BatteryHealth.Read, cancellationToken, Car(window), Until(window));

    /// <summary>Charges that start in the window, in no order.</summary>
    public IAsyncEnumerable<CapacitySample> CapacitySamplesAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.capacity_samples($1, $2, $3)", CapacitySample.Read, cancellationToken,
            Car(window), Since(window), Until(window));

    /// <summary>Every period with readings, the oldest first.</summary>
    public IAsyncEnumerable<ProjectedRange> ProjectedRangeAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.projected_range($1, $2, $3, $4, $5)", ProjectedRange.Read, cancellationToken,
            Car(window), Since(window), Until(window), Zone(window), PeriodOf(window));

    /// <summary>At most so many points, in order of time; the window needs both ends.</summary>
    public IAsyncEnumerable<LevelPoint> LevelSeriesAsync(MeasureWindow window, int points, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.level_series($1, $2, $3, $4)", LevelPoint.Read, cancellationToken,
            Car(window), Since(window), Until(window), Value.Of(points));

    /// <summary>From the lowest class up; the window needs an end.</summary>
    public IAsyncEnumerable<LevelClass> LevelClassesAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.level_classes($1, $2, $3)", LevelClass.Read, cancellationToken,
            Car(window), Since(window), Until(window));
}
