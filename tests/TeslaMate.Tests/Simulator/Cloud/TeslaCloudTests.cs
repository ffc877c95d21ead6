using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Faults;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Simulator.Cloud;

public sealed class TeslaCloudTests : IAsyncLifetime
{
    const string Endpoints = "?endpoints=charge_state%3Bclimate_state%3Bdrive_state%3Blocation_data%3Bvehicle_config%3Bvehicle_state";

    static readonly DateTimeOffset Monday = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    readonly ManualTime _time = new(Monday);
    readonly TeslaCloud _cloud;
    readonly HttpClient _client = new();
    readonly CarIdentity _car = CarIdentity.Number(42, "Nimbus");

    public TeslaCloudTests()
    {
        var city = City.Berlin();
        _cloud = new TeslaCloud(
            [new LifeScript(_car, CarModel.Model3, city.Home, Monday).Park(TimeSpan.FromMinutes(30)).Drive(city.ToWork).Park(TimeSpan.FromHours(1))
                .Build()], _time);
    }

    public async Task InitializeAsync()
    {
        await _cloud.StartAsync();
        _client.BaseAddress = _cloud.Address;
        _client.DefaultRequestHeaders.Authorization = new("Bearer", _cloud.Accounts.SignIn().Access);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _cloud.DisposeAsync();
    }

    string Light => $"/api/1/vehicles/{_car.Id}";

    string Full => $"{Light}/vehicle_data{Endpoints}";

    [Fact]
    public async Task The_list_has_the_cars_and_something_that_is_none()
    {
        var response = (await _client.GetFromJsonAsync<JsonElement>("/api/1/products")).GetProperty("response");
        response.GetArrayLength().ShouldBe(2);
        response[0].GetProperty("vehicle_id").GetInt64().ShouldBe(_car.VehicleId);
        response[1].TryGetProperty("vehicle_id", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_full_request_keeps_the_car_awake_and_a_light_one_does_not()
    {
        _time.Advance(TimeSpan.FromMinutes(8));
        (await StateAsync(Full)).ShouldBe("online");
        _time.Advance(TimeSpan.FromMinutes(10.5));
        (await StateAsync(Light)).ShouldBe("online");
        _time.Advance(TimeSpan.FromMinutes(1));
        (await StateAsync(Light)).ShouldBe("asleep");
        (await _client.GetAsync(Full)).StatusCode.ShouldBe(HttpStatusCode.RequestTimeout);

        var car = _cloud.Cars[0];
        car.Count(RequestKind.VehicleData, (doing, reach) => (doing, reach) == (Doing.Parked, Reach.Online)).ShouldBe(1);
        car.Count(RequestKind.VehicleData, (_, reach) => reach == Reach.Asleep).ShouldBe(1);
        _time.Advance(TimeSpan.FromMinutes(30));
        car.FellAsleep(_time.GetUtcNow()).ShouldBe([(Monday, TimeSpan.FromMinutes(19))]);
    }

    [Fact]
    public async Task A_driving_car_tells_where_it_is()
    {
        _time.Advance(TimeSpan.FromMinutes(40));
        var data = (await _client.GetFromJsonAsync<JsonElement>(Full)).GetProperty("response");
        data.GetProperty("drive_state").GetProperty("shift_state").GetString().ShouldBe("D");
        data.GetProperty("drive_state").GetProperty("timestamp").GetInt64().ShouldBe(_time.GetUtcNow().ToUnixTimeMilliseconds());
        data.GetProperty("drive_state").GetProperty("latitude").GetDouble().ShouldBeInRange(52.50, 52.54);
        foreach (var section in new[] { "charge_state", "climate_state", "vehicle_state", "vehicle_config" })
            data.GetProperty(section).ValueKind.ShouldBe(JsonValueKind.Object);
    }

    [Fact]
    public async Task Tokens_expire_and_rotate()
    {
        var (_, refresh) = _cloud.Accounts.SignIn();
        _time.Advance(TimeSpan.FromHours(8));
        (await _client.GetAsync(Light)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        var answer = await _client.PostAsJsonAsync("/oauth2/v3/token", new { grant_type = "refresh_token", refresh_token = refresh });
        var tokens = await answer.Content.ReadFromJsonAsync<JsonElement>();
        tokens.GetProperty("expires_in").GetInt32().ShouldBe(28800);
        tokens.GetProperty("refresh_token").GetString().ShouldNotBe(refresh);
        _client.DefaultRequestHeaders.Authorization = new("Bearer", tokens.GetProperty("access_token").GetString());
        (await _client.GetAsync(Light)).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await _client.PostAsJsonAsync("/oauth2/v3/token", new { refresh_token = "EU_unknown" })).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Faults_come_when_and_as_often_as_asked_for()
    {
        _cloud.Faults.Add(new FaultRule(Fault.TooManyRequests("42"), [RequestKind.Vehicle], Times: 1))
            .Add(new FaultRule(new Fault.Garbage(), [RequestKind.Vehicle], Times: 1));
        var limited = await _client.GetAsync(Light);
        limited.StatusCode.ShouldBe((HttpStatusCode)429);
        limited.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(42));
        await Should.ThrowAsync<JsonException>(() => _client.GetFromJsonAsync<JsonElement>(Light));
        (await StateAsync(Light)).ShouldBe("online");
    }

    [Fact]
    public async Task A_truncated_answer_breaks_off_and_a_dropped_one_never_comes()
    {
        _cloud.Faults.Add(new FaultRule(new Fault.Truncated(), Times: 1)).Add(new FaultRule(new Fault.Dropped(), Times: 1));
        await Should.ThrowAsync<HttpRequestException>(() => _client.GetStringAsync(Full));
        await Should.ThrowAsync<HttpRequestException>(() => _client.GetStringAsync(Full));
        (await StateAsync(Full)).ShouldBe("online");
    }

    [Fact]
    public async Task An_answer_without_some_sections_is_still_an_answer()
    {
        _cloud.Faults.Add(new FaultRule(new Fault.MissingFields(), Times: 1));
        var data = (await _client.GetFromJsonAsync<JsonElement>(Full)).GetProperty("response");
        data.TryGetProperty("drive_state", out _).ShouldBeFalse();
        data.GetProperty("state").GetString().ShouldBe("online");
    }

    [Fact]
    public async Task The_cloud_comes_back_on_the_same_port_with_what_it_knew()
    {
        (await StateAsync(Light)).ShouldBe("online");
        await _cloud.StopAsync();
        await Should.ThrowAsync<HttpRequestException>(() => _client.GetStringAsync(Light));
        await _cloud.StartAsync();
        (await StateAsync(Light)).ShouldBe("online");
        _cloud.Cars[0].Count(RequestKind.Vehicle).ShouldBe(2);
    }

    [Fact]
    public async Task Coordinates_have_an_address()
    {
        var work = City.Berlin().Work;
        var found = await _client.GetFromJsonAsync<JsonElement>(
            FormattableString.Invariant($"/reverse?lat={work.Point.Latitude}&lon={work.Point.Longitude}"));
        found.GetProperty("osm_id").GetInt64().ShouldBe(work.OsmId);
        found.GetProperty("address").GetProperty("road").GetString().ShouldBe("Carl-Schurz-Straße");
        var known = await _client.GetFromJsonAsync<JsonElement>($"/lookup?osm_ids=W{work.OsmId},N1");
        known.GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task The_stream_tells_about_a_drive_every_second_and_breaks_off_when_the_car_sleeps()
    {
        _time.Advance(TimeSpan.FromMinutes(35));
        using var socket = await SubscribeAsync(_client.DefaultRequestHeaders.Authorization!.Parameter!);
        var first = await ReadAsync(socket);
        first.ShouldContain("\"msg_type\":\"data:update\"");
        first.ShouldContain(",D,");
        await TimerAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        var second = await ReadAsync(socket);
        second.ShouldContain($"\"{_time.GetUtcNow().ToUnixTimeMilliseconds()},");

        var driven = _cloud.Cars[0].Life.Drives.Single();
        while (_time.GetUtcNow() < driven.End + TimeSpan.FromMinutes(11))
        {
            await TimerAsync();
            _time.Advance(TimeSpan.FromSeconds(20));
            if ((await ReadAsync(socket)).Contains("vehicle_disconnected", StringComparison.Ordinal))
                break;
        }

        (_time.GetUtcNow() - driven.End).ShouldBeInRange(TimeSpan.FromMinutes(11), TimeSpan.FromMinutes(12));
    }

    [Fact]
    public async Task The_stream_does_not_talk_to_a_bad_token()
    {
        using var socket = await SubscribeAsync("bad");
        (await ReadAsync(socket)).ShouldContain("Can't validate token");
    }

    async Task<ClientWebSocket> SubscribeAsync(string token)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri(_cloud.StreamAddress, "/streaming/"), CancellationToken.None);
        (await ReadAsync(socket)).ShouldContain("control:hello");
        var subscription = $$"""{"msg_type":"data:subscribe_oauth","tag":"{{_car.VehicleId}}","token":"{{token}}","value":"speed"}""";
        await socket.SendAsync(Encoding.UTF8.GetBytes(subscription), WebSocketMessageType.Text, true, CancellationToken.None);
        return socket;
    }

    async Task TimerAsync()
    {
        for (var attempt = 0; attempt < 500 && _time.PendingTimers == 0; attempt++)
            await Task.Delay(10);
    }

    static async Task<string> ReadAsync(ClientWebSocket socket)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var buffer = new byte[4096];
        var received = await socket.ReceiveAsync(buffer, timeout.Token);
        return Encoding.UTF8.GetString(buffer, 0, received.Count);
    }

    async Task<string?> StateAsync(string path)
        => (await _client.GetFromJsonAsync<JsonElement>(path)).GetProperty("response").GetProperty("state").GetString();
}
