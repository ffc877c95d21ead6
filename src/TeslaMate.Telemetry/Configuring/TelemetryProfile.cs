using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TeslaMate.Telemetry.Configuring;

/// <summary>Which fields a car sends, how often at most, and from which change on (spec fleet-telemetry 5.1). Cars send only changes.</summary>
static class TelemetryProfile
{
    public static readonly string[] Names = ["standard", "small", "full"];

    const string Standard = """
        Gear 1, Location 2/5, VehicleSpeed 2, GpsHeading 10/5, Odometer 5/0.01, PackVoltage 10/0.5, PackCurrent 2/1, Soc 30/0.1, BatteryLevel 30/0.1,
        RatedRange 60/0.2, IdealBatteryRange 60/0.2, EstBatteryRange 60/0.5, EnergyRemaining 60/0.1, DetailedChargeState 1, ACChargingPower 10/0.1,
        DCChargingPower 10/0.5, ACChargingEnergyIn 30/0.01, DCChargingEnergyIn 30/0.01, ChargerVoltage 10/1, ChargeAmps 10/0.5, ChargerPhases 1,
        ChargeLimitSoc 1, ChargeCurrentRequest 1, ChargeCurrentRequestMax 1, TimeToFullCharge 60/0.1, FastChargerPresent 1, FastChargerType 1,
        ChargingCableType 1, ChargePortDoorOpen 1, ChargePortLatch 1, ScheduledChargingPending 60, ScheduledChargingStartTime 60, BatteryHeaterOn 10,
        NotEnoughPowerToHeat 60, InsideTemp 60/0.5, OutsideTemp 60/0.5, HvacPower 1, HvacFanStatus 30, HvacLeftTemperatureRequest 10,
        HvacRightTemperatureRequest 10, DefrostMode 10, RearDefrostEnabled 10, PreconditioningEnabled 1, ClimateKeeperMode 1, Locked 1, DoorState 1,
        FdWindow 1, FpWindow 1, RdWindow 1, RpWindow 1, SentryMode 1, DriverSeatOccupied 1, CenterDisplay 5, ServiceMode 60, SunroofInstalled 3600,
        TpmsPressureFl 60/0.05, TpmsPressureFr 60/0.05, TpmsPressureRl 60/0.05, TpmsPressureRr 60/0.05, TpmsSoftWarnings 60, TpmsHardWarnings 60,
        DestinationName 1, DestinationLocation 1, MilesToArrival 60/0.5, MinutesToArrival 60/1, ExpectedEnergyPercentAtTripArrival 60,
        RouteTrafficMinutesDelay 60/1, Version 60, SoftwareUpdateVersion 60, SoftwareUpdateDownloadPercentComplete 60/5,
        SoftwareUpdateInstallationPercentComplete 1, SoftwareUpdateScheduledStartTime 60, SoftwareUpdateExpectedDurationMinutes 60, VehicleName 3600,
        CarType 3600, Trim 3600, ExteriorColor 3600, WheelType 3600, RightHandDrive 3600, EfficiencyPackage 3600
        """;

    const string Full = "Location 1/2, VehicleSpeed 1, PackCurrent 1/1, PackVoltage 5/0.5, GpsHeading 5/5";

    const string Small = """
        Location 10/20, VehicleSpeed 10, PackCurrent 10/2, PackVoltage 60/1, Odometer 30/0.05, GpsHeading 60/10, Soc 60/0.2, BatteryLevel 60/0.2,
        RatedRange 120/0.2, IdealBatteryRange 120/0.2, EstBatteryRange 120/0.5, MilesToArrival 120/0.5, MinutesToArrival 120/1
        """;

    /// <summary>The fields of a profile.</summary>
    /// <param name="software">What the car runs: older software takes no least changes; null when it is not known.</param>
    public static JsonObject Fields(string name, Version? software = null)
    {
        var fields = new JsonObject();
        string[] texts = name switch
        {
            "standard" => [Standard],
            "full" => [Standard, Full],
            "small" => [Standard, Small],
            _ => throw new ArgumentException($"There is no profile {name}."),
        };
        foreach (var text in texts)
        {
            foreach (var field in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                var parts = field.Split(' ', '/');
                var settings = new JsonObject { ["interval_seconds"] = int.Parse(parts[1], CultureInfo.InvariantCulture) };
                if (parts.Length > 2 && LeastFirmware.KnowsDelta(parts[0], software))
                    settings["minimum_delta"] = double.Parse(parts[2], CultureInfo.InvariantCulture);
                fields[parts[0]] = settings;
            }
        }

        return fields;
    }

    /// <summary>The whole configuration of a car.</summary>
    /// <param name="authority">The certificates that the car checks ours by, PEM.</param>
    /// <param name="software">What the car runs, as far as known: older software takes no least changes.</param>
    public static IReadOnlyDictionary<string, JsonElement> Configuration(string profile, string host, int port, string authority,
        DateTimeOffset? expires = null, string? software = null)
    {
        var configuration = new JsonObject
        {
            ["hostname"] = host,
            // A number; as text it is refused.
            ["port"] = port,
            ["ca"] = authority,
            ["fields"] = Fields(profile, LeastFirmware.Installed(software)),
            ["alert_types"] = new JsonArray("service"),
            ["prefer_typed"] = true,
            ["delivery_policy"] = "latest",
        };
        if (expires is { } end)
            configuration["exp"] = end.ToUnixTimeSeconds();
        return configuration.ToDictionary(member => member.Key, member => JsonElement.Parse(member.Value!.ToJsonString()));
    }
}
