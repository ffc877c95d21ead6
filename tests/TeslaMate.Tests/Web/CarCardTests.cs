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
            "Preconditioning", "Dog Mode", "Reduced Battery Range", "Driver present", "Plugged In", "Service Mode",
            "View car location on Google Maps", "Windows open", "Doors open", "Sentry Mode",
            "Sentry Mode recording", "Unlocked", "Software Update available", "Tires with low pressure: Front left (2.2 Bar), Rear left (—)",
            "Health check failed",
        ]);

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

    static CarCard Card(Summary summary, GlobalSettings? settings = null) => CarCard.Of(summary, ContextWith(settings ?? new()));

    static IReadOnlyList<string> IconsOf(Summary summary) => [.. Card(summary).Icons.Select(icon => icon.Tip)];

    static Dictionary<string, string> RowsOf(Summary summary, GlobalSettings? settings = null)
        => Card(summary, settings).Rows.ToDictionary(row => row.Label, row => row.Tip is null ? row.Value : $"{row.Value} | {row.Tip}");

    static PageContext ContextWith(GlobalSettings settings) => new()
    {
        Texts = new TextCatalogue().In(Language.English),
        Settings = settings,
        Units = new Units(settings),
        Web = new WebSettings(),
        Assets = new AssetFiles(),
        Path = "/",
        Now = Now,
    };
}
