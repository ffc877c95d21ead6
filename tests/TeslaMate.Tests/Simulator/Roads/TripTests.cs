using TeslaMate.Simulator.Roads;

namespace TeslaMate.Tests.Simulator.Roads;

public sealed class TripTests
{
    public static TheoryData<string> Roads => ["Berlin work", "Berlin charger", "San Francisco work", "Zurich charger"];

    [Theory]
    [MemberData(nameof(Roads))]
    public void A_trip_keeps_to_the_road_the_limits_and_what_a_car_can_do(string name)
    {
        var road = Named(name);
        var trip = Trip.Along(road, seed: 7);

        trip.Metres.ShouldBe(road.LengthMetres, tolerance: 1);
        trip.At(TimeSpan.Zero).MetresPerSecond.ShouldBe(0);
        trip.At(trip.Duration).MetresPerSecond.ShouldBe(0);
        for (var second = 1; second <= trip.Duration.TotalSeconds; second++)
        {
            var (before, now) = (trip.At(TimeSpan.FromSeconds(second - 1)), trip.At(TimeSpan.FromSeconds(second)));
            now.Metres.ShouldBeGreaterThanOrEqualTo(before.Metres);
            (now.Metres - before.Metres).ShouldBeLessThan(45);
            Math.Abs(now.MetresPerSecond - before.MetresPerSecond).ShouldBeLessThan(4);
            now.PowerKw.ShouldBeInRange(-65, 241);
            (now.MetresPerSecond * 3.6).ShouldBeLessThan(road.At(now.Metres).LimitKmh * 1.1 + 15);
        }
    }

    [Fact]
    public void A_kilometre_takes_a_plausible_part_of_the_battery()
    {
        foreach (var road in new[] { City.Berlin().ToWork, City.Berlin().ToCharger, City.SanFrancisco().ToWork })
        {
            var trip = Trip.Along(road, seed: 1);
            (trip.EnergyKwh / (trip.Metres / 1000)).ShouldBeInRange(0.09, 0.25);
            (trip.Metres / trip.Duration.TotalSeconds * 3.6).ShouldBeInRange(20, 110);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_trip_and_another_one_another()
    {
        var road = City.Zurich().ToWork;
        Trip.Along(road, 5).EnergyKwh.ShouldBe(Trip.Along(road, 5).EnergyKwh);
        Trip.Along(road, 6).EnergyKwh.ShouldNotBe(Trip.Along(road, 5).EnergyKwh);
    }

    [Fact]
    public void The_way_back_is_as_long_as_the_way_there()
    {
        var road = City.Berlin().ToCharger;
        var back = road.Reversed();
        back.LengthMetres.ShouldBe(road.LengthMetres, 0.001);
        back.From.ShouldBe(road.To);
        back.At(0).Point.ShouldBe(road.To.Point);
        Math.Abs(road.At(5000).Heading - back.At(road.LengthMetres - 5000).Heading).ShouldBe(180, 0.01);
    }

    static Road Named(string name) => name switch
    {
        "Berlin work" => City.Berlin().ToWork,
        "Berlin charger" => City.Berlin().ToCharger,
        "San Francisco work" => City.SanFrancisco().ToWork,
        _ => City.Zurich().ToCharger,
    };
}
