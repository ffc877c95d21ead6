using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;

namespace TeslaMate.Demo;

/// <summary>The two cars of the demo. Something happens at once; after the first day they lead their random lives.</summary>
static class DemoWorld
{
    const int Days = 60;

    /// <param name="start">When the lives begin.</param>
    public static IReadOnlyList<Life> Lives(DateTimeOffset start) => [Nimbus(start), Juniper(start)];

    static Life Nimbus(DateTimeOffset start)
    {
        var city = City.Berlin();
        var script = new LifeScript(CarIdentity.Number(42, "Nimbus"), CarModel.Model3, city.Home, start, seed: 11, level: 61)
            .Park(TimeSpan.FromMinutes(8)).Drive(city.ToCharger)
            .Park(TimeSpan.FromMinutes(2)).Charge(Charger.Supercharger, 80)
            .Park(TimeSpan.FromMinutes(12)).Drive(city.ToCharger.Reversed());
        return Continued(script, city, new Habits(Charger.Wallbox, Charger.Socket, Garage: true), seed: 11);
    }

    static Life Juniper(DateTimeOffset start)
    {
        var city = City.SanFrancisco();
        var script = new LifeScript(CarIdentity.Number(43, "Juniper"), CarModel.ModelY, city.Home, start, seed: 12, odometerKm: 8_412.5, level: 70)
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
