using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Mqtt;

/// <summary>Summaries that say only what a test is about.</summary>
static class ASummary
{
    public static Car Known(short id = 1)
        => new() { Id = new CarId(id), Eid = 1000 + id, Vid = 2000 + id, Vin = $"5YJ3E1EA1NF{id:000000}", Settings = new CarSettings() };

    public static Summary Silent(short id = 1) => new() { Car = Known(id), State = VehicleStateName.Unavailable, Healthy = true };

    public static Summary Online(short id = 1)
        => Silent(id) with
        {
            State = VehicleStateName.Online,
            DisplayName = "Foo",
            Since = new DateTimeOffset(2026, 3, 1, 8, 30, 0, 123, TimeSpan.Zero),
            Latitude = 37.889602,
            Longitude = 41.129182,
            Speed = 40,
            Power = -9,
            Heading = 340,
            Elevation = 100,
            OdometerKm = 42000,
            InsideTemp = 20,
            OutsideTemp = 15.5,
            BatteryLevel = 60,
            EstBatteryRangeKm = 220.05,
            ChargerPower = 50,
            TimeToFullCharge = 2.5,
            Locked = true,
            SentryMode = false,
            Version = "2019.42",
            UpdateAvailable = false,
            UpdateVersion = "2019.43",
        };
}
