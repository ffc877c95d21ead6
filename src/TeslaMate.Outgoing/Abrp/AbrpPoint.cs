using System.Text.Json.Nodes;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles;

namespace TeslaMate.Outgoing.Abrp;

/// <summary>What is known of a car besides its summary.</summary>
/// <param name="SharesPlace">Whether the owner lets A Better Route Planner know where the car is.</param>
/// <param name="CarModel">The planner's name of the model; null to leave that to the planner.</param>
/// <param name="CapacityKwh">Of the battery now (M11); null when it is not known well enough.</param>
/// <param name="HealthPct">Of the battery (M11), likewise.</param>
public sealed record AbrpFacts(bool SharesPlace, string? CarModel, double? CapacityKwh, double? HealthPct);

/// <summary>A car's live values as A Better Route Planner wants them (spec api 4.1). What is not known is left out, and never 0.</summary>
public static class AbrpPoint
{
    /// <summary>At and above so many phases the car draws from three: it reports 2 or 3 for them.</summary>
    const int SeveralPhases = 2;

    // Below, the charger's voltage is that of a cable without power.
    const int LeastVoltage = 5;

    const double KpaPerBar = 100;

    /// <summary>The members of <c>tlm</c>; null when the car has not told what is needed at least, its level and when that was.</summary>
    public static JsonObject? Of(Summary summary, AbrpFacts facts)
    {
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(facts);
        if (summary.IsRestored || summary.DataAt is not { } at || (summary.UsableBatteryLevel ?? summary.BatteryLevel) is not { } level)
            return null;
        var isDriving = summary.State == VehicleStateName.Driving;
        var isCharging = summary.State == VehicleStateName.Charging;
        var isParked = summary.ShiftState == "P" || !isDriving;
        // Without a word about a fast charger it is an ordinary one: cars tell of the fast ones.
        var isDc = isCharging && summary.FastChargerPresent == true;
        var point = new JsonObject { ["utc"] = at.ToUnixTimeSeconds(), ["soc"] = level };
        Add("power", Power(summary, isDriving, isCharging, isDc));
        Add("speed", isParked ? 0 : summary.Speed);
        if (facts.SharesPlace)
        {
            Add("lat", summary.Latitude);
            Add("lon", summary.Longitude);
            Add("heading", summary.Heading);
            Add("elevation", summary.Elevation);
        }

        point["is_charging"] = isCharging;
        point["is_dcfc"] = isDc;
        point["is_parked"] = isParked;
        if (isCharging)
            Add("kwh_charged", Number(summary.ChargeEnergyAdded));
        Add("ext_temp", Number(summary.OutsideTemp));
        Add("cabin_temp", Number(summary.InsideTemp));
        if (isCharging && !isDc && summary.ChargerVoltage > LeastVoltage)
        {
            Add("voltage", summary.ChargerVoltage);
            Add("current", summary.ChargerActualCurrent);
        }

        Add("odometer", summary.OdometerKm);
        Add("est_battery_range", summary.EstBatteryRangeKm);
        Add("capacity", facts.CapacityKwh);
        Add("soh", facts.HealthPct);
        Add("tire_pressure_fl", Kpa(summary.TpmsPressureFl));
        Add("tire_pressure_fr", Kpa(summary.TpmsPressureFr));
        Add("tire_pressure_rl", Kpa(summary.TpmsPressureRl));
        Add("tire_pressure_rr", Kpa(summary.TpmsPressureRr));
        if (facts.CarModel is { Length: > 0 } model)
            point["car_model"] = model;
        return point;

        void Add(string name, double? value)
        {
            if (value is { } known && double.IsFinite(known))
                point[name] = Math.Round(known, 6);
        }
    }

    /// <summary>kW, positive out of the battery; null when the car does not tell.</summary>
    static double? Power(Summary summary, bool isDriving, bool isCharging, bool isDc)
    {
        if (isDriving)
            return summary.Power;
        if (!isCharging)
            return 0;
        if (isDc || summary is not { ChargerActualCurrent: > 0 and var current, ChargerVoltage: > LeastVoltage and var voltage })
            return -summary.ChargerPower;
        var phases = summary.ChargerPhases >= SeveralPhases ? 3 : 1;
        return -(current * voltage * phases) / 1000.0;
    }

    static double? Number(ApiNumber? number) => number is { } known ? known.Value : null;

    static double? Kpa(ApiNumber? bar) => bar is { } known ? Math.Round(known.Value * KpaPerBar, 1) : null;
}
