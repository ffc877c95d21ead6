using TeslaMate.Logbook.Cars;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Identification;

/// <summary>What a car is, by its configuration and VIN (spec vehicle 3).</summary>
static class CarIdentification
{
    public static string? Model(string? carType) => carType?.ToLowerInvariant() switch
    {
        null => null,
        "lychee" => "S",
        "tamarind" => "X",
        var type when type.StartsWith("models", StringComparison.Ordinal) => "S",
        var type when type.StartsWith("model3", StringComparison.Ordinal) => "3",
        var type when type.StartsWith("modelx", StringComparison.Ordinal) => "X",
        var type when type.StartsWith("modely", StringComparison.Ordinal) => "Y",
        var type when type.StartsWith("cybertruck", StringComparison.Ordinal) => "Cybertruck",
        _ => null,
    };

    public static string? Trim(VehicleConfig config) => config.TrimBadging?.ToUpperInvariant();

    /// <param name="trim">In upper case.</param>
    /// <param name="carType">Exactly as received.</param>
    public static string? MarketingName(string? model, string? trim, string? carType, string? vin) => (model, trim, carType) switch
    {
        ("S", "100D", "lychee") => "LR",
        ("S", "P100D", "lychee") => "Plaid",
        ("S", "100D", "models2") => "LR+",
        ("3", "P74D", _) => "LR AWD Performance",
        ("3", "74D", _) => "LR AWD",
        ("3", "74", _) => "LR",
        ("3", "62", _) => "MR",
        ("3", "50", _) => ModelYear(vin) >= 2022 ? "RWD" : "SR+",
        ("X", "100D", "tamarind") => "LR",
        ("X", "P100D", "tamarind") => "Plaid",
        ("Y", "P74D", _) => "LR AWD Performance",
        ("Y", "74D", _) => "LR AWD",
        ("Y", "74", _) => "LR",
        ("Y", "50", _) => "SR",
        _ => null,
    };

    /// <summary>The year by character 10 of a VIN of 17; null when it tells none.</summary>
    public static int? ModelYear(string? vin)
    {
        // The letters that look like digits, U and Z are left out.
        const string codes = "ABCDEFGHJKLMNPRSTVWXY123456789";
        return vin is { Length: 17 } && codes.IndexOf(vin[9], StringComparison.Ordinal) is >= 0 and var index ? 2010 + index : null;
    }

    /// <summary>Minutes of the pauses of a new car: cars that are known to sleep well get short ones (spec vehicle 2.2).</summary>
    public static int SuspendMin(VehicleData data, string? vin)
    {
        const int shortPause = 12;
        const int longPause = 21;
        if (data.VehicleConfig is not { } config)
            return longPause;
        var (model, trim) = (Model(config.CarType), Trim(config));
        return model switch
        {
            "3" or "Y" or "Cybertruck" => shortPause,
            "S" or "X" when trim is null || MarketingName(model, trim, config.CarType, vin) is not null => shortPause,
            _ => longPause,
        };
    }

    /// <summary>What the car tells about itself; where it does not, what was known before stays.</summary>
    public static CarDescription Describe(Car car, VehicleData data)
    {
        var config = data.VehicleConfig ?? new VehicleConfig();
        var (model, trim) = (Model(config.CarType), Trim(config));
        return new CarDescription(
            data.Name ?? car.Name,
            model ?? car.Model,
            trim ?? car.TrimBadging,
            model is null ? car.MarketingName : MarketingName(model, trim, config.CarType, car.Vin),
            config.ExteriorColor ?? car.ExteriorColor,
            config.WheelType ?? car.WheelType,
            config.SpoilerType ?? car.SpoilerType);
    }

    public static Car Apply(Car car, CarDescription description) => car with
    {
        Name = description.Name,
        Model = description.Model,
        TrimBadging = description.TrimBadging,
        MarketingName = description.MarketingName,
        ExteriorColor = description.ExteriorColor,
        WheelType = description.WheelType,
        SpoilerType = description.SpoilerType,
    };
}
