using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using TeslaMate.Configuration;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Http;
using TeslaMate.Tesla.Json;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Tesla.Accounts;

namespace TeslaMate.Tests.Tesla.Http;

public sealed class TeslaApiTests : IAsyncLifetime
{
    const string Access = "secret-access-token";

    readonly RecordedLog _log = new();
    readonly KnownAccess _access = new(Samples.Pair(Access, "secret-refresh-token"));
    ScriptedServer _server = null!;
    Transport? _transport;

    public async Task InitializeAsync() => _server = await ScriptedServer.StartAsync();

    public async Task DisposeAsync()
    {
        _transport?.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_light_request_asks_for_the_car_alone()
    {
        _server.Answer = ScriptedServer.Json(200, Samples.Asleep);
        var car = (await Api().GetAsync(new Eid(42), default)).ShouldBeOfType<ApiAnswer<VehicleData>.Ok>().Value;
        car.Availability.ShouldBe(Availability.Asleep);
        var request = _server.Requests.ShouldHaveSingleItem();
        request.Method.ShouldBe("GET");
        request.Target.ShouldBe("/api/1/vehicles/42");
        request.Protocol.ShouldBe("HTTP/1.1");
        request.Headers["Authorization"].ShouldBe($"Bearer {Access}");
        request.Headers["User-Agent"].ShouldStartWith("TeslaMate/");
        request.Headers.ContainsKey("traceparent").ShouldBeFalse();
        _access.Said.ShouldBe(["accepted"]);
    }

    [Fact]
    public async Task The_full_request_lists_its_endpoints_in_one_parameter()
    {
        _server.Answer = ScriptedServer.Json(200, Samples.Parked);
        var car = (await Api().GetWithStateAsync(new Eid(42), default)).ShouldBeOfType<ApiAnswer<VehicleData>.Ok>().Value;
        car.IsFull.ShouldBeTrue();
        _server.Requests.ShouldHaveSingleItem().Target.ShouldBe(
            "/api/1/vehicles/42/vehicle_data?endpoints=charge_state%3Bclimate_state%3Bclosures_state%3Bdrive_state%3Bgui_settings%3Blocation_data"
            + "%3Bvehicle_config%3Bvehicle_state%3Bvehicle_data_combo");
    }

    [Theory]
    [InlineData("secret-access-token", "owner-api.teslamotors.com")]
    [InlineData("h.eyJpc3MiOiJodHRwczovL2F1dGgudGVzbGEuY24vb2F1dGgyL3YzIn0.s", "owner-api.vn.cloud.tesla.cn")]
    public async Task Without_a_configured_host_the_token_decides_where_to_ask(string token, string host)
    {
        var asked = new List<string>();
        var handler = new Recorder(asked);
        using var client = new HttpClient(handler);
        _access.Pair = Samples.Pair(token, "r");
        _transport = new Transport(new TeslaSettings(), api: client);
        await Api(new TeslaSettings()).ListAsync(_ => true, default);
        asked.ShouldBe([$"https://{host}/api/1/products Bearer {token}"]);
    }

    [Fact]
    public async Task In_fleet_mode_the_bearer_of_the_proxy_is_sent()
    {
        _server.Answer = ScriptedServer.Json(200, Samples.Asleep);
        await Api(Settings() with { FleetToken = new Secret("fleet-token") }).GetAsync(new Eid(42), default);
        _server.Requests.ShouldHaveSingleItem().Headers["Authorization"].ShouldBe("Bearer fleet-token");
    }

    [Fact]
    public async Task Nobody_signed_in_means_no_request()
    {
        _access.Pair = null;
        var api = Api();
        (await ErrorAsync(api.GetAsync(new Eid(42), default))).ShouldBeOfType<ApiError.NotSignedIn>();
        (await ErrorAsync(api.GetWithStateAsync(new Eid(42), default))).ShouldBeOfType<ApiError.NotSignedIn>();
        (await ErrorAsync(api.ListAsync(_ => true, default))).ShouldBeOfType<ApiError.NotSignedIn>();
        _server.Requests.ShouldBeEmpty();
    }

    public static TheoryData<int, string, string?, ApiError> Errors => new()
    {
        { 401, """{"error":"invalid bearer token"}""", null, new ApiError.Unauthorized() },
        { 401, "", null, new ApiError.Unauthorized() },
        { 404, """{"response":null,"error":"not_found","error_description":""}""", null, new ApiError.VehicleNotFound() },
        { 404, """{"error":"other"}""", null, new ApiError.Failed("HTTP 404: other") },
        { 405, """{"response":null,"error":"vehicle is currently in service","error_description":""}""", null, new ApiError.VehicleInService() },
        { 408, """{"response":null,"error":"vehicle unavailable: vehicle is offline or asleep"}""", null, new ApiError.VehicleUnavailable() },
        { 408, """{"response":null,"error":"{\"error\": \"timeout\"}"}""", null, new ApiError.Failed("""HTTP 408: {"error": "timeout"}""") },
        { 429, """{"response":null,"error":"too many requests"}""", "42", new ApiError.RateLimited(TimeSpan.FromSeconds(42)) },
        { 429, "", null, new ApiError.RateLimited(TimeSpan.FromSeconds(300)) },
        { 429, "", "soon", new ApiError.RateLimited(TimeSpan.FromSeconds(300)) },
        { 429, "", "-7", new ApiError.RateLimited(TimeSpan.FromSeconds(1)) },
        { 429, "", "99999999999999999999", new ApiError.RateLimited(TimeSpan.FromDays(1)) },
        { 403, """{"response":null,"error":"account disabled: EXCEEDED_LIMIT"}""", null, new ApiError.RateLimited(TimeSpan.FromSeconds(900)) },
        {
            403, """{"response":null,"error":"forbidden, see https://developer.tesla.com/docs/fleet-api"}""", null,
            new ApiError.Refused(403, "forbidden, see https://developer.tesla.com/docs/fleet-api")
        },
        { 412, """{"error":"Endpoint is only available on fleetapi"}""", null, new ApiError.Refused(412, "Endpoint is only available on fleetapi") },
        { 500, """{"response":null,"error":"internal server error"}""", null, new ApiError.Failed("HTTP 500: internal server error") },
        { 503, "<html>unavailable</html>", null, new ApiError.Failed("HTTP 503: <html>unavailable</html>") },
        { 503, "", null, new ApiError.Failed("HTTP 503: no reason given") },
        { 504, "", null, new ApiError.Timeout() },
        { 302, "", null, new ApiError.Failed("HTTP 302: no reason given") },
        { 200, """{"no_response":1}""", null, new ApiError.Failed("HTTP 200: no reason given") },
        { 200, "[]", null, new ApiError.Failed("HTTP 200: no reason given") },
        { 200, """{"response":[]}""", null, new ApiError.Failed("HTTP 200: the answer has not the known shape") },
        { 200, """{"response":{"sta""", null, new ApiError.Failed("HTTP 200: the answer is no JSON") },
        { 200, "", null, new ApiError.Failed("HTTP 200: no reason given") },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Every_status_has_its_error(int status, string body, string? retryAfter, ApiError expected)
    {
        var isJson = body.StartsWith('{') || body.StartsWith('[');
        _server.Answer = async context =>
        {
            context.Response.StatusCode = status;
            if (isJson)
                context.Response.ContentType = "Application/JSON; charset=utf-8";
            if (retryAfter is not null)
                context.Response.Headers.RetryAfter = retryAfter;
            if (status == 302)
                context.Response.Headers.Location = "/elsewhere";
            await context.Response.WriteAsync(body);
        };
        (await ErrorAsync(Api().GetWithStateAsync(new Eid(42), default))).ShouldBe(expected);
        _server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public void A_pause_may_be_given_as_a_date()
    {
        var now = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        RetryAfter.Read("Thu, 01 Jan 2026 12:02:00 GMT", now).ShouldBe(TimeSpan.FromMinutes(2));
        RetryAfter.Read("Thu, 01 Jan 2026 11:00:00 GMT", now).ShouldBe(TimeSpan.FromSeconds(1));
        RetryAfter.Read("Thu, 08 Jan 2026 12:00:00 GMT", now).ShouldBe(TimeSpan.FromDays(1));
    }

    [Fact]
    public async Task Once_the_account_gives_up_a_401_means_not_signed_in()
    {
        _server.Answer = ScriptedServer.Json(401, "{}");
        var api = Api();
        (await ErrorAsync(api.GetAsync(new Eid(42), default))).ShouldBeOfType<ApiError.Unauthorized>();
        _access.GivesUp = true;
        (await ErrorAsync(api.GetAsync(new Eid(42), default))).ShouldBeOfType<ApiError.NotSignedIn>();
    }

    [Fact]
    public async Task An_answer_cut_off_half_way_is_a_closed_connection()
    {
        _server.Answer = async context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = 10_000;
            await context.Response.WriteAsync("""{"response":""");
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        (await ErrorAsync(Api().GetAsync(new Eid(42), default))).ShouldBeOfType<ApiError.Closed>();
    }

    [Fact]
    public async Task An_answer_that_is_shorter_than_it_said_is_a_closed_connection()
        => (await RawAsync(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"response\":")).ShouldBeOfType<ApiError.Closed>();

    [Fact]
    public async Task A_connection_that_ends_without_an_answer_is_closed() => (await RawAsync("")).ShouldBeOfType<ApiError.Closed>();

    [Fact]
    public async Task What_is_no_http_is_a_failure() => (await RawAsync("SSH-2.0-OpenSSH_9.9\r\n\r\n")).ShouldBeOfType<ApiError.Failed>();

    [Fact]
    public async Task Silence_is_a_timeout()
    {
        _server.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        (await ErrorAsync(Api(Settings(new() { ApiReceive = TimeSpan.FromMilliseconds(200) })).GetAsync(new Eid(42),
            default))).ShouldBeOfType<ApiError.Timeout>();
    }

    [Fact]
    public async Task A_trickle_is_a_timeout_too()
    {
        _server.Answer = async context =>
        {
            while (true)
            {
                await context.Response.WriteAsync(" ", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(20, context.RequestAborted);
            }
        };
        var limits = new TeslaLimits { ApiReceive = TimeSpan.FromSeconds(20), ApiTotal = TimeSpan.FromMilliseconds(500) };
        (await ErrorAsync(Api(Settings(limits)).GetAsync(new Eid(42), default))).ShouldBeOfType<ApiError.Timeout>();
    }

    [Fact]
    public async Task A_refused_connection_and_an_unknown_host_are_unreachable()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        (await ErrorAsync(Api(Settings() with { ApiHost = new Uri($"http://127.0.0.1:{port}") }).GetAsync(new Eid(42), default)))
            .ShouldBe(new ApiError.Unreachable("the connection was refused"));
    }

    [Fact]
    public async Task Whoever_asks_may_change_their_mind()
    {
        _server.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        using var stop = new CancellationTokenSource();
        var asking = Api().GetAsync(new Eid(42), stop.Token);
        await Eventually.BecomesTrueAsync(() => !_server.Requests.IsEmpty, "the request arrived");
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(asking);
    }

    [Fact]
    public async Task Answers_may_be_compressed()
    {
        _server.Answer = Compressed(Encoding.UTF8.GetBytes(Samples.Parked));
        (await Api().GetWithStateAsync(new Eid(42), default)).ShouldBeOfType<ApiAnswer<VehicleData>.Ok>().Value.IsFull.ShouldBeTrue();
        _server.Requests.ShouldHaveSingleItem().Headers["Accept-Encoding"].ShouldContain("gzip");
    }

    [Fact]
    public async Task A_decompression_bomb_is_left_at_the_limit()
    {
        _server.Answer = Compressed(new byte[200 * 1024 * 1024]);
        var before = GC.GetTotalAllocatedBytes();
        var error = await ErrorAsync(Api().GetAsync(new Eid(42), default));
        error.ShouldBe(new ApiError.Failed("the answer (HTTP 200) is larger than 4096 KiB"));
        // The server's side of this test compresses before it counts; the client may not hold more than a few times the limit.
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(150 * 1024 * 1024);
    }

    [Fact]
    public async Task What_cannot_be_decompressed_is_a_failure()
    {
        _server.Answer = async context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await context.Response.WriteAsync("this is no gzip, whatever the header says");
        };
        (await ErrorAsync(Api().GetAsync(new Eid(42), default))).ShouldBe(new ApiError.Failed("the answer cannot be decompressed"));
    }

    [Fact]
    public async Task Deep_nesting_is_no_json_to_us()
    {
        _server.Answer = ScriptedServer.Json(200, $$"""{"response":{{new string('[', 100_000)}}{{new string(']', 100_000)}}}""");
        (await ErrorAsync(Api().GetAsync(new Eid(42), default))).ShouldBe(new ApiError.Failed("HTTP 200: the answer is no JSON"));
    }

    [Fact]
    public async Task A_car_of_the_list_that_is_online_comes_with_its_details()
    {
        _server.Answer = context => ScriptedServer.Json(200, context.Request.Path == "/api/1/products" ? OnlineProducts(1) : Samples.Parked)(context);
        var car = (await Api().ListAsync(_ => true,
            default)).ShouldBeOfType<ApiAnswer<IReadOnlyList<VehicleListing>>.Ok>().Value.ShouldHaveSingleItem();
        car.Data.IsFull.ShouldBeTrue();
        car.Data.DisplayName.ShouldBe("Car 1");
        car.StateStatus.ShouldBe(200);
        _server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task One_slow_or_failing_car_does_not_cost_the_list()
    {
        _server.Answer = context => context.Request.Path.Value switch
        {
            "/api/1/products" => ScriptedServer.Json(200, OnlineProducts(3))(context),
            "/api/1/vehicles/1/vehicle_data" => Task.Delay(Timeout.Infinite, context.RequestAborted),
            "/api/1/vehicles/2/vehicle_data" => ScriptedServer.Json(401, "{}")(context),
            _ => ScriptedServer.Json(200, Samples.Parked)(context),
        };
        var limits = new TeslaLimits { Completion = TimeSpan.FromSeconds(2) };
        var cars = (await Api(Settings(limits)).ListAsync(_ => true, default)).ShouldBeOfType<ApiAnswer<IReadOnlyList<VehicleListing>>.Ok>().Value;
        cars.Select(car => (car.Id.Value, car.Data.IsFull, car.StateStatus)).ShouldBe([(1, false, 0), (2, false, 401), (3, true, 200)]);
        _access.Said.ShouldBe(["accepted"]);
        _log.Lines.Count(line => line.Contains("taken without its details", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task A_log_line_says_what_was_asked_and_never_who_asked()
    {
        _server.Answer = ScriptedServer.Json(408,
            $$"""{"error":"no luck with {{Access}}, eyJhbGciOi.eyJzdWIi.c2ln and EU_0000000000000000000000000001"}""");
        (await ErrorAsync(Api().GetWithStateAsync(new Eid(42), default)))
            .ShouldBe(new ApiError.Failed("HTTP 408: no luck with [redacted], [redacted] and [redacted]"));
        _log.Lines.ShouldHaveSingleItem()
            .ShouldStartWith($"Information: GET {_server.Address.AbsoluteUri.TrimEnd('/')}/api/1/vehicles/42/vehicle_data -> 408 (");
        _log.Everything.ShouldNotContain(Access);
        _log.Everything.ShouldNotContain("endpoints");
    }

    [Theory]
    [InlineData("https://owner-api.teslamotors.com/x?token=secret", "https://owner-api.teslamotors.com/x?token=%5Bredacted%5D")]
    [InlineData("https://h/x?Access_Token=secret&a=b&REFRESH_TOKEN=secret",
        "https://h/x?Access_Token=%5Bredacted%5D&a=b&REFRESH_TOKEN=%5Bredacted%5D")]
    [InlineData("https://h/x?%74oken=secret", "https://h/x?token=%5Bredacted%5D")]
    [InlineData("https://me:secret@h/x", "https://h/x")]
    [InlineData("https://h/x?endpoints=a%3Bb&c=d#token=secret", "https://h/x?c=d")]
    public void An_address_in_a_log_holds_no_secret(string address, string expected) => Redaction.Url(new Uri(address)).ShouldBe(expected);

    static string OnlineProducts(int count)
        => $$"""{"response":[{{string.Join(',', Enumerable.Range(1, count).Select(i => $$"""{"id":{{i}},"vehicle_id":{{i}},"vin":"V{{i}}","display_name":"Car {{i}}","state":"online"}"""))}}]}""";

    static RequestDelegate Compressed(byte[] body)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
            gzip.Write(body);
        var compressed = target.ToArray();
        return async context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.Headers.ContentEncoding = "gzip";
            await context.Response.Body.WriteAsync(compressed);
        };
    }

    /// <summary>The error after a server that says exactly this, whatever it is asked, and hangs up.</summary>
    async Task<ApiError> RawAsync(string answer)
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var asking = ErrorAsync(Api(Settings() with { ApiHost = new Uri($"http://{listener.LocalEndpoint}") }).GetAsync(new Eid(42), default));
        // A connection that ends before the first byte is tried once more by the client's own stack.
        while (await Task.WhenAny(asking, AcceptAsync()) is Task<TcpClient> accepted)
        {
            using var connection = await accepted;
            var stream = connection.GetStream();
            await stream.ReadAtLeastAsync(new byte[10], 10);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
            connection.Client.Shutdown(SocketShutdown.Send);
            while (await stream.ReadAsync(new byte[1000]) > 0)
            {
            }
        }

        Task AcceptAsync() => listener.AcceptTcpClientAsync();

        return await asking;
    }

    static async Task<ApiError> ErrorAsync<T>(Task<ApiAnswer<T>> asking) => (await asking).ShouldBeOfType<ApiAnswer<T>.Failed>().Error;

    TeslaSettings Settings(TeslaLimits? limits = null) => new() { ApiHost = _server.Address, Limits = limits ?? new() };

    TeslaApi Api(TeslaSettings? settings = null)
    {
        settings ??= Settings();
        _transport ??= new Transport(settings);
        return new TeslaApi(
            _transport, new HttpSender(_log.For<HttpSender>(), TimeProvider.System), _access,
            new VehicleReader(new Oddities(_log.For<Oddities>(), TimeProvider.System)),
            settings, TimeProvider.System, _log.For<TeslaApi>());
    }

    sealed class Recorder(List<string> asked) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            asked.Add($"{request.RequestUri!.AbsoluteUri} {request.Headers.NonValidated["Authorization"]}");
            return Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.ServiceUnavailable));
        }
    }
}
