using TeslaMate.Logbook.Settings;
using TeslaMate.Vehicles;
using TeslaMate.Web;
using TeslaMate.Web.Assets;
using TeslaMate.Web.Cars;
using TeslaMate.Web.Languages;
using TeslaMate.Web.Layout;

namespace TeslaMate.Tests.Web;

/// <summary>What a car's card says (spec web 6.1 and 12).</summary>
public sealed class CarCardTests
{
    static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    static Summary Car => FakeVehicles.Car() with { Since = Now - TimeSpan.FromMinutes(5) };

    [Fact]
    public void A_sleeping_car_after_a_restart_shows_its_last_values()
    {
        var rows = RowsOf(Car with { State = VehicleStateName.Asleep, IsRestored = true, RatedBatteryRangeKm = 380.26, IdealBatteryRangeKm = 380.26, EstBatteryRangeKm = 401.52, BatteryLevel = 80, OutsideTemp = 20.1, InsideTemp = 21 });
        rows["Range (rated)"].ShouldBe("380.26 km");
        rows["Range (est.)"].ShouldBe("401.52 km");
        rows["State of Charge"].ShouldBe("80% | ≈ 475 km at 100%");
        rows["Outside Temperature"].ShouldBe("20.1 °C");
        rows["Inside Temperature"].ShouldBe("21.0 °C");
    }

    [Fact]
    public void Units_are_metric()
    {
        var rows = RowsOf(Online());
        rows["Range (rated)"].ShouldBe("321.87 km");
        rows["Range (est.)"].ShouldBe("289.68 km");
        rows["State of Charge"].ShouldBe("67% (69%) | ≈ 480 km at 100%");
        rows["Outside Temperature"].ShouldBe("24 °C");
        rows["Inside Temperature"].ShouldBe("23.2 °C");
        rows["Mileage"].ShouldBe("42000 km");
    }

    [Fact]
    public void Units_are_imperial_on_request()
    {
        var rows = RowsOf(Online() with { State = VehicleStateName.Driving, Speed = 48, Odometer = 67592.4 }, new() { UnitOfLength = UnitOfLength.Mi, UnitOfTemperature = UnitOfTemperature.F });
        rows["Range (rated)"].ShouldBe("200.0 mi");
        rows["Range (est.)"].ShouldBe("180.0 mi");
        rows["State of Charge"].ShouldBe("67% (69%) | ≈ 299 mi at 100%");
        rows["Speed"].ShouldBe("30 mph");
        rows["Outside Temperature"].ShouldBe("75.2 °F");
        rows["Inside Temperature"].ShouldBe("73.8 °F");
        rows["Mileage"].ShouldBe("42000 mi");
    }

    [Theory]
    [InlineData(1.83, "1 h, 49 min")]
    [InlineData(0.33, "19 min")]
    public void A_charging_car_says_how_long_it_takes(double hours, string text)
    {
        var rows = RowsOf(Car with { State = VehicleStateName.Charging, TimeToFullCharge = hours, ChargeEnergyAdded = 4.32, ChargerPower = 11, ChargeLimitSoc = 85, PluggedIn = true });
        rows["Remaining Time"].ShouldBe(text);
        rows["Charged"].ShouldBe("4.32 kWh");
        rows["Charger Power"].ShouldBe("11 kW");
        rows["Charge Limit"].ShouldBe("85%");
        rows.ShouldContainKey("Expected Finish Time");
        IconsOf(Car with { PluggedIn = true }).ShouldContain("Plugged In");
    }

    [Fact]
    public void A_planned_charge_says_when_it_begins()
        => Card(Car with { PluggedIn = true, ScheduledChargingStartTime = DateTimeOffset.FromUnixTimeSeconds(1565620707) }).Rows
            .Single(row => row.Label == "Scheduled Charging").Time.ShouldBe(new DateTimeOffset(2019, 8, 12, 14, 38, 27, TimeSpan.Zero));

    [Theory]
    [InlineData("FooCar", "FooCar", "VIN 317000", true)]
    [InlineData(null, "VIN 5YJ3E1EA7KF317000", "VIN 5YJ3E1EA7KF317000", false)]
    [InlineData("", "VIN 5YJ3E1EA7KF317000", "VIN 5YJ3E1EA7KF317000", false)]
    public void A_car_without_a_name_is_called_by_its_number(string? name, string title, string tip, bool hasName)
    {
        var card = Card(FakeVehicles.Car(name: name));
        (card.Title, card.TitleTip, card.HasName).ShouldBe((title, tip, hasName));
    }

    [Theory]
    [InlineData("3", "LR AWD Performance", "P74D", "Model 3", "LR AWD Performance", "P74D")]
    [InlineData("S", null, "P90D", "Model S", "P90D", null)]
    [InlineData("Cybertruck", null, null, "Cybertruck", null, null)]
    [InlineData(null, null, null, null, null, null)]
    public void The_model_is_named(string? model, string? marketing, string? badging, string? shown, string? trim, string? tip)
    {
        var card = Card(Car with { Car = Car.Car with { Model = model, MarketingName = marketing, TrimBadging = badging } });
        (card.Model, card.Trim, card.TrimTip).ShouldBe((shown, trim, tip));
    }

    [Fact]
    public void The_version_links_to_its_release_notes()
    {
        var row = Card(Car with { Version = "2019.40.50.7 ad132c7b057e" }).Rows.Single(row => row.Label == "Version");
        row.Value.ShouldBe("2019.40.50.7");
        row.Link.ShouldBe("https://www.notateslaapp.com/software-updates/version/2019.40.50.7/release-notes");
    }

    [Theory]
    [InlineData("available", null, null, "Software Update available (2020.4.1)", null)]
    [InlineData("downloading", 42, null, "Downloading 42%", null)]
    [InlineData("installing", 100, 25, "Installing 25%", "is-installing")]
    [InlineData("scheduled", 100, 10, "Software Update available (2020.4.1)", "is-ready")]
    public void An_update_says_how_far_it_is(string status, int? download, int? install, string tip, string? look)
    {
        var icon = Card(Car with { UpdateAvailable = true, UpdateStatus = status, UpdateVersion = "2020.4.1", DownloadPerc = download, InstallPerc = install }).Icons
            .Single(icon => icon.Name == "gift-outline");
        (icon.Tip, icon.Class).ShouldBe((tip, look));
        icon.Link.ShouldBe("https://www.notateslaapp.com/software-updates/version/2020.4.1/release-notes");
    }

    [Theory]
    [InlineData(73, 70, true)]
    [InlineData(72, 70, false)]
    [InlineData(73, null, false)]
    public void A_cold_battery_shows_a_snowflake(int level, int? usable, bool shown)
        => IconsOf(Car with { BatteryLevel = level, UsableBatteryLevel = usable }).Contains("Reduced Battery Range").ShouldBe(shown);

    [Fact]
    public void Icons_come_in_a_fixed_order()
        => IconsOf(Car with
        {
            IsPreconditioning = true,
            ClimateKeeperMode = "dog",
            BatteryLevel = 73,
            UsableBatteryLevel = 70,
            IsUserPresent = true,
            PluggedIn = true,
            ServiceMode = true,
            Latitude = 52.3950657,
            Longitude = 13.78956,
            WindowsOpen = true,
            DoorsOpen = true,
            SentryMode = true,
            CenterDisplayState = 7,
            Locked = false,
            UpdateAvailable = true,
            Healthy = false,
            TpmsSoftWarningFl = true,
            TpmsSoftWarningFr = false,
            TpmsSoftWarningRl = true,
            TpmsSoftWarningRr = false,
            TpmsPressureFl = 2.15,
            TpmsPressureRl = null,
        }).ShouldBe(
        [
            "Preconditioning", "Dog Mode", "Reduced Battery Range", "Driver present", "Plugged In", "Service Mode", "View car location on Google Maps", "Windows open", "Doors open", "Sentry Mode",
            "Sentry Mode recording", "Unlocked", "Software Update available", "Tires with low pressure: Front left (2.2 Bar), Rear left (—)", "Health check failed",
        ]);

    [Fact]
    public void The_map_link_has_every_digit()
        => Card(Car with { Latitude = 52.3950657, Longitude = 13.78956 }).Icons.Single(icon => icon.Name == "map-marker").Link.ShouldBe("https://www.google.com/maps?q=52.3950657,13.78956");

    [Theory]
    [InlineData(VehicleStateName.Online, "off", null, CardButton.TryToSleep)]
    [InlineData(VehicleStateName.Online, "off", true, CardButton.None)]
    [InlineData(VehicleStateName.Online, "dog", null, CardButton.None)]
    [InlineData(VehicleStateName.Online, null, null, CardButton.None)]
    [InlineData(VehicleStateName.Suspended, null, null, CardButton.CancelSleep)]
    [InlineData(VehicleStateName.Driving, "off", null, CardButton.None)]
    public void Sleep_is_offered_where_it_can_work(VehicleStateName state, string? keeper, bool? sentry, CardButton button)
        => Card(Car with { State = state, ClimateKeeperMode = keeper, SentryMode = sentry }).Button.ShouldBe(button);

    [Fact]
    public void A_resting_cars_temperatures_are_forgotten_after_half_an_hour()
    {
        var car = Car with { State = VehicleStateName.Offline, OutsideTemp = 20 };
        RowsOf(car with { Since = Now - TimeSpan.FromMinutes(30) }).ShouldContainKey("Outside Temperature");
        RowsOf(car with { Since = Now - TimeSpan.FromMinutes(31) }).ShouldNotContainKey("Outside Temperature");
    }

    [Theory]
    [InlineData(4, "")]
    [InlineData(5, "5 s")]
    [InlineData(60, "1 min")]
    [InlineData(61, "1 min")]
    [InlineData(3600, "1 h")]
    [InlineData(3661, "1 h, 1 min")]
    [InlineData(90061, "1 d, 1 h")]
    [InlineData(604800, "1 wk")]
    [InlineData(604800 + 65, "1 wk, 1 min")]
    [InlineData(86405, "1 d")]
    public void A_duration_has_two_parts_at_most(int seconds, string text)
        => Durations.Since(TimeSpan.FromSeconds(seconds)).ShouldBe(text);

    static Summary Online() => Car with
    {
        RatedBatteryRangeKm = 321.87,
        IdealBatteryRangeKm = 400,
        EstBatteryRangeKm = 289.68,
        BatteryLevel = 69,
        UsableBatteryLevel = 67,
        OutsideTemp = 24,
        InsideTemp = 23.2,
        Odometer = 42000.04,
    };

    static CarCard Card(Summary summary, GlobalSettings? settings = null) => CarCard.Of(summary, VisitWith(settings ?? new()));

    static IReadOnlyList<string> IconsOf(Summary summary) => [.. Card(summary).Icons.Select(icon => icon.Tip)];

    static Dictionary<string, string> RowsOf(Summary summary, GlobalSettings? settings = null)
        => Card(summary, settings).Rows.ToDictionary(row => row.Label, row => row.Tip is null ? row.Value : $"{row.Value} | {row.Tip}");

    static Visit VisitWith(GlobalSettings settings) => new()
    {
        Texts = new LanguageChoice().In(Language.English),
        Settings = settings,
        Units = new Units(settings),
        Web = new WebSettings(),
        Assets = new AssetFiles(),
        Path = "/",
        Now = Now,
    };
}
