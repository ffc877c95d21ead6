using System.Net;
using System.Text.Json.Nodes;
using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;
using TeslaMate.Logbook;
using TeslaMate.Outgoing.Abrp;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Mqtt;
using TeslaMate.Tests.Time;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Outgoing.Abrp;

/// <summary>Live data as they leave the program, against a server in the place of Iternio's.</summary>
public sealed class AbrpPublisherTests : IAsyncLifetime
{
    readonly ManualTime _time = new();
    readonly SummaryHub _hub = new();
    readonly RecordedEvents _events = new();
    readonly RecordedLog _log = new();
    LogbookDatabase _database = null!;
    ScriptedReceiver _server = null!;
    OutgoingHttp _http = null!;
    TargetTable _targets = null!;
    AbrpChannel _channel = null!;
    AbrpPublisher _publisher = null!;

    public async Task InitializeAsync()
    {
        _database = await LogbookDatabase.CreateMigratedAsync();
        _server = await ScriptedReceiver.StartAsync();
        _server.Answer = () => (200, """{"status":"ok"}""");
        _http = ScriptedReceiver.Http(_time);
        var key = EncryptionKey.Find(new Variables(new Dictionary<string, string> { ["ENCRYPTION_KEY"] = "a key of the tests" }));
        _targets = new TargetTable(_database.DataSource, key, _time);
        _channel = new AbrpChannel(_hub, new AbrpClient(_http, _server.Address), new BatteryFacts(_database.DataSource, _time),
            new AbrpSettings { ApplicationKey = new Secret("app-key") });
        _publisher = new AbrpPublisher(_hub, _channel, _targets, _events, _time, () => 0.5, _log.For<AbrpPublisher>());
    }

    public async Task DisposeAsync()
    {
        await _publisher.StopAsync(CancellationToken.None);
        _publisher.Dispose();
        _http.Dispose();
        await _server.DisposeAsync();
        await _database.DisposeAsync();
    }

    async Task<ListedTarget> TargetAsync(params CarId[] cars)
    {
        var draft = new TargetDraft
        {
            Kind = TargetKind.Abrp,
            Name = "Planner",
            Fields = new Dictionary<string, string?> { ["user_token"] = "user-token", ["shares_place"] = "false" },
            Cars = cars.Length == 0 ? [new CarId(1)] : cars,
        };
        var (input, errors) = TargetInput.Check(draft, new HashSet<string>(), new AddressGuard([IPNetwork.Parse("127.0.0.0/8")]));
        errors.ShouldBeEmpty();
        return (await _targets.CreateAsync(input!, default)).Target;
    }

    Summary Now(VehicleStateName state = VehicleStateName.Driving)
        => ASummary.Online() with { State = state, DataAt = _time.GetUtcNow(), BatteryLevel = 60 };

    int Sent => _server.Requests.Count;

    async Task MovesOnAsync(Func<Task<bool>> until, string what, Action? each = null)
    {
        for (var turn = 0; turn < 3000; turn++)
        {
            if (await until())
                return;
            each?.Invoke();
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }

        throw new TimeoutException($"waited in vain until {what}; sent {Sent}");
    }

    Task SentAsync(int count, Action? each = null) => MovesOnAsync(() => Task.FromResult(Sent >= count), $"{count} are sent", each);

    [Fact]
    public async Task A_car_that_drives_is_told_of_and_one_that_sleeps_is_not()
    {
        var target = await TargetAsync();
        await _publisher.StartAsync(CancellationToken.None);
        await SentAsync(5, each: () => _hub.Publish(Now()));
        var points = _server.Requests.Select(request => JsonNode.Parse(request.Body)!["tlm"]!).ToList();
        points.Select(point => point["utc"]!.GetValue<long>()).Zip(points.Skip(1).Select(point => point["utc"]!.GetValue<long>()))
            .ShouldAllBe(pair => pair.Second - pair.First >= 5);
        points.ShouldAllBe(point => point["lat"] == null);
        await MovesOnAsync(async () => (await _targets.FindAsync(target.Id, default))!.LastSuccessAt is not null, "the success is written down");
        // The same data again, and a car that sleeps: nothing.
        _hub.Publish(Now(VehicleStateName.Asleep));
        var (turns, before) = (0, 0);
        await MovesOnAsync(() => Task.FromResult(++turns > 20), "requests under way have ended");
        before = Sent;
        await MovesOnAsync(() => Task.FromResult(++turns > 200), "minutes are over");
        Sent.ShouldBe(before);
        _log.Everything.ShouldNotContain("user-token");
    }

    [Fact]
    public async Task A_server_that_fails_is_left_alone_longer_and_longer()
    {
        var target = await TargetAsync();
        _server.Answer = () => (500, "");
        await _publisher.StartAsync(CancellationToken.None);
        await SentAsync(4, each: () => _hub.Publish(Now()));
        await MovesOnAsync(async () => (await _targets.FindAsync(target.Id, default))!.LastError == "HTTP 500", "the error is written down");
        var utc = _server.Requests.Select(request => JsonNode.Parse(request.Body)!["tlm"]!["utc"]!.GetValue<long>()).ToList();
        (utc[1] - utc[0]).ShouldBeGreaterThanOrEqualTo(10);
        (utc[2] - utc[1]).ShouldBeGreaterThanOrEqualTo(20);
        (utc[3] - utc[2]).ShouldBeGreaterThanOrEqualTo(40);
        _server.Answer = () => (200, """{"status":"ok"}""");
        await MovesOnAsync(
            async () => (await _targets.FindAsync(target.Id, default))!.LastSuccessAt is not null, "it goes on", () => _hub.Publish(Now()));
        _events.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task Three_refusals_turn_it_off_and_tell_it_once()
    {
        var target = await TargetAsync();
        _server.Answer = () => (200, """{"status":"error","result":"user-token is not valid"}""");
        await _publisher.StartAsync(CancellationToken.None);
        await MovesOnAsync(async () => !(await _targets.FindAsync(target.Id, default))!.IsEnabled, "it is turned off", () => _hub.Publish(Now()));
        Sent.ShouldBe(3);
        var happened = _events.All.ShouldHaveSingleItem();
        happened.Type.ShouldBe(EventType.IntegrationFailed);
        happened.Data.ToJsonString().ShouldBe($$"""{"reason":"*** is not valid","target_id":{{target.Id}},"target":"Planner"}""");
        (await _targets.FindAsync(target.Id, default))!.OffReason.ShouldBe("*** is not valid");
        // The owner turns it on again: it begins anew.
        _server.Answer = () => (200, """{"status":"ok"}""");
        await MovesOnAsync(async () => await _targets.SetEnabledAsync(target.Id, true, default), "it is on again");
        await SentAsync(4, each: () => _hub.Publish(Now()));
        _log.Everything.ShouldNotContain("user-token");
    }

    [Fact]
    public async Task The_test_button_sends_the_newest_values_once()
    {
        var target = (await _targets.RevealAsync((await TargetAsync()).Id, default))!;
        var test = new OutgoingEvent(OutgoingEvent.NewId(), EventType.Test, _time.GetUtcNow(), null, []);
        (await _channel.SendAsync(target, test, default)).ShouldBeOfType<DeliveryResult.Refused>().Reason.ShouldContain("not logged");
        _hub.Publish(Now() with { IsRestored = true });
        (await _channel.SendAsync(target, test, default)).ShouldBeOfType<DeliveryResult.Refused>().Reason.ShouldContain("awake");
        _hub.Publish(Now());
        (await _channel.SendAsync(target, test, default)).ShouldBe(new DeliveryResult.Delivered());
        Sent.ShouldBe(1);
        var withoutKey = new AbrpChannel(
            _hub, new AbrpClient(_http, _server.Address), new BatteryFacts(_database.DataSource, _time), new AbrpSettings());
        (await withoutKey.SendAsync(target, test, default)).ShouldBeOfType<DeliveryResult.Refused>().Reason.ShouldContain("ABRP_API_KEY");
    }
}
