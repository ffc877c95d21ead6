using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;

namespace TeslaMate.Demo;

/// <summary>The two cars of the demo. Something happens at once; after the first day they lead their random lives.</summary>
static class DemoWorld
{
    /// <summary>Which of the two sends its data by itself; the other one is polled.</summary>
    public const int Streaming = 1;

    const int Days = 60;

    /// <param name="start">When the lives begin.</param>
    public static IReadOnlyList<Life> Lives(DateTimeOffset start) => [Nimbus(start), Juniper(start)];

    /// <summary>The two years that end where the lives begin.</summary>
    public static IReadOnlyList<DemoPast> Pasts() =>
    [
        new(CarIdentity.Number(42, "Nimbus"), "3", City.Berlin(), CarModel.Model3.CapacityKwh, CarModel.Model3.KwhPerKm, 61, NimbusKm,
            [
                (Supercharger(51.4969, 11.9688, "Halle", "Sachsen-Anhalt", "Germany", 240100101), 176),
                (Supercharger(50.4971, 11.6378, "Triptis", "Thüringen", "Germany", 240100102), 128),
                (Supercharger(49.4521, 11.0767, "Nürnberg", "Bayern", "Germany", 240100103), 164),
                (Supercharger(48.1374, 11.5755, "München", "Bayern", "Germany", 240100104), 169),
                (Supercharger(47.2692, 11.4041, "Innsbruck", "Tirol", "Austria", 240100105), 162),
            ],
            11, 0.31m, NewWheels: 290, MeanTemperature: 10.5, Swing: 10.5, Seed: 21),
        new(CarIdentity.Number(43, "Juniper"), "Y", City.SanFrancisco(), CarModel.ModelY.CapacityKwh, CarModel.ModelY.KwhPerKm, 70, JuniperKm,
            [
                (Supercharger(36.9916, -121.5570, "Gilroy", "California", "United States", 240100111), 128),
                (Supercharger(35.9843, -119.9610, "Kettleman City", "California", "United States", 240100112), 186),
                (Supercharger(34.9860, -118.9450, "Tejon Ranch", "California", "United States", 240100113), 152),
                (Supercharger(34.0522, -118.2437, "Los Angeles", "California", "United States", 240100114), 138),
            ],
            7.2, 0.28m, NewWheels: null, MeanTemperature: 14.5, Swing: 4.5, Seed: 22),
    ];

    const double NimbusKm = 73_456.789;
    const double JuniperKm = 78_412.5;

    static Place Supercharger(double latitude, double longitude, string city, string state, string country, long id)
        => new($"Supercharger {city}", new GeoPoint(latitude, longitude), "", "", "", city, "", state, "", country, id);

    static Life Nimbus(DateTimeOffset start)
    {
        var city = City.Berlin();
        var script = new LifeScript(CarIdentity.Number(42, "Nimbus"), CarModel.Model3, city.Home, start, seed: 11, odometerKm: NimbusKm, level: 61)
            .Park(TimeSpan.FromMinutes(8)).Drive(city.ToCharger)
            .Park(TimeSpan.FromMinutes(2)).Charge(Charger.Supercharger, 80)
            .Park(TimeSpan.FromMinutes(12)).Drive(city.ToCharger.Reversed());
        return Continued(script, city, new Habits(Charger.Wallbox, Charger.Socket, Garage: true), seed: 11);
    }

    static Life Juniper(DateTimeOffset start)
    {
        var city = City.SanFrancisco();
        var script = new LifeScript(CarIdentity.Number(43, "Juniper"), CarModel.ModelY, city.Home, start, seed: 12, odometerKm: JuniperKm, level: 70)
            .Park(TimeSpan.FromMinutes(12)).Drive(city.ToShop)
            .Park(TimeSpan.FromMinutes(35)).Drive(city.ToShop.Reversed())
            .Park(TimeSpan.FromMinutes(3)).Charge(Charger.OnePhase, 80);
        return Continued(script, city, new Habits(Charger.OnePhase), seed: 12);
    }

    static Life Continued(LifeScript script, City city, Habits habits, int seed)
    {
        var local = script.Now + city.UtcOffset;
        var midnight = new DateTimeOffset(local.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        RandomLife.Continue(script, city, habits, midnight, Days, new Random(seed));
        return script.Build();
    }
}
