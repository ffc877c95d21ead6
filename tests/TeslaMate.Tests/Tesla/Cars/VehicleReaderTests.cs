using System.Text.Json;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Json;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Tesla.Cars;

public class VehicleReaderTests
{
    readonly RecordedLog _log = new();

    [Fact]
    public void A_parked_car_is_read_completely()
    {
        var car = Vehicle(Samples.Parked);
        car.IsFull.ShouldBeTrue();
        car.Id.ShouldBe(new Eid(1492930000000042));
        car.VehicleId.ShouldBe(new Vid(1689000042));
        car.Vin.ShouldBe("5YJ3E7EB2MF000042");
        car.Name.ShouldBe("Nimbus");
        car.DriveState!.Timestamp.ShouldBe(DateTimeOffset.FromUnixTimeMilliseconds(1767607200121));
        car.DriveState.Latitude.ShouldBe(52.516275);
        car.DriveState.Speed.ShouldBeNull();
        car.DriveState.ShiftState.ShouldBeNull();
        car.ChargeState!.BatteryLevel.ShouldBe(68);
        car.ChargeState.IdealBatteryRange.ShouldBe(197.42);
        car.ChargeState.ConnChargeCable.ShouldBe("<invalid>");
        car.ClimateState!.InsideTemp.ShouldBe(14.2);
        car.VehicleConfig!.TrimBadging.ShouldBe("74d");
        car.VehicleState!.OdometerMiles.ShouldBe(23456.789012);
        car.VehicleState.TpmsPressureRl.ShouldBe(2.875);
        car.VehicleState.Locked.ShouldBe(true);
        car.VehicleState.SoftwareUpdate.ShouldBe(new SoftwareUpdate { Status = "", Version = " ", DownloadPerc = 0, InstallPerc = 1 });
        _log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public void Driving_and_charging_are_read()
    {
        var drive = Vehicle(Samples.Driving).DriveState!;
        drive.ShiftState.ShouldBe(ShiftState.D);
        drive.Speed.ShouldBe(31);
        drive.ActiveRouteDestination.ShouldBe("Spandau Supercharger");
        drive.ActiveRouteMilesToArrival.ShouldBe(9.31);
        var charge = Vehicle(Samples.Charging).ChargeState!;
        charge.IsCharging.ShouldBeTrue();
        charge.ChargerPhases.ShouldBe(2);
        charge.ScheduledChargingStartTime.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1767650400));
        _log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public void Only_products_with_a_vehicle_id_are_cars()
    {
        var car = Read("""{"response":PRODUCTS}""".Replace("PRODUCTS", Response(Samples.Products).GetRawText(), StringComparison.Ordinal),
            Reader().Listing).ShouldHaveSingleItem();
        car.Vin.ShouldBe("5YJ3E7EB2MF000042");
        car.Data.Availability.ShouldBe(Availability.Asleep);
    }

    [Fact]
    public void A_car_that_cannot_be_identified_is_left_out_and_the_others_stay()
    {
        Read("""{"response":[{"id":1,"vehicle_id":2},{"id":"x","vehicle_id":2,"vin":"V"},7,null,{"id":3,"vehicle_id":4,"vin":"W"}]}""",
            Reader().Listing)
            .ShouldHaveSingleItem().Id.ShouldBe(new Eid(3));
        _log.Everything.ShouldContain("cannot be logged");
    }

    [Fact]
    public void A_null_response_is_a_car_that_says_nothing()
    {
        var car = Vehicle("""{"response":null}""");
        car.State.ShouldBe("unknown");
        car.Availability.ShouldBe(Availability.Unknown);
    }

    [Fact]
    public void An_empty_section_is_there_and_a_missing_one_is_not()
    {
        var car = Vehicle("""{"response":{"state":"online","drive_state":{},"charge_state":null,"climate_state":[],"vehicle_state":"x"}}""");
        car.DriveState.ShouldBe(new DriveState());
        car.ChargeState.ShouldBeNull();
        car.ClimateState.ShouldBeNull();
        car.VehicleState.ShouldBeNull();
        car.VehicleConfig.ShouldBeNull();
        car.IsBare.ShouldBeTrue();
    }

    [Theory]
    [InlineData("65", 65)]
    [InlineData("65.0", 65)]
    [InlineData("65.4", 65)]
    [InlineData("65.5", 66)]
    [InlineData("6.5e1", 65)]
    [InlineData("null", null)]
    [InlineData("\"65\"", null)]
    [InlineData("true", null)]
    [InlineData("[65]", null)]
    [InlineData("{}", null)]
    [InlineData("-5", -5)]
    [InlineData("-301", null)]
    [InlineData("301", null)]
    [InlineData("1e400", null)]
    [InlineData("99999999999999999999999", null)]
    public void A_whole_number_is_taken_from_any_number_in_range_and_from_nothing_else(string json, int? expected)
        => Drive("speed", json).Speed.ShouldBe(expected);

    [Theory]
    [InlineData("52.5", 52.5)]
    [InlineData("52", 52.0)]
    [InlineData("-90", -90.0)]
    [InlineData("90.001", null)]
    [InlineData("\"52.5\"", null)]
    [InlineData("-1e999", null)]
    public void A_position_is_taken_only_from_the_globe(string json, double? expected) => Drive("latitude", json).Latitude.ShouldBe(expected);

    [Theory]
    [InlineData("\"D\"", ShiftState.D)]
    [InlineData("\"SNA\"", ShiftState.Other)]
    [InlineData("\"\"", ShiftState.Other)]
    [InlineData("null", null)]
    [InlineData("4", null)]
    public void An_unknown_gear_is_told_apart_from_none(string json, ShiftState? expected)
    => Drive("shift_state", json).ShiftState.ShouldBe(expected);

    [Theory]
    [InlineData("1767607200121", true)]
    [InlineData("1767607200121.7", true)]
    [InlineData("0", false)]
    [InlineData("1767607200", false)]
    [InlineData("9223372036854775807", false)]
    [InlineData("\"2026-01-05\"", false)]
    public void An_instant_is_in_milliseconds_of_this_century(string json, bool read)
    => (Drive("timestamp", json).Timestamp is not null).ShouldBe(read);

    [Theory]
    [InlineData(@"""Spandau""", "Spandau")]
    [InlineData(@"""a\u0000b""", null)]
    [InlineData(@"""\ud800""", null)]
    [InlineData("17", null)]
    public void A_text_can_be_stored(string json, string? expected)
    => Drive("active_route_destination", json).ActiveRouteDestination.ShouldBe(expected);

    [Fact]
    public void A_text_that_is_too_long_for_its_column_is_left_out()
    {
        Drive("active_route_destination", $"\"{new string('x', 255)}\"").ActiveRouteDestination.ShouldNotBeNull();
        Drive("active_route_destination", $"\"{new string('x', 256)}\"").ActiveRouteDestination.ShouldBeNull();
    }

    [Fact]
    public void A_field_is_complained_about_once_and_without_its_value()
    {
        var reader = Reader();
        for (var i = 0; i < 100; i++)
            Read("""{"response":{"drive_state":{"latitude":"52.516275"}}}""", reader.Vehicle);
        _log.Lines.ShouldHaveSingleItem().ShouldContain("latitude");
        _log.Everything.ShouldNotContain("52.516275");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("\"x\"")]
    public void A_vehicle_of_another_shape_is_no_vehicle(string json)
        => Should.Throw<FormatException>(() => Read($$"""{"response":{{json}}}""", Reader().Vehicle));

    DriveState Drive(string name, string json) => Vehicle($$$$"""{"response":{"drive_state":{"{{{{name}}}}":{{{{json}}}}}}}""").DriveState!;

    VehicleData Vehicle(string json) => Read(json, Reader().Vehicle);

    VehicleReader Reader() => new(new Oddities(_log.For<Oddities>(), new ManualTime()));

    static T Read<T>(string json, Func<JsonElement, T> read)
    {
        using var document = JsonDocument.Parse(json);
        return read(document.RootElement.GetProperty("response"));
    }

    static JsonElement Response(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("response").Clone();
    }
}
