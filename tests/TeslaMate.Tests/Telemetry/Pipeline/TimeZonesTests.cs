using TeslaMate.Telemetry.Pipeline;

namespace TeslaMate.Tests.Telemetry.Pipeline;

public class TimeZonesTests
{
    [Theory]
    [InlineData(52.52, 13.405, "Europe/Berlin")]
    [InlineData(38.72, -9.14, "Europe/Lisbon")]
    [InlineData(42.88, -8.54, "Europe/Madrid")]
    [InlineData(37.41, -122.14, "America/Los_Angeles")]
    [InlineData(33.4, -112.0, "America/Phoenix")]
    [InlineData(-33.9, 151.2, "Australia/Sydney")]
    [InlineData(27.7, 85.3, "Asia/Kathmandu")]
    [InlineData(-43.9, -176.5, "Pacific/Chatham")]
    [InlineData(0, -30, "Etc/GMT+2")]
    [InlineData(-90, 180, "Antarctica/McMurdo")]
    public void A_place_has_its_zone(double latitude, double longitude, string name)
    {
        TimeZones.NameOf(latitude, longitude).ShouldBe(name);
        TimeZones.At(latitude, longitude).ShouldNotBeNull().Id.ShouldBe(name);
    }

    [Fact]
    public void Every_place_has_one_that_this_machine_knows()
    {
        for (var latitude = -90.0; latitude <= 90; latitude += 3.7)
        {
            for (var longitude = -180.0; longitude <= 180; longitude += 3.7)
                TimeZones.At(latitude, longitude).ShouldNotBeNull($"{latitude} {longitude}");
        }

        foreach (var (latitude, longitude) in new[] { (90.0, 180.0), (90, -180), (-90, -180), (-90, 180) })
            TimeZones.At(latitude, longitude).ShouldNotBeNull();
    }
}
