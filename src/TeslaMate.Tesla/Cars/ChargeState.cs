namespace TeslaMate.Tesla.Cars;

/// <summary>The battery and what flows into it (spec tesla-api 9.3).</summary>
public sealed record ChargeState
{
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>Percent.</summary>
    public int? BatteryLevel { get; init; }

    /// <summary>Percent.</summary>
    public int? UsableBatteryLevel { get; init; }

    /// <summary>Rated range in miles.</summary>
    public double? BatteryRange { get; init; }

    /// <summary>Ideal range in miles.</summary>
    public double? IdealBatteryRange { get; init; }

    /// <summary>Estimated range in miles.</summary>
    public double? EstBatteryRange { get; init; }

    /// <summary>
    /// <c>Disconnected</c>, <c>NoPower</c>, <c>Starting</c>, <c>Charging</c>, <c>Stopped</c>, <c>Complete</c> or a word of newer firmware.
    /// </summary>
    public string? ChargingState { get; init; }

    /// <summary>kWh since this charge began.</summary>
    public ApiNumber? ChargeEnergyAdded { get; init; }

    /// <summary>kW.</summary>
    public int? ChargerPower { get; init; }

    /// <summary>Volt.</summary>
    public int? ChargerVoltage { get; init; }

    /// <summary>Ampere.</summary>
    public int? ChargerActualCurrent { get; init; }

    /// <summary>Ampere.</summary>
    public int? ChargerPilotCurrent { get; init; }

    /// <summary>As sent; a charge row needs it above 0 or null.</summary>
    public int? ChargerPhases { get; init; }

    /// <summary>Ampere.</summary>
    public int? ChargeCurrentRequest { get; init; }

    /// <summary>Ampere.</summary>
    public int? ChargeCurrentRequestMax { get; init; }

    /// <summary>Percent.</summary>
    public int? ChargeLimitSoc { get; init; }

    public bool? ChargePortDoorOpen { get; init; }

    /// <summary>Hours.</summary>
    public ApiNumber? TimeToFullCharge { get; init; }

    public DateTimeOffset? ScheduledChargingStartTime { get; init; }

    public string? ConnChargeCable { get; init; }

    public bool? FastChargerPresent { get; init; }

    public string? FastChargerBrand { get; init; }

    public string? FastChargerType { get; init; }

    public bool? BatteryHeaterOn { get; init; }

    public bool? NotEnoughPowerToHeat { get; init; }

    /// <summary>Energy flows or is about to.</summary>
    public bool IsCharging => ChargingState is "Starting" or "Charging";
}
