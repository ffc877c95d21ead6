using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;

namespace TeslaMate.Tests.Simulator.Lives;

public sealed class LifeTests
{
    static readonly DateTimeOffset Monday = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    static readonly City Berlin = City.Berlin();

    [Fact]
    public void A_parked_car_falls_asleep_when_left_alone_and_a_request_delays_that()
    {
        var life = ALife().Drive(Berlin.ToShop).Park(TimeSpan.FromHours(2)).Build();
        var parked = life.Drives.Single().End;

        life.At(parked + TimeSpan.FromMinutes(10.9), DateTimeOffset.MinValue).Reach.ShouldBe(Reach.Online);
        life.At(parked + TimeSpan.FromMinutes(11.1), DateTimeOffset.MinValue).Reach.ShouldBe(Reach.Asleep);
        life.At(parked + TimeSpan.FromMinutes(11.1), parked + TimeSpan.FromMinutes(10)).Reach.ShouldBe(Reach.Online);
        life.At(parked + TimeSpan.FromMinutes(21.1), parked + TimeSpan.FromMinutes(10)).Reach.ShouldBe(Reach.Asleep);
    }

    [Fact]
    public void A_car_wakes_shortly_before_it_drives()
    {
        var life = ALife().Park(TimeSpan.FromHours(3)).Drive(Berlin.ToShop).Build();
        var start = life.Drives.Single().Start;

        life.At(start - TimeSpan.FromMinutes(2), DateTimeOffset.MinValue).Reach.ShouldBe(Reach.Asleep);
        var approaching = life.At(start - TimeSpan.FromSeconds(30), DateTimeOffset.MinValue);
        approaching.ShouldSatisfyAllConditions(
            moment => moment.Reach.ShouldBe(Reach.Online), moment => moment.UserPresent.ShouldBeTrue(), moment => moment.Shift.ShouldBeNull());
        life.At(start + TimeSpan.FromSeconds(1), DateTimeOffset.MinValue).Shift.ShouldBe("D");
    }

    [Fact]
    public void Odometer_range_and_place_go_on_from_episode_to_episode()
    {
        var life = RandomLife.Of(CarIdentity.Number(1, "Nimbus"), CarModel.Model3, Berlin, new Habits(Charger.Wallbox, Charger.Socket, Garage: true),
            Monday, 30, seed: 3);

        life.Drives.Count().ShouldBeGreaterThan(40);
        life.Charges.Count().ShouldBeGreaterThan(10);
        life.Updates.Count(update => !update.Cancelled).ShouldBeGreaterThan(0);
        foreach (var (before, after) in life.Episodes.Zip(life.Episodes.Skip(1)))
        {
            after.Start.ShouldBe(before.End);
            var (end, start) = (life.At(after.Start - TimeSpan.FromTicks(1), DateTimeOffset.MaxValue), life.At(after.Start, DateTimeOffset.MaxValue));
            start.OdometerMi.ShouldBe(end.OdometerMi, 0.01);
            start.RatedMi.ShouldBe(end.RatedMi, 0.1);
            start.Point.MetresTo(end.Point).ShouldBeLessThan(20);
            start.Level.ShouldBeInRange(5, 100);
        }
    }

    [Fact]
    public void The_same_seed_writes_the_same_life()
    {
        Life Write() => RandomLife.Of(CarIdentity.Number(1, "Nimbus"), CarModel.ModelS, City.Zurich(), new Habits(Charger.TwoPhases), Monday, 10,
            seed: 8);
        Write().Drives.Select(drive => (drive.Start, drive.EndKm, drive.EnergyKwh))
            .ShouldBe(Write().Drives.Select(drive => (drive.Start, drive.EndKm, drive.EnergyKwh)));
    }

    [Theory]
    [InlineData(1, 7.36)]
    [InlineData(2, 7.36)]
    [InlineData(3, 11.04)]
    public void A_wallbox_charges_with_what_its_phases_give(int phases, double kw)
    {
        var charger = phases switch { 1 => Charger.OnePhase, 2 => Charger.TwoPhases, _ => Charger.Wallbox };
        var life = ALife(level: 40).Charge(charger, 60).Park(TimeSpan.FromMinutes(5)).Build();
        var charge = life.Charges.Single();

        charge.AddedKwh.ShouldBe(15, 0.05);
        life.At(charge.Start + TimeSpan.FromMinutes(5), DateTimeOffset.MinValue).ChargerKw.ShouldBe(kw, 0.01);
        (charge.End - charge.Start).TotalHours.ShouldBe(15 / 0.93 / kw, 0.02);
        life.At(charge.End, DateTimeOffset.MinValue).ChargingState.ShouldBe("Complete");
    }

    [Fact]
    public void A_fast_charger_slows_down_as_the_battery_fills()
    {
        var life = ALife(level: 10).Charge(Charger.Supercharger, 85).Build();
        var charge = life.Charges.Single();
        var powers = Enumerable.Range(1, 10)
            .Select(i => life.At(charge.Start + (charge.End - charge.Start) * i / 11.0, DateTimeOffset.MinValue).ChargerKw).ToList();

        powers.Max().ShouldBeInRange(120, 170);
        powers[^1].ShouldBeLessThan(60);
        (charge.End - charge.Start).TotalMinutes.ShouldBeInRange(20, 60);
    }

    [Fact]
    public void An_update_is_downloaded_installed_and_shows_in_the_version()
    {
        var life = ALife().Park(TimeSpan.FromHours(1)).InstallUpdate("2026.4.1 abc").Park(TimeSpan.FromHours(1)).Build();
        var update = life.Updates.Single();

        At(update.Start - TimeSpan.FromMinutes(5)).UpdateStatus.ShouldBe("downloading");
        At(update.Start).UpdateStatus.ShouldBe("installing");
        At(update.Start).CarVersion.ShouldBe("2025.44.3 0a1b2c3d4e5f");
        At(update.End).CarVersion.ShouldBe("2026.4.1 abc");
        At(update.End).UpdateStatus.ShouldBe("");

        Moment At(DateTimeOffset now) => life.At(now, DateTimeOffset.MinValue);
    }

    [Fact]
    public void A_cancelled_update_stays_available()
    {
        var life = ALife().CancelUpdate("2026.4.1 abc").Park(TimeSpan.FromHours(1)).Build();
        var after = life.At(life.Updates.Single().End + TimeSpan.FromMinutes(1), DateTimeOffset.MinValue);
        after.UpdateStatus.ShouldBe("available");
        after.CarVersion.ShouldBe("2025.44.3 0a1b2c3d4e5f");
    }

    static LifeScript ALife(double level = 80) => new(CarIdentity.Number(42, "Nimbus"), CarModel.Model3, Berlin.Home, Monday, level: level);
}
