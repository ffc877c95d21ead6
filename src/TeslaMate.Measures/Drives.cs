using TeslaMate.Database;

namespace TeslaMate.Measures;

/// <summary>A drive, counted or not (M3, M9, M18, M22; spec charts 5.1). Ranges are of the preferred kind.</summary>
/// <param name="IsCounted">Has an end and a distance: sums take only these.</param>
/// <param name="IsDistanceDerived">The distance is the one between the odometers around a drive that has none of its own; in no sum.</param>
/// <param name="NetKwh">Range lost as energy; negative when some was gained, null while the car's efficiency is unknown.</param>
/// <param name="IsRough">Under 5 km: its consumption says little.</param>
/// <param name="ClimbKwh">Energy of the height gained; negative downhill.</param>
/// <param name="Efficiency">Distance / range lost.</param>
/// <param name="LevelEfficiency">The same without the energy of height.</param>
public sealed record ListedDrive(
    int DriveId, int CarId, DateTimeOffset StartDate, DateTimeOffset? EndDate, bool IsOpen, bool IsCounted, double? DurationSeconds,
    double? DistanceKm, bool IsDistanceDerived, double? StartKm, double? EndKm, double? StartRangeKm, double? EndRangeKm, double? RangeLostKm,
    double? NetKwh, double? NetWhPerKm, bool? IsRough, double? SpeedAvgKmh, int? SpeedMaxKmh, int? PowerMaxKw, int? PowerMinKw,
    double? OutsideTempC, double? InsideTempC, int? AscentM, int? DescentM, double? ClimbKwh, double? Efficiency, double? LevelEfficiency,
    int? StartLevel, int? StartUsable, int? EndLevel, int? EndUsable, bool IsRangeReduced, string? StartPlace, string? EndPlace,
    double? StartLatitude, double? StartLongitude, double? EndLatitude, double? EndLongitude, int? StartAddressId, int? EndAddressId,
    int? StartGeofenceId, int? EndGeofenceId)
{
    internal static ListedDrive Read(Row row) => new(
        row.Whole(), row.Small(), row.Instant(), row.InstantOrNull(), row.Flag(), row.Flag(), row.NumberOrNull(), row.NumberOrNull(), row.Flag(),
        row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.FlagOrNull(), row.NumberOrNull(), row.SmallOrNull(), row.SmallOrNull(), row.SmallOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.SmallOrNull(), row.SmallOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.SmallOrNull(), row.SmallOrNull(),
        row.SmallOrNull(), row.SmallOrNull(), row.Flag(), row.TextOrNull(), row.TextOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.NumberOrNull(), row.WholeOrNull(), row.WholeOrNull(), row.WholeOrNull(), row.WholeOrNull());
}

/// <summary>How long a car drove at one speed.</summary>
/// <param name="Speed">The middle of the class, in the unit asked for.</param>
/// <param name="Share">Of the time in motion, 0 to 1.</param>
public sealed record SpeedClass(
    int Speed, double Seconds, double Share)
{
    internal static SpeedClass Read(Row row) => new(
        row.Whole(), row.Number(), row.Number());
}

/// <summary>Consumption at one outside temperature (P6; spec charts 6.3).</summary>
public sealed record TemperatureClass(
    double Temperature, long Drives, double DistanceKm, double Efficiency, double? NetWhPerKm, double? SpeedAvgKmh)
{
    internal static TemperatureClass Read(Row row) => new(
        row.Number(), row.Count(), row.Number(), row.Number(), row.NumberOrNull(), row.NumberOrNull());
}

/// <summary>Consumption at one speed in motion and one outside temperature (P6; spec charts 6.3), over at least 20 km.</summary>
public sealed record ConsumptionCell(
    int Speed, double Temperature, long Drives, double DistanceKm, double NetWhPerKm)
{
    internal static ConsumptionCell Read(Row row) => new(
        row.Whole(), row.Number(), row.Count(), row.Number(), row.Number());
}

/// <summary>Mean pressures while driving in one local period (P9; spec charts 6.3), as measured and corrected to 20 °C.</summary>
/// <param name="SpreadBar">Between the wheels, as measured.</param>
public sealed record TyrePressures(
    DateOnly PeriodKey, long Samples, double? FrontLeftBar, double? FrontRightBar, double? RearLeftBar, double? RearRightBar,
    double? FrontLeft20cBar, double? FrontRight20cBar, double? RearLeft20cBar, double? RearRight20cBar, double? SpreadBar, double? OutsideTempC,
    double? OdometerKm)
{
    internal static TyrePressures Read(Row row) => new(
        row.Period(), row.Count(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull());
}

/// <summary>Drives with short stops between them (P4; spec charts 6.3), with the charges on the way.</summary>
public sealed record Trip(
    DateTimeOffset StartDate, DateTimeOffset EndDate, long Drives, IReadOnlyList<int> DriveIds, double DistanceKm, double DrivingSeconds,
    double WholeSeconds, double? SpeedAvgKmh, double? SpeedWithStopsKmh, double? NetKwh, double? NetWhPerKm, long? AscentM, long Charges,
    double EnergyAddedKwh, double EnergyUsedKwh, decimal? Cost, double? PriceCoverage, string? StartPlace, string? EndPlace)
{
    internal static Trip Read(Row row) => new(
        row.Instant(), row.Instant(), row.Count(), row.Wholes(), row.Number(), row.Number(), row.Number(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.NumberOrNull(), row.CountOrNull(), row.Count(), row.Number(), row.Number(), row.ExactOrNull(), row.NumberOrNull(),
        row.TextOrNull(), row.TextOrNull());
}

/// <summary>Drives between the same two places (P7; spec charts 6.3).</summary>
/// <param name="StartKey">The geofence, or the square of about 250 m.</param>
/// <param name="DriveIds">In order of time.</param>
public sealed record SameRoute(
    string? StartPlace, string? EndPlace, string StartKey, string EndKey, long Drives, IReadOnlyList<int> DriveIds, double DistanceKm,
    double BestSeconds, double MedianSeconds, double? BestWhPerKm, double? MedianWhPerKm, double? OutsideTempC, DateTimeOffset FirstDate,
    DateTimeOffset LastDate)
{
    internal static SameRoute Read(Row row) => new(
        row.TextOrNull(), row.TextOrNull(), row.Text(), row.Text(), row.Count(), row.Wholes(), row.Number(), row.Number(), row.Number(),
        row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.Instant(), row.Instant());
}

/// <summary>The line of a drive on a map (M20; spec charts 5.1): within 10 m, at most 5,000 points.</summary>
/// <param name="Parts">Counts up where the line is broken.</param>
public sealed record DriveRoute(
    int DriveId, DateTimeOffset StartDate, DateTimeOffset? EndDate, IReadOnlyList<double> Latitudes, IReadOnlyList<double> Longitudes,
    IReadOnlyList<short> Parts)
{
    internal static DriveRoute Read(Row row) => new(
        row.Whole(), row.Instant(), row.InstantOrNull(), row.Numbers(), row.Numbers(), row.Smalls());
}

/// <summary>The line of one drive, as in <see cref="DriveRoute"/>.</summary>
public sealed record RouteLine(
    IReadOnlyList<double> Latitudes, IReadOnlyList<double> Longitudes, IReadOnlyList<short> Parts)
{
    internal static RouteLine Read(Row row) => new(
        row.Numbers(), row.Numbers(), row.Smalls());
}

/// <summary>Means of a drive's positions over one step of time (P5; spec charts 6.3).</summary>
public sealed record DrivePoint(
    DateTimeOffset Date, double SinceStartSeconds, double? DistanceKm, double Latitude, double Longitude, double? SpeedKmh, double? PowerKw,
    double? Level, double? UsableLevel, double? RangeKm, double? EstRangeKm, double? ElevationM, double? OutsideTempC, double? InsideTempC,
    double? DriverTempC, double? PassengerTempC, bool? IsClimateOn, double? FanStatus, bool? IsBatteryHeaterOn, double? PressureFlBar,
    double? PressureFrBar, double? PressureRlBar, double? PressureRrBar)
{
    internal static DrivePoint Read(Row row) => new(
        row.Instant(), row.Number(), row.NumberOrNull(), row.Number(), row.Number(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull(), row.FlagOrNull(), row.NumberOrNull(), row.FlagOrNull(), row.NumberOrNull(), row.NumberOrNull(), row.NumberOrNull(),
        row.NumberOrNull());
}

public sealed partial class MeasureReader
{
    /// <summary>The drives that start in the window, in no order.</summary>
    public IAsyncEnumerable<ListedDrive> DrivesAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.drive_list($1, $2, $3)", ListedDrive.Read, cancellationToken,
            Car(window), Since(window), Until(window));

    /// <summary>Classes of 10 km/h or mph that occur.</summary>
    public IAsyncEnumerable<SpeedClass> SpeedHistogramAsync(MeasureWindow window, LengthUnit unit, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.speed_histogram($1, $2, $3, $4)", SpeedClass.Read, cancellationToken,
            Car(window), Since(window), Until(window), Text(unit));

    /// <summary>Classes of 5 °C or 10 °F that occur, the warmest first; drives of at least <paramref name="minKm"/>.</summary>
    public IAsyncEnumerable<TemperatureClass> EfficiencyByTemperatureAsync(
        MeasureWindow window, double minKm, TemperatureUnit unit, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.efficiency_by_temperature($1, $2, $3, $4, $5)", TemperatureClass.Read, cancellationToken,
            Car(window), Since(window), Until(window), Value.Of(minKm), Text(unit));

    /// <summary>Classes of 10 km/h or mph and 5 °C or 10 °F.</summary>
    public IAsyncEnumerable<ConsumptionCell> ConsumptionMatrixAsync(
        MeasureWindow window, LengthUnit length, TemperatureUnit temperature, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.consumption_matrix($1, $2, $3, $4, $5)", ConsumptionCell.Read, cancellationToken,
            Car(window), Since(window), Until(window), Text(length), Text(temperature));

    /// <summary>Every period with readings, the oldest first.</summary>
    public IAsyncEnumerable<TyrePressures> TyrePressuresAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.tyre_pressures($1, $2, $3, $4, $5)", TyrePressures.Read, cancellationToken,
            Car(window), Since(window), Until(window), Zone(window), PeriodOf(window));

    /// <summary>Trips of at least <paramref name="minKm"/> with stops under <paramref name="maxStopHours"/>, the newest first.</summary>
    public IAsyncEnumerable<Trip> TripsAsync(MeasureWindow window, double maxStopHours, double minKm, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.trips($1, $2, $3, $4, $5)", Trip.Read, cancellationToken,
            Car(window), Since(window), Until(window), Value.Of(maxStopHours), Value.Of(minKm));

    /// <summary>Those driven at least twice, the most frequent first.</summary>
    public IAsyncEnumerable<SameRoute> SameRoutesAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync(
            "select * from teslamate.same_routes($1, $2, $3)", SameRoute.Read, cancellationToken,
            Car(window), Since(window), Until(window));

    /// <summary>One line per drive that starts in the window, in order of time.</summary>
    public IAsyncEnumerable<DriveRoute> RoutesAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync("select * from teslamate.routes($1, $2, $3)", DriveRoute.Read, cancellationToken, Car(window), Since(window), Until(window));

    /// <summary>Of the newest drives of the window, the newest first.</summary>
    public IAsyncEnumerable<DriveRoute> NewestRoutesAsync(MeasureWindow window, int most, CancellationToken cancellationToken)
        => StreamAsync("select * from teslamate.routes($1, $2, $3) order by start_date desc, drive_id desc limit $4", DriveRoute.Read,
            cancellationToken, Car(window), Since(window), Until(window), Value.Of(most));

    /// <summary>Empty where the drive has no positions.</summary>
    public Task<RouteLine> RouteAsync(int drive, CancellationToken cancellationToken)
        => SingleAsync("select * from teslamate.drive_route($1)", RouteLine.Read, cancellationToken, Value.Of(drive));

    /// <summary>At most so many points, in order of time.</summary>
    public IAsyncEnumerable<DrivePoint> DriveSeriesAsync(int drive, int points, CancellationToken cancellationToken)
        => StreamAsync("select * from teslamate.drive_series($1, $2)", DrivePoint.Read, cancellationToken, Value.Of(drive), Value.Of(points));
}
