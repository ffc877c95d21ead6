namespace TeslaMate.Simulator.Lives;

/// <summary>Which car it is for Tesla.</summary>
/// <param name="Id">The <c>id</c> of the request paths.</param>
/// <param name="VehicleId">The <c>vehicle_id</c>, which is the tag of the stream.</param>
/// <param name="Vin">17 characters.</param>
public sealed record CarIdentity(long Id, long VehicleId, string Vin, string Name)
{
    /// <summary>The car number <paramref name="number"/> (0 to 9999) of the account.</summary>
    public static CarIdentity Number(int number, string name)
        => new(1492930000000000 + number, 1689000000 + number, $"5YJ3E7EB2NF{number:000000}", name);
}

/// <summary>What kind of car it is.</summary>
/// <param name="KwhPerKm">What a kilometre of rated range takes.</param>
/// <param name="IdealPerRated">How many ideal kilometres a rated one is.</param>
/// <param name="MostDirectKw">What it takes from a fast charger at best.</param>
public sealed record CarModel(
    string CarType, string TrimBadging, string ExteriorColor, string WheelType, double CapacityKwh, double KwhPerKm, double IdealPerRated,
    int MostDirectKw)
{
    public static CarModel Model3 { get; } = new("model3", "74d", "MidnightSilver", "Pinwheel18CapKit", 75, 0.15, 1, 170);

    public static CarModel ModelS { get; } = new("models2", "100d", "PearlWhite", "Slipstream19Carbon", 98, 0.185, 1.18, 140);

    public static CarModel ModelY { get; } = new("modely", "74d", "DeepBlue", "Gemini19DarkCapKit", 75, 0.16, 1, 200);
}
