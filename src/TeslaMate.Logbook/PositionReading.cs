namespace TeslaMate.Logbook;

/// <summary>
/// One row of <c>positions</c> before it is one, in the units of the column. Null means "the car did not say". Values beyond a column's range are
/// brought into it when they are written, so nothing here can make a write fail.
/// </summary>
public sealed record PositionReading
{
    /// <summary>When the car was there, by the car's clock.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>Degrees, north positive.</summary>
    public required double Latitude { get; init; }

    /// <summary>Degrees, east positive.</summary>
    public required double Longitude { get; init; }

    /// <summary>Metres above the sea; streamed readings and cars without streaming have it.</summary>
    public int? ElevationM { get; init; }

    public int? SpeedKmH { get; init; }

    /// <summary>Negative while recuperating or charging.</summary>
    public int? PowerKw { get; init; }

    public double? OdometerKm { get; init; }

    public double? IdealRangeKm { get; init; }

    public double? EstimatedRangeKm { get; init; }

    public double? RatedRangeKm { get; init; }

    /// <summary>Percent.</summary>
    public int? BatteryLevel { get; init; }

    /// <summary>Percent.</summary>
    public int? UsableBatteryLevel { get; init; }

    public double? OutsideTempC { get; init; }

    public double? InsideTempC { get; init; }

    public double? DriverTempSettingC { get; init; }

    public double? PassengerTempSettingC { get; init; }

    public int? FanStatus { get; init; }

    public bool? IsClimateOn { get; init; }

    public bool? IsRearDefrosterOn { get; init; }

    public bool? IsFrontDefrosterOn { get; init; }

    public bool? BatteryHeater { get; init; }

    public bool? BatteryHeaterOn { get; init; }

    public bool? BatteryHeaterNoPower { get; init; }

    public double? TirePressureFrontLeftBar { get; init; }

    public double? TirePressureFrontRightBar { get; init; }

    public double? TirePressureRearLeftBar { get; init; }

    public double? TirePressureRearRightBar { get; init; }
}
