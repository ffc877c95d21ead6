using TeslaMate.Database;

namespace TeslaMate.Measures;

/// <summary>A charging process, counted or not (M4, M6, M7; spec charts 5.1).</summary>
/// <param name="IsCounted">Has an end and more than 0.01 kWh: sums take only these.</param>
/// <param name="EnergyUsedKwh">The greater of used and added.</param>
/// <param name="Efficiency">Added / used, only where used is known.</param>
/// <param name="Cost">Null is unpriced, 0 is free.</param>
/// <param name="RangeRateKmh">Km of range per hour.</param>
public sealed record ListedCharge(
    int ChargingProcessId, int CarId, DateTimeOffset StartDate, DateTimeOffset? EndDate, bool IsOpen, bool IsCounted, double? DurationSeconds,
    int? DurationMin, double? EnergyAddedKwh, double? EnergyUsedKwh, bool HasUsed, bool IsUsedBelowAdded, double? Efficiency, decimal? Cost,
    double? PricePerKwh, ChargeKind? Kind, bool IsSupercharger, double? PowerAvgKw, int? PowerMaxKw, double? StartRangeKm, double? EndRangeKm,
    double? RangeGainedKm, double? RangeRateKmh, int? StartLevel, int? EndLevel, double? OutsideTempC, double? OdometerKm, double Latitude,
    double Longitude, string? Place, int? AddressId, int? GeofenceId)
{
    internal static ListedCharge Read(Row row) => new(
        row.Whole(), row.Small(), row.Instant(), row.InstantOrNull(), row.Flag(), row.Flag(), row.NumberOrNull(), row.SmallOrNull(),
        row.NumberOrNull(), row.NumberOrNull(), row.Flag(), row.Flag(), row.NumberOrNull(), row.ExactOrNull(), row.NumberOrNull(),
        row.ChargeKindOrNull(), row.Flag(), row.NumberOrNull(), row.SmallOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.SmallOrNull(), row.SmallOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.Number(), row.Number(),
        row.TextOrNull(), row.WholeOrNull(), row.WholeOrNull());
}

/// <summary>The charges of one local period (M4, M6, M7, M8; spec charts 5.1).</summary>
/// <param name="PriceCoverage">The share of the energy used whose price is known.</param>
/// <param name="PriceAcCoverage">The same of AC; null without any energy.</param>
/// <param name="PriceDcCoverage">The same of DC; null without any energy.</param>
public sealed record ChargePeriod(
    DateOnly PeriodKey, long Charges, long OpenCharges, long UncountedCharges, double EnergyAddedKwh, double EnergyUsedKwh, double EnergyUsedAcKwh,
    double EnergyUsedDcKwh, double EnergyAddedAcKwh, double EnergyAddedDcKwh, long ChargesAc, long ChargesDc, double ChargingSeconds,
    double ChargingAcSeconds, double ChargingDcSeconds, double? Efficiency, double? EfficiencyAc, double? EfficiencyDc, decimal? Cost,
    decimal? CostAc, decimal? CostDc, decimal? CostSupercharger, long PricedCharges, double? PricePerKwh, double? PricePerAddedKwh,
    double? PriceAcPerKwh, double? PriceDcPerKwh, double? PriceCoverage, double? EnergyPerChargeKwh, double? PriceAcCoverage,
    double? PriceDcCoverage)
{
    internal static ChargePeriod Read(Row row) => new(
        row.Period(), row.Count(), row.Count(), row.Count(), row.Number(), row.Number(), row.Number(), row.Number(), row.Number(), row.Number(),
        row.Count(), row.Count(), row.Number(), row.Number(), row.Number(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.ExactOrNull(), row.ExactOrNull(), row.ExactOrNull(), row.ExactOrNull(), row.Count(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull());
}

/// <summary>Charging processes without a drive between them (M5; spec charts 5.1).</summary>
public sealed record ChargingStop(
    int FirstProcessId, DateTimeOffset StartDate, DateTimeOffset? EndDate, bool IsOpen, IReadOnlyList<int> Processes, long Charges,
    double? PluggedSeconds, double ChargingSeconds, double EnergyAddedKwh, double EnergyUsedKwh, double? Efficiency, decimal? Cost,
    long PricedCharges, double? PricePerKwh, double? PriceCoverage, ChargeKind? Kind, int? StartLevel, int? EndLevel, double? StartRangeKm,
    double? EndRangeKm, int? PowerMaxKw, double? OutsideTempC, double? OdometerKm, double Latitude, double Longitude, string? Place, int? AddressId,
    int? GeofenceId)
{
    internal static ChargingStop Read(Row row) => new(
        row.Whole(), row.Instant(), row.InstantOrNull(), row.Flag(), row.Wholes(), row.Count(), row.NumberOrNull(), row.Number(), row.Number(),
        row.Number(), row.NumberOrNull(), row.ExactOrNull(), row.Count(), row.NumberOrNull(), row.NumberOrNull(), row.ChargeKindOrNull(),
        row.SmallOrNull(), row.SmallOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.SmallOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.Number(), row.Number(), row.TextOrNull(), row.WholeOrNull(), row.WholeOrNull());
}

/// <summary>What was charged at one place (M4, M8; spec charts 5.1).</summary>
public sealed record ChargingPlace(
    string? Place, long Charges, double EnergyAddedKwh, double EnergyUsedKwh, double? EnergyShare, decimal? Cost, long PricedCharges,
    double? PricePerKwh, double? PriceCoverage, double ChargingSeconds, long ChargesDc, double Latitude, double Longitude, int? GeofenceId,
    int? AddressId, DateTimeOffset LastCharge)
{
    internal static ChargingPlace Read(Row row) => new(
        row.TextOrNull(), row.Count(), row.Number(), row.Number(), row.NumberOrNull(), row.ExactOrNull(), row.Count(), row.NumberOrNull(),
        row.NumberOrNull(), row.Number(), row.Count(), row.Number(), row.Number(), row.WholeOrNull(), row.WholeOrNull(), row.Instant());
}

/// <summary>How often a charge began or ended at one level.</summary>
public sealed record LevelCount(
    int Level, long Charges)
{
    internal static LevelCount Read(Row row) => new(
        row.Whole(), row.Count());
}

/// <summary>A DC charge with its curves (M14; spec charts 5.1).</summary>
/// <param name="SpanSeconds">Seconds between the two levels; null unless it met both.</param>
public sealed record DcSession(
    int ChargingProcessId, DateTimeOffset StartDate, DateTimeOffset? EndDate, string? Place, bool IsSupercharger, double? OutsideTempC,
    int? StartLevel, int? EndLevel, double EnergyAddedKwh, double? Efficiency, double? PowerAvgKw, int? PowerMaxKw, double? SpanSeconds,
    IReadOnlyList<short> CurveLevels, IReadOnlyList<double> CurveKw, IReadOnlyList<short> CurveMinutes, IReadOnlyList<double> CurveMinuteKw)
{
    internal static DcSession Read(Row row) => new(
        row.Whole(), row.Instant(), row.InstantOrNull(), row.TextOrNull(), row.Flag(), row.NumberOrNull(), row.SmallOrNull(), row.SmallOrNull(),
        row.Number(), row.NumberOrNull(), row.NumberOrNull(), row.SmallOrNull(), row.NumberOrNull(), row.Smalls(), row.Numbers(), row.Smalls(),
        row.Numbers());
}

/// <summary>Power over all DC charges at one level or minute (M14; spec charts 5.1).</summary>
/// <param name="X">% or minutes.</param>
/// <param name="LowKw">The 10 % percentile.</param>
/// <param name="HighKw">The 90 % percentile.</param>
public sealed record CurvePoint(
    int X, long Sessions, double MedianKw, double LowKw, double HighKw)
{
    internal static CurvePoint Read(Row row) => new(
        row.Whole(), row.Count(), row.Number(), row.Number(), row.Number());
}

/// <summary>Means of readings while charging over one step of time.</summary>
public sealed record ChargingPoint(
    DateTimeOffset Date, double? PowerKw, double? CurrentA, double? VoltageV, double? EnergyAddedKwh, bool IsHeaterOn, double? Level)
{
    internal static ChargingPoint Read(Row row) => new(
        row.Instant(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.Flag(), row.NumberOrNull());
}

public sealed partial class MeasureReader
{
    /// <summary>The charging processes that start in the window, in no order.</summary>
    public IAsyncEnumerable<ListedCharge> ChargesAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.charge_list($1, $2, $3)", ListedCharge.Read, cancellationToken,
            Car(window), Since(window), Until(window));

    /// <summary>Every period with charging processes; of these geofences (0: none) and at least so many minutes where it is said.</summary>
    public IAsyncEnumerable<ChargePeriod> ChargeStatisticsAsync(
        MeasureWindow window, IReadOnlyCollection<int>? geofences, int? minMinutes, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.charge_statistics($1, $2, $3, $4, $5, $6, $7)", ChargePeriod.Read, cancellationToken,
            Car(window), Since(window), Until(window), Zone(window), PeriodOf(window), Value.Array(geofences?.ToArray()), Value.Of(minMinutes));

    /// <summary>The newest first; open and empty processes too unless <paramref name="countedOnly"/>.</summary>
    public IAsyncEnumerable<ChargingStop> ChargingStopsAsync(MeasureWindow window, bool countedOnly, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.charge_stops($1, $2, $3, $4)", ChargingStop.Read, cancellationToken,
            Car(window), Since(window), Until(window), Value.Of(countedOnly));

    /// <summary>The place with the most energy first; one row for all unknown places.</summary>
    public IAsyncEnumerable<ChargingPlace> ChargingPlacesAsync(
        MeasureWindow window, IReadOnlyCollection<int>? geofences, int? minMinutes, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.charge_places($1, $2, $3, $4, $5)", ChargingPlace.Read, cancellationToken,
            Car(window), Since(window), Until(window), Value.Array(geofences?.ToArray()), Value.Of(minMinutes));

    /// <summary>Classes of 5 %, the most frequent first.</summary>
    public IAsyncEnumerable<LevelCount> ChargeLevelsAsync(MeasureWindow window, ChargeSide side, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.charge_levels($1, $2, $3, $4)", LevelCount.Read, cancellationToken,
            Car(window), Since(window), Until(window), Text(side));

    /// <summary>The counted DC charges of the window, in no order.</summary>
    public IAsyncEnumerable<DcSession> DcSessionsAsync(MeasureWindow window, int fromLevel, int toLevel, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.charge_sessions($1, $2, $3, $4, $5)", DcSession.Read, cancellationToken,
            Car(window), Since(window), Until(window), Value.Of(fromLevel), Value.Of(toLevel));

    /// <summary>In order of the axis; of places that contain the text where there is one.</summary>
    public IAsyncEnumerable<CurvePoint> ChargeCurveAsync(MeasureWindow window, CurveAxis axis, string? place, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.charge_curve($1, $2, $3, $4, $5)", CurvePoint.Read, cancellationToken,
            Car(window), Since(window), Until(window), Text(axis), Value.Of(place));

    /// <summary>At most about so many points; the window needs both ends.</summary>
    public IAsyncEnumerable<ChargingPoint> ChargingSeriesAsync(MeasureWindow window, int points, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.charging_series($1, $2, $3, $4)", ChargingPoint.Read, cancellationToken,
            Car(window), Since(window), Until(window), Value.Of(points));
}
