namespace TeslaMate.Logbook;

/// <summary>
/// One row of <c>charges</c> before it is one, in the units of the column. Null means "the car did not say". A reading without the
/// energy counter takes the last known one of its charging process, else 0. One without any range, or with a phase count below 1, is not stored: a
/// warning names the fields and logging goes on (spec logbook 7.2).
/// </summary>
public sealed record ChargeReading
{
    /// <summary>When it was read, by the car's clock.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>The car's counter of this session.</summary>
    public double? EnergyAddedKwh { get; init; }

    /// <summary>Null counts as 0.</summary>
    public int? ChargerPowerKw { get; init; }

    public double? IdealRangeKm { get; init; }

    public double? RatedRangeKm { get; init; }

    /// <summary>Percent.</summary>
    public int? BatteryLevel { get; init; }

    /// <summary>Percent.</summary>
    public int? UsableBatteryLevel { get; init; }

    public int? ChargerActualCurrentA { get; init; }

    public int? ChargerPilotCurrentA { get; init; }

    /// <summary>1 to 3 for alternating current, null for direct current.</summary>
    public int? ChargerPhases { get; init; }

    public int? ChargerVoltageV { get; init; }

    public bool? BatteryHeater { get; init; }

    public bool? BatteryHeaterOn { get; init; }

    public bool? BatteryHeaterNoPower { get; init; }

    public bool? NotEnoughPowerToHeat { get; init; }

    public string? ConnectedCable { get; init; }

    public bool? FastChargerPresent { get; init; }

    public string? FastChargerBrand { get; init; }

    public string? FastChargerType { get; init; }

    public double? OutsideTempC { get; init; }
}
