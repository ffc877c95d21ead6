using System.Globalization;
using System.Net.NetworkInformation;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Mqtt.Publishing;
using TeslaMate.Mqtt.Values;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.EndToEnd;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Mqtt;

/// <summary>The whole program with a car that drives, and a broker that dies again and again.</summary>
public sealed class BrokerLossTests
{
    const int Crashes = 50;

    const string Topics = "teslamate/cars/1/";

    static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    [SkippableFact]
    public async Task After_each_of_fifty_broker_crashes_the_retained_values_are_the_cars_and_no_row_is_late_or_lost()
    {
        // Without persistence every restart is a broker that knows nothing.
        await using var server = await MosquittoServer.StartAsync("allow_anonymous true\npersistence false");
        await using var cloud = new TeslaCloud([Drive()], TimeProvider.System) { StreamInterval = TimeSpan.FromSeconds(2) };
        await cloud.StartAsync();
        await using var database = await TestServer.CreateDatabaseAsync();
        await ProgramUnderTest.PrepareAsync(database.ConnectionString, cloud, ThreeCars.Cars([cloud.Cars[0].Life]));
        var folder = Directory.CreateTempSubdirectory("teslamate-broker-").FullName;
        try
        {
            await using var program = await ProgramUnderTest.StartAsync(database.ConnectionString, cloud, TimeProvider.System, folder,
                new Dictionary<string, string>
                {
                    ["DISABLE_MQTT"] = "",
                    ["MQTT_HOST"] = "127.0.0.1",
                    ["MQTT_PORT"] = server.Port.ToString(CultureInfo.InvariantCulture),
                    ["MQTT_HOME_ASSISTANT_DISCOVERY"] = "true",
                });
            var hub = program.Parts.GetRequiredService<SummaryHub>();
            var outbox = program.Parts.GetRequiredService<Outbox>();
            var link = program.Parts.GetRequiredService<BrokerLink>();
            await UntilAsync(async () => await StreamedAsync(database) > 0, "the drive is logged");
            var (sentBefore, storedBefore) = await CountedAsync(cloud, database);
            cloud.StreamInterval = TimeSpan.FromMilliseconds(150);
            await RetainedAsync(server, hub, outbox, link);
            var topics = outbox.Topics.Count;

            for (var crash = 1; crash <= Crashes; crash++)
            {
                await server.KillAsync();
                var stored = await StreamedAsync(database);
                // Rows go on arriving, two or more of them to be sure that none was under way, and what waits for the broker stays the newest values.
                await UntilAsync(async () => await StreamedAsync(database) >= stored + 2, "positions are stored while the broker is away");
                outbox.Pending.ShouldBeLessThanOrEqualTo(topics);
                await server.StartAgainAsync();

                var (summary, retained) = await RetainedAsync(server, hub, outbox, link);
                ShouldBeTheCars(summary, retained, crash);
                outbox.Topics.Count.ShouldBe(topics, "nothing grows");
                link.Connections.ShouldBe(crash + 1);
                await UntilAsync(() => Task.FromResult(ConnectionsTo(server.Port) == 1), "the old connection is closed");
            }

            // The stream is slow again, so that both ends of it can be counted.
            cloud.StreamInterval = TimeSpan.FromSeconds(2);
            var (sent, storedAfter) = await CountedAsync(cloud, database);
            (storedAfter - storedBefore).ShouldBe(sent - sentBefore, "every message of the stream is a row");
            sent.ShouldBeGreaterThan(sentBefore + 2 * Crashes);
            program.Log.Lines.ShouldNotContain(line => !line.Contains("MQTT", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static Life Drive()
    {
        var city = City.Berlin();
        return new LifeScript(CarIdentity.Number(1, "Nimbus"), CarModel.Model3, city.Home, TimeProvider.System.GetUtcNow().AddMinutes(-2), seed: 7)
            .Drive(city.ToCharger).Drive(city.ToCharger.Reversed()).Drive(city.ToCharger).Build();
    }

    /// <summary>The car's summary and what the broker has, of one moment.</summary>
    static async Task<(Summary Summary, Dictionary<string, string> Retained)> RetainedAsync(MosquittoServer server, SummaryHub hub, Outbox outbox,
        BrokerLink link)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < WaitTimeout)
        {
            var before = hub.All.Single();
            if (link.ConnectedSince is not null && outbox.Pending == 0)
            {
                var retained = await server.RetainedAsync();
                // The car drives on meanwhile; a picture counts when nothing moved while it was taken.
                if (ReferenceEquals(before, hub.All.Single()) && outbox.Pending == 0)
                    return (before, retained);
            }
            else
            {
                await Task.Delay(10);
            }
        }

        throw new InvalidOperationException($"The broker did not get everything: {link.LastError}");
    }

    static void ShouldBeTheCars(Summary summary, Dictionary<string, string> retained, int crash)
    {
        summary.State.ShouldBe(VehicleStateName.Driving);
        var expected = SummaryTopics.Of(summary, defaultGeofence: null)
            .Append(("software_update", SummaryTopics.SoftwareUpdate(summary.Version, summary.UpdateAvailable, summary.UpdateVersion)))
            .Where(entry => entry.Item1 != SummaryTopics.Healthy)
            .Select(entry => (Topic: Topics + entry.Item1, Payload: entry.Item2))
            .ToDictionary(entry => entry.Topic, entry => entry.Payload);
        foreach (var (topic, payload) in expected)
        {
            if (payload is { Length: > 0 })
                retained[topic].ShouldBe(payload, $"{topic} after crash {crash}");
            else if (payload is not null || SummaryTopics.ClearedByNull.Contains(topic[Topics.Length..]))
                retained.ShouldNotContainKey(topic);
        }

        retained.Keys.Except(expected.Keys).ShouldBe(["teslamate/availability", "homeassistant/device/teslamate_1/config"], ignoreOrder: true);
        retained["teslamate/availability"].ShouldBe("online");
    }

    /// <summary>Messages of the stream and the rows they became, of a moment at which none is under way.</summary>
    static async Task<(long Sent, long Stored)> CountedAsync(TeslaCloud cloud, TestDatabase database)
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var sent = cloud.StreamMessages;
            await Task.Delay(TimeSpan.FromSeconds(1));
            var stored = await StreamedAsync(database);
            if (cloud.StreamMessages == sent)
                return (sent, stored);
        }

        throw new InvalidOperationException("The stream is too fast to be counted.");
    }

    /// <summary>Positions that came over the stream: a poll brings a range.</summary>
    static Task<long> StreamedAsync(TestDatabase database)
        => database.ScalarAsync<long>("select count(*) from positions where drive_id is not null and ideal_battery_range_km is null");

    static int ConnectionsTo(int port)
        => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections()
            .Count(connection => connection.RemoteEndPoint.Port == port && connection.State == TcpState.Established);

    static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(WaitTimeout, what);
            await Task.Delay(20);
        }
    }
}
