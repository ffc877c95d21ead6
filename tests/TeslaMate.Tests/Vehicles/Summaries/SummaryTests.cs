using TeslaMate.Logbook;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Life;
using static TeslaMate.Tests.Vehicles.ACar;

namespace TeslaMate.Tests.Vehicles.Summaries;

/// <summary>The summary's fields (spec vehicle 15 and 18.5).</summary>
public class SummaryTests
{
    [Theory]
    [InlineData("available", true)]
    [InlineData("downloading", true)]
    [InlineData("downloading_wifi_wait", true)]
    [InlineData("scheduled", true)]
    [InlineData("installing", true)]
    [InlineData("", false)]
    [InlineData("foo", false)]
    [InlineData(null, null)]
    public void Whether_an_update_is_available(string? status, bool? available) => Of(Online().Update(status)).UpdateAvailable.ShouldBe(available);

    [Fact]
    public void Progress_and_version_of_an_update()
    {
        var summary = Of(Online().Update("installing", "2024.2.2 fed", "2024.3.1 abc123", download: 100, install: 42));
        (summary.UpdateStatus, summary.UpdateVersion, summary.Version, summary.DownloadPerc,
            summary.InstallPerc).ShouldBe(("installing", "2024.3.1", "2024.2.2", 100, 42));
        var none = Of(Online().Body(body => body with { SoftwareUpdate = null }));
        (none.UpdateStatus, none.UpdateAvailable, none.UpdateVersion, none.DownloadPerc, none.InstallPerc).ShouldBe((null, null, null, null, null));
    }

    [Fact]
    public void Doors_and_windows()
    {
        var summary = Of(Online().Body(body => body with
        {
            Df = 0,
            Dr = 1,
            Pf = 0,
            Pr = 0,
            FdWindow = 0,
            RdWindow = 0,
            FpWindow = 2,
            RpWindow = 0,
            Rt = 0,
            Ft = 3,
        }));
        (summary.DriverFrontDoorOpen, summary.DriverRearDoorOpen, summary.PassengerFrontDoorOpen, summary.PassengerRearDoorOpen, summary.DoorsOpen)
            .ShouldBe((false, true, false, false, true));
        (summary.DriverFrontWindowOpen, summary.DriverRearWindowOpen, summary.PassengerFrontWindowOpen, summary.PassengerRearWindowOpen,
            summary.WindowsOpen)
            .ShouldBe((false, false, true, false, true));
        (summary.TrunkOpen, summary.FrunkOpen).ShouldBe((false, true));
    }

    [Fact]
    public void One_unknown_door_makes_all_doors_unknown()
    {
        var summary = Of(Online().Body(body => body with { Df = 1, Dr = 0, Pf = 0 }));
        (summary.DriverFrontDoorOpen, summary.PassengerRearDoorOpen, summary.DoorsOpen, summary.WindowsOpen).ShouldBe((true, null, null, null));
    }

    [Theory]
    [InlineData("Disconnected", false)]
    [InlineData("Charging", true)]
    [InlineData("NoPower", true)]
    [InlineData(null, true)]
    public void Whether_the_car_is_plugged_in(string? charging, bool plugged) =>
        SummaryBuilder.Build(new Scene().Vehicle with { LastResponse = Online().Charging(charging) }, T).PluggedIn.ShouldBe(plugged);

    [Fact]
    public void Distances_are_kilometres_but_the_route_stays_in_miles()
    {
        var summary = Of(Online()
            .Charge(charge => charge with { IdealBatteryRange = 200, EstBatteryRange = 100.5, BatteryRange = 1 }).Odometer(26000.123456)
            .Drive(drive => drive with { Speed = 30, ActiveRouteDestination = "Home", ActiveRouteMilesToArrival = 6.485299 }));
        (summary.IdealBatteryRangeKm, summary.EstBatteryRangeKm, summary.RatedBatteryRangeKm, summary.OdometerKm,
            summary.Speed).ShouldBe((321.87, 161.74, 1.61, 41843.14, 48));
        (summary.ActiveRouteDestination, summary.ActiveRouteMilesToArrival).ShouldBe(("Home", 6.485299));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    [InlineData(null, null)]
    public void Whether_there_is_a_sun_roof(int? raw, bool? installed) =>
        Of(Online() with { VehicleConfig = new VehicleConfig { SunRoofInstalled = raw } }).SunRoofInstalled.ShouldBe(installed);

    [Fact]
    public void Nothing_received_means_nothing_known()
    {
        var scene = new Scene();
        SummaryBuilder.Build(scene.Vehicle, scene.Now)
            .ShouldBe(new Summary { Car = scene.Vehicle.Car, State = VehicleStateName.Unavailable, Healthy = true });
    }

    /// <summary>Nobody could be asked yet: what the database knows is known, and the rest is not "nothing".</summary>
    [Fact]
    public void A_car_that_has_not_been_heard_is_where_the_database_says()
    {
        var scene = new Scene(open: new OpenEntries(null, null, null, null, Stored, null));
        scene.Send(new VehicleEvent.Started(scene.Now, new Surroundings(new SummaryGeofence(1, "Home"), null))).Fails(new ApiError.Timeout());
        var summary = scene.Summaries.ShouldHaveSingleItem();
        (summary.State, summary.IsRestored, summary.Geofence?.Name, summary.Latitude,
            summary.BatteryLevel).ShouldBe((VehicleStateName.Unavailable, true, "Home", 37.889544, 64));
    }

    [Fact]
    public void A_car_that_nobody_knows_is_not_nowhere() =>
        new Scene().Fails(new ApiError.Timeout()).Summaries.ShouldHaveSingleItem().IsRestored.ShouldBeTrue();

    static Summary Of(VehicleData data) => new Scene().Gets(data).Summaries[0];
}
