using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Targets;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Simulator.Telemetry;
using TeslaMate.Telemetry.Endpoint;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Outgoing;
using TeslaMate.Tests.Simulator.Clocks;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>What a car tells by its own connection reaches the owner's webhook (spec api 4.2): the alert, and the rows that its trip left.</summary>
[Collection(NonParallelCollection.Name)]
public sealed class StreamedAlertTests
{
    static readonly DateTimeOffset Start = ThreeCars.Start;

    [Fact]
    public Task A_car_that_streams_is_told_of_in_order_and_once_although_the_receiver_fails_at_first() => NonParallelCollection.RunAsync(async () =>
    {
        var city = City.Berlin();
        var life = new LifeScript(CarIdentity.Number(1, "Nimbus"), CarModel.Model3, city.Home, Start, seed: 5, level: 23)
            .Park(TimeSpan.FromMinutes(20)).Drive(city.ToCharger)
            .Park(TimeSpan.FromMinutes(3)).Charge(Charger.Supercharger, 30)
            .Park(TimeSpan.FromMinutes(30)).Build();
        TeslaCloud? cloud = null;
        TelemetryCar? car = null;
        using var idle = new IdleDetector(() => cloud!.WaitingOnPurpose, () => cloud!.StreamMessages).Start();
        Func<bool> hasArrived = () => true;
        var time = new SteppedTime(Start, () => (car?.IsSettled ?? true) && hasArrived() && idle.IsIdle());
        await using var running = cloud = new TeslaCloud([life], time);
        await cloud.StartAsync();
        await using var database = await TestServer.CreateDatabaseAsync();
        await ProgramUnderTest.PrepareAsync(database.ConnectionString, cloud,
            ThreeCars.Cars([life]) + "insert into teslamate.telemetry_cars (car_id) values (1);");
        var folder = Directory.CreateTempSubdirectory("teslamate-alert-").FullName;
        try
        {
            await using var receiver = (await Receiver.StartAsync()).Then(500);
            using var authority = new CarAuthority(Start);
            var port = StreamedDayTests.FreePort();
            var variables = StreamedDayTests.Endpoint(folder, authority, port);
            variables["OUTGOING_ALLOWED_NETWORKS"] = "127.0.0.0/8";
            await using var program = await ProgramUnderTest.StartAsync(database.ConnectionString, cloud, time, folder, variables);
            await AddWebhookAsync(program.Parts, receiver.Url);
            var endpoint = program.Parts.GetRequiredService<EndpointCounters>();
            hasArrived = () => endpoint.Connections == (car?.IsConnected is true ? 1 : 0);
            using var stop = new CancellationTokenSource();
            var route = new EndpointRoute(new Uri(string.Create(CultureInfo.InvariantCulture, $"wss://127.0.0.1:{port}/")), authority);
            car = new TelemetryCar(life, route, time) { DrivingInterval = TimeSpan.FromSeconds(5) };
            var driving = car.RunAsync(stop.Token);
            await time.AdvanceToAsync(life.End.AddHours(1));
            await stop.CancelAsync();
            await driving;

            // A repetition has the number of the first try.
            var told = receiver.Requests.DistinctBy(request => request.Id).Select(request => JsonDocument.Parse(request.Body).RootElement).ToList();
            told.Select(body => body.GetProperty("type").GetString()).ShouldBe(["battery.low", "drive.ended", "charge.ended"]);
            receiver.Requests.Count.ShouldBeGreaterThan(told.Count);
            told[0].GetProperty("data").GetProperty("battery_pct").GetInt32().ShouldBe(19);
            // It was told when it happened, on the way, and not when the trip was written down.
            told[0].GetProperty("occurred_at").GetDateTimeOffset().ShouldBeInRange(life.Drives.First().Start, life.Drives.First().End);
            told[1].GetProperty("data").GetProperty("distance_km").GetDouble().ShouldBe(life.Drives.First().DistanceKm, 0.1);
            told[2].GetProperty("data").GetProperty("energy_added_kwh").GetDouble().ShouldBe(life.Charges.First().AddedKwh, 0.7);
            told.ShouldAllBe(body => body.GetProperty("car").GetProperty("id").GetInt32() == 1);
            cloud.Cars[0].Count(RequestKind.VehicleData).ShouldBeLessThan(12);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    });

    static async Task AddWebhookAsync(IServiceProvider parts, string url)
    {
        var draft = new TargetDraft
        {
            Kind = TargetKind.Webhook,
            Name = "door bell",
            Fields = new Dictionary<string, string?> { ["url"] = url },
            Events = ["battery.low", "drive.ended", "charge.ended"],
        };
        var (input, errors) = TargetInput.Check(draft, new HashSet<string>(), parts.GetRequiredService<AddressGuard>());
        errors.ShouldBeEmpty();
        await parts.GetRequiredService<TargetTable>().CreateAsync(input!, default);
    }
}
