using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Mqtt.Publishing;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.EndToEnd;

namespace TeslaMate.Tests.Mqtt;

/// <summary>The whole program, started while Tesla cannot be reached, with a broker that has values of before.</summary>
public sealed class UnreachableTests
{
    const string Base = "teslamate/cars/1";

    [SkippableTheory]
    [InlineData(true, "Home")]
    [InlineData(false, "Before")]
    public async Task What_the_database_knows_is_published_and_all_else_stays_as_it_is(bool hasPosition, string geofence)
    {
        await using var server = await MosquittoServer.StartAsync();
        var before = new Dictionary<string, string>
        {
            ["geofence"] = "Before",
            ["shift_state"] = "P",
            ["charger_power"] = "11",
            ["charger_voltage"] = "230",
            ["charge_energy_added"] = "7.5",
            ["time_to_full_charge"] = "1.5",
            ["scheduled_charging_start_time"] = "2026-11-29T22:00:00Z",
            ["active_route_destination"] = "Work",
        };
        foreach (var (topic, payload) in before)
            await server.PublishAsync($"{Base}/{topic}", payload, retain: true);
        var home = City.Berlin().Home;
        await using var cloud = new TeslaCloud(
            [new LifeScript(CarIdentity.Number(1, "Nimbus"), CarModel.Model3, home, TimeProvider.System.GetUtcNow(), seed: 7).Build()],
            TimeProvider.System);
        await cloud.StartAsync();
        await using var database = await TestServer.CreateDatabaseAsync();
        var at = FormattableString.Invariant($"{home.Point.Latitude}, {home.Point.Longitude}");
        await ProgramUnderTest.PrepareAsync(database.ConnectionString, cloud, $"""
            {ThreeCars.Cars([cloud.Cars[0].Life])}
            insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at) values ('Home', {at}, 50, '2026-01-01', '2026-01-01');
            insert into positions (car_id, date, latitude, longitude, ideal_battery_range_km, battery_level, odometer)
            select 1, '2026-01-01', {at}, 300, 71, 1234.5 where {hasPosition};
            """);
        var folder = Directory.CreateTempSubdirectory("teslamate-unreachable-").FullName;
        try
        {
            await using var program = await ProgramUnderTest.StartAsync(database.ConnectionString, cloud, TimeProvider.System, folder,
                new Dictionary<string, string>
                {
                    ["TESLA_API_HOST"] = "http://127.0.0.1:1",
                    ["DISABLE_MQTT"] = "",
                    ["DEFAULT_GEOFENCE"] = "Nowhere",
                    ["MQTT_HOST"] = "127.0.0.1",
                    ["MQTT_PORT"] = server.Port.ToString(CultureInfo.InvariantCulture),
                });
            var outbox = program.Parts.GetRequiredService<Outbox>();
            await using var listener = await server.ListenAsync($"{Base}/state");
            await listener.UntilAsync(message => message.Payload == "unavailable");
            while (outbox.Pending > 0)
                await Task.Delay(20);
            var retained = await server.RetainedAsync();
            foreach (var (topic, payload) in before)
                retained.GetValueOrDefault($"{Base}/{topic}").ShouldBe(topic == "geofence" ? geofence : payload, topic);
            retained.GetValueOrDefault($"{Base}/battery_level").ShouldBe(hasPosition ? "71" : null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
