namespace TeslaMate.Tesla.Cars;

/// <summary>Temperatures and heating (spec tesla-api 9.4); temperatures in degrees Celsius.</summary>
public sealed record ClimateState
{
    public DateTimeOffset? Timestamp { get; init; }

    public ApiNumber? InsideTemp { get; init; }

    public ApiNumber? OutsideTemp { get; init; }

    public double? DriverTempSetting { get; init; }

    public double? PassengerTempSetting { get; init; }

    public int? FanStatus { get; init; }

    public bool? IsClimateOn { get; init; }

    public bool? IsPreconditioning { get; init; }

    /// <summary><c>off</c>, <c>on</c>, <c>dog</c>, <c>camp</c> or a word of newer firmware.</summary>
    public string? ClimateKeeperMode { get; init; }

    public bool? IsFrontDefrosterOn { get; init; }

    public bool? IsRearDefrosterOn { get; init; }

    public bool? BatteryHeater { get; init; }

    public bool? BatteryHeaterNoPower { get; init; }
}
