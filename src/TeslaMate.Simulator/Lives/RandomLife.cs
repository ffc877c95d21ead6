using TeslaMate.Simulator.Roads;

namespace TeslaMate.Simulator.Lives;

/// <summary>How somebody uses a car, decided by dice with a seed.</summary>
/// <param name="HomeCharger">What is on the wall at home.</param>
/// <param name="WorkCharger">What is at work, or null.</param>
/// <param name="Garage">Whether the car park at work has no reception.</param>
public sealed record Habits(Charger HomeCharger, Charger? WorkCharger = null, bool Garage = false);

/// <summary>Writes lives of commuting, shopping, excursions and charging, with what else happens to a car in a month.</summary>
public static class RandomLife
{
    /// <param name="days">How many days from <paramref name="start"/> on, which is taken as midnight of the city.</param>
    public static Life Of(CarIdentity car, CarModel model, City city, Habits habits, DateTimeOffset start, int days, int seed)
    {
        var random = new Random(seed);
        var script = new LifeScript(car, model, city.Home, start - city.UtcOffset, seed, odometerKm: 8000 + random.Next(60_000) + 0.789,
            level: 55 + random.Next(25));
        Continue(script, city, habits, start, days, random);
        return script.Build();
    }

    /// <summary>Goes on with a life that stands at home.</summary>
    /// <param name="start">Midnight of the city, not before the script's own time.</param>
    public static void Continue(LifeScript script, City city, Habits habits, DateTimeOffset start, int days, Random random)
    {
        var firstDay = start - city.UtcOffset;
        for (var day = 0; day < days; day++)
            Day(script, city, habits, random, day, firstDay.AddDays(day));
    }

    static void Day(LifeScript script, City city, Habits habits, Random random, int day, DateTimeOffset midnight)
    {
        var weekend = day % 7 >= 5;
        if (day % 3 == 1)
            script.CheckSubsystems(TimeSpan.FromHours(2.5 + random.NextDouble()));
        if (script.Level < 62)
            script.ParkUntil(midnight + At(random, 0, 5)).Charge(habits.HomeCharger, 80);
        if (!weekend)
            Workday(script, city, habits, random, day, midnight);
        else if (random.NextDouble() < 0.6)
            Excursion(script, city, random, midnight);
        if (random.NextDouble() < 0.35)
            Shopping(script, city, random, midnight);
        Evening(script, random, day, midnight);
        script.ParkUntil(midnight.AddDays(1));
    }

    static void Workday(LifeScript script, City city, Habits habits, Random random, int day, DateTimeOffset midnight)
    {
        script.ParkUntil(midnight + At(random, 7, 40));
        if (random.NextDouble() < 0.2)
            script.LoseSignal(TimeSpan.FromMinutes(5 + 3 * random.NextDouble()), TimeSpan.FromSeconds(40 + random.Next(140)));
        script.Drive(city.ToWork);
        if (habits.WorkCharger is { } charger && random.NextDouble() < 0.5)
            script.Park(TimeSpan.FromMinutes(2)).Charge(charger, Math.Min(90, (int)script.Level + 12));
        else if (habits.Garage)
            script.LoseSignal(TimeSpan.FromMinutes(3), midnight + At(random, 15, 30) - script.Now);
        if (day == 9)
            script.Park(TimeSpan.FromHours(1)).BeServiced(TimeSpan.FromHours(2));
        script.ParkUntil(midnight + At(random, 16, 50)).Drive(city.ToWork.Reversed());
    }

    static void Excursion(LifeScript script, City city, Random random, DateTimeOffset midnight)
    {
        script.ParkUntil(midnight + At(random, 9, 60)).Drive(city.ToCharger)
            .Park(TimeSpan.FromMinutes(1 + random.Next(4))).Charge(Charger.Supercharger, Math.Min(88, (int)script.Level + 35))
            .Park(TimeSpan.FromMinutes(25 + random.Next(70)));
        if (random.NextDouble() < 0.3)
            script.WatchOver(TimeSpan.FromMinutes(40));
        script.Drive(city.ToCharger.Reversed());
    }

    static void Shopping(LifeScript script, City city, Random random, DateTimeOffset midnight)
        => script.ParkUntil(midnight + At(random, 18, 50)).Drive(city.ToShop)
            .Park(TimeSpan.FromMinutes(25 + random.Next(40))).Drive(city.ToShop.Reversed());

    static void Evening(LifeScript script, Random random, int day, DateTimeOffset midnight)
    {
        script.ParkUntil(midnight + At(random, 21, 30));
        if (day % 11 == 4)
            script.InstallUpdate($"2026.{2 + day / 4 * 2}.{random.Next(1, 9)} {random.Next(0x10000000, int.MaxValue):x8}beef");
        else if (day % 16 == 13)
            script.CancelUpdate($"2026.{40 + day / 4}.1 {random.Next(0x10000000, int.MaxValue):x8}cafe");
    }

    static TimeSpan At(Random random, int hour, int minutes)
        => TimeSpan.FromHours(hour) + TimeSpan.FromSeconds(random.Next(60 * minutes));
}
