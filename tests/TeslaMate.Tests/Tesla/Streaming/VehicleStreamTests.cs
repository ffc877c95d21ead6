using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using TeslaMate.Configuration;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Tesla.Accounts;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Tesla.Streaming;

/// <summary>The stream over real sockets; the clock stands still unless a test moves it.</summary>
public sealed class VehicleStreamTests : IAsyncLifetime
{
    const string Token = "known-secret-access";

    readonly RecordedLog _log = new();
    readonly ManualTime _time = new();
    readonly KnownAccess _access = new(Samples.Pair(Token, "known-secret-refresh"));
    readonly FixedAccount _account = new();
    readonly Channel<StreamEvent> _events = Channel.CreateUnbounded<StreamEvent>();
    readonly Channel<Peer> _peers = Channel.CreateUnbounded<Peer>();
    ScriptedServer _server = null!;
    bool _isStubborn;
    VehicleStreams? _streams;

    public async Task InitializeAsync()
        => _server = await ScriptedServer.StartAsync(async context =>
        {
            if (!context.WebSockets.IsWebSocketRequest)
            {
                context.Response.StatusCode = 400;
                return;
            }

            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var peer = new Peer(socket, context, _isStubborn);
            await _peers.Writer.WriteAsync(peer);
            await peer.RunAsync();
        });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_stream_subscribes_and_hands_on_what_it_hears()
    {
        await using var stream = Open();
        var peer = await PeerAsync();
        using var subscription = JsonDocument.Parse((await peer.ReceiveAsync())!);
        subscription.RootElement.GetProperty("msg_type").GetString().ShouldBe("data:subscribe_oauth");
        subscription.RootElement.GetProperty("tag").GetString().ShouldBe("42");
        subscription.RootElement.GetProperty("token").GetString().ShouldBe(Token);
        subscription.RootElement.GetProperty("value").GetString()
            .ShouldBe("speed,odometer,soc,elevation,est_heading,est_lat,est_lng,power,shift_state,range,est_range,heading");
        _server.Requests.ShouldHaveSingleItem().Target.ShouldBe("/streaming/");
        _server.Requests.Single().Headers.ContainsKey("Authorization").ShouldBeFalse();

        await peer.SendAsync("""{"msg_type":"control:hello","connection_timeout":0}""");
        // Tesla sends binary frames; text is as good.
        await peer.SendAsync(Update("1767610800251,31,23466.12"), WebSocketMessageType.Binary);
        var data = (await EventAsync()).ShouldBeOfType<StreamEvent.Data>();
        data.Stream.ShouldBe(stream.Id);
        data.Reading.Speed.ShouldBe(31);
        await peer.SendAsync(Update("1767610800252,32,23466.12"));
        (await EventAsync()).ShouldBeOfType<StreamEvent.Data>().Reading.Speed.ShouldBe(32);
        await peer.SendAsync(Error("vehicle_error", "Vehicle is offline"));
        (await EventAsync()).ShouldBe(new StreamEvent.VehicleOffline(stream.Id));
    }

    [Fact]
    public async Task A_disposed_stream_unsubscribes_closes_and_falls_silent()
    {
        var stream = Open();
        var peer = await PeerAsync();
        await peer.ReceiveAsync();
        await stream.DisposeAsync();
        (await peer.ReceiveAsync()).ShouldBe("""{"msg_type":"data:unsubscribe","tag":"42"}""");
        (await peer.ReceiveAsync()).ShouldBeNull();
        stream.IsAlive.ShouldBeFalse();
        _events.Reader.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_server_that_does_not_say_goodbye_holds_nobody_up()
    {
        _isStubborn = true;
        var stream = Open();
        await (await PeerAsync()).ReceiveAsync();
        var closing = stream.DisposeAsync().AsTask();
        await AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => closing.IsCompleted);
        await closing;
    }

    [Fact]
    public async Task Whoever_does_not_take_events_can_still_dispose()
    {
        var full = new TaskCompletionSource();
        var stream = Streams().Open(new Vid(42), null, async (_, cancellationToken) =>
        {
            full.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        });
        var peer = await PeerAsync();
        await peer.ReceiveAsync();
        await peer.SendAsync(Update("1767610800251,31"));
        await full.Task;
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task The_events_of_two_openings_can_be_told_apart()
    {
        await using var first = Open();
        await using var second = Open();
        second.Id.Value.ShouldBeGreaterThan(first.Id.Value);
    }

    [Fact]
    public async Task Silence_reconnects_at_once_and_is_told_at_the_fifth_time()
    {
        await using var stream = Open();
        var peer = await PeerAsync();
        await peer.ReceiveAsync();
        await peer.SendAsync(Update("1767610800251,31"));
        (await EventAsync()).ShouldBeOfType<StreamEvent.Data>();
        for (var i = 1; i <= 5; i++)
        {
            await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => peer.IsClosing || _events.Reader.Count > 0);
            if (i == 5)
                (await EventAsync()).ShouldBe(new StreamEvent.Inactive(stream.Id));
            else
                _events.Reader.Count.ShouldBe(0);
            (await peer.ReceiveAsync()).ShouldBeNull();
            peer = await PeerAsync();
            await peer.ReceiveAsync();
        }
    }

    [Fact]
    public async Task A_car_that_disconnects_is_subscribed_again_on_the_same_connection()
    {
        await using var stream = Open();
        var peer = await PeerAsync();
        await peer.ReceiveAsync();
        for (var i = 0; i < 10; i++)
        {
            await peer.SendAsync(Error("vehicle_disconnected", "Vehicle is disconnected"));
            var again = peer.ReceiveAsync();
            await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => again.IsCompleted);
            (await again).ShouldNotBeNull().ShouldContain("data:subscribe_oauth");
        }

        await peer.SendAsync(Error("vehicle_disconnected", "Vehicle is disconnected"));
        (await EventAsync()).ShouldBe(new StreamEvent.TooManyDisconnects(stream.Id));
        _log.Everything.ShouldContain("Too many disconnects from streaming API");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lost_connection_is_made_again_after_a_pause(bool closedInForm)
    {
        await using var stream = Open();
        var peer = await PeerAsync();
        await peer.ReceiveAsync();
        if (closedInForm)
            await peer.CloseAsync();
        else
            peer.Abort();
        var next = PeerAsync();
        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => next.IsCompleted);
        (await (await next).ReceiveAsync()).ShouldNotBeNull().ShouldContain("data:subscribe_oauth");
        stream.IsAlive.ShouldBeTrue();
    }

    [Fact]
    public async Task A_server_that_is_no_stream_is_tried_again()
    {
        var answer = _server.Answer;
        var refused = 0;
        _server.Answer = context =>
        {
            context.Response.StatusCode = Interlocked.Increment(ref refused) > 0 ? 503 : 0;
            return Task.CompletedTask;
        };
        await using var stream = Open();
        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => refused >= 3);
        _server.Answer = answer;
        var next = PeerAsync();
        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => next.IsCompleted);
        (await (await next).ReceiveAsync()).ShouldNotBeNull();
    }

    /// <summary>A greeting proves nothing: only data does. The clock runs for ten minutes in steps of half a second.</summary>
    [Theory]
    [InlineData("owner_api", false)]
    [InlineData("owner_api", true)]
    [InlineData("close", false)]
    [InlineData("close", true)]
    [InlineData("client", false)]
    [InlineData("abort", false)]
    public async Task A_server_that_greets_and_then_fails_is_left_alone_ever_longer(string fault, bool withHello)
    {
        List<DateTimeOffset> connects = [];
        var served = 0;
        _server.Answer = async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            lock (connects)
                connects.Add(_time.GetUtcNow());
            var peer = new Peer(socket, context, isStubborn: false);
            var running = peer.RunAsync();
            await peer.ReceiveAsync();
            if (withHello)
                await peer.SendAsync("""{"msg_type":"control:hello","connection_timeout":0}""");
            if (fault == "abort")
                peer.Abort();
            else if (fault == "close")
                await peer.CloseAsync();
            else
                await peer.SendAsync(Error("client_error", fault == "owner_api" ? "owner_api error: down" : "go away"));
            Interlocked.Increment(ref served);
            await running;
        };
        await using var stream = Open();
        for (var next = 1; next <= 8; next++)
        {
            var wanted = next;
            await AdvanceUntilAsync(TimeSpan.FromMilliseconds(500), () => Volatile.Read(ref served) >= wanted);
        }

        lock (connects)
        {
            var pauses = connects.Zip(connects.Skip(1), (one, other) => (other - one).TotalSeconds).ToArray();
            pauses.ShouldAllBe(pause => pause >= 0.5, "the clock runs on while a connection is made");
            pauses[^1].ShouldBeGreaterThanOrEqualTo(fault == "abort" ? 10 : 30);
        }
    }

    [Fact]
    public async Task Whoever_opens_a_stream_anew_does_not_begin_to_count_anew()
    {
        var reconnects = new Reconnects(_time);
        for (var i = 0; i < 6; i++)
            reconnects.End("42", ReconnectCause.Failed);
        reconnects.Pause("42").TotalSeconds.ShouldBe(30);
        reconnects.Pause("43").ShouldBe(TimeSpan.Zero);
        reconnects.Reset("42");
        reconnects.Pause("42").ShouldBe(TimeSpan.Zero);
        reconnects.End("42", ReconnectCause.Failed);
        reconnects.Pause("42").TotalSeconds.ShouldBe(2);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_bad_token_is_told_and_not_tried_again_at_once_however_often_the_stream_is_reopened()
    {
        var streams = Streams();
        var first = streams.Open(new Vid(42), null, ReceiveAsync);
        var peer = await PeerAsync();
        await peer.ReceiveAsync();
        await peer.SendAsync(Error("client_error", "Can't validate token. "));
        (await EventAsync()).ShouldBe(new StreamEvent.TokensExpired(first.Id));
        _access.Said.ShouldBe(["stream refused"]);
        await first.DisposeAsync();

        await using var second = streams.Open(new Vid(42), null, ReceiveAsync);
        await Eventually.BecomesTrueAsync(() => _time.PendingTimers > 0, "the second stream waits");
        _server.Requests.Count.ShouldBe(1);
        // A new token ends the wait at once.
        _access.Pair = Samples.Pair("known-secret-new", "known-secret-refresh");
        _account.Change();
        (await (await PeerAsync()).ReceiveAsync()).ShouldNotBeNull().ShouldContain("known-secret-new");
    }

    [Fact]
    public async Task While_nobody_is_signed_in_a_stream_waits_for_that()
    {
        var pair = _access.Pair;
        _access.Pair = null;
        await using var stream = Open();
        _account.Change();
        await Task.Delay(50);
        _server.Requests.ShouldBeEmpty();
        _access.Pair = pair;
        _account.Change();
        (await (await PeerAsync()).ReceiveAsync()).ShouldNotBeNull();
    }

    [Fact]
    public async Task In_fleet_mode_the_bearer_and_the_vin_may_be_used()
    {
        var streams = Streams(new TeslaSettings
        {
            StreamHost = _server.WebSocketAddress,
            FleetToken = new Secret("fleet-token"),
            StreamUsesVin = true
        });
        await using var stream = streams.Open(new Vid(42), "5YJ3E7EB2MF000042", ReceiveAsync);
        var text = (await (await PeerAsync()).ReceiveAsync()).ShouldNotBeNull();
        text.ShouldContain("\"token\":\"fleet-token\"");
        text.ShouldContain("\"tag\":\"5YJ3E7EB2MF000042\"");
    }

    [Fact]
    public async Task A_message_without_end_is_not_kept()
    {
        var streams = Streams(new TeslaSettings { StreamHost = _server.WebSocketAddress, Limits = new() { StreamMessageBytes = 10_000 } });
        await using var stream = streams.Open(new Vid(42), null, ReceiveAsync);
        var peer = await PeerAsync();
        await peer.ReceiveAsync();
        await peer.SendAsync(new string('x', 20_000));
        var next = PeerAsync();
        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => next.IsCompleted);
        await next;
        _log.Everything.ShouldContain("too large");
    }

    [Fact]
    public async Task Ten_thousand_mutated_messages_cost_one_line_of_each_kind_and_no_connection_more_than_they_ask_for()
    {
        var random = new Random(42);
        string[] seeds =
        [
            """{"msg_type":"control:hello","connection_timeout":0}""",
            Update("1767610800251,31,23466.12,61,35,276,52.509934,13.30218,14,D,176,150,276"),
            Error("vehicle_error", "Vehicle is offline"), Error("new_error", "x"),
        ];
        var received = 0;
        var streams = Streams();
        await using var stream = streams.Open(new Vid(42), null, (_, _) =>
        {
            Interlocked.Increment(ref received);
            return ValueTask.CompletedTask;
        });
        var peer = await PeerAsync();
        await peer.ReceiveAsync();
        for (var i = 0; i < 10_000; i++)
            await peer.SendAsync(Mutation.Of(Encoding.UTF8.GetBytes(seeds[i % seeds.Length]), random), WebSocketMessageType.Binary);
        var before = received;
        await peer.SendAsync(Encoding.UTF8.GetBytes(seeds[1]), WebSocketMessageType.Binary);
        await Eventually.BecomesTrueAsync(() => received > before && received > 100, "the last message arrived");
        _server.Requests.Count.ShouldBe(1);
        _log.Lines.ShouldBeUnique();
        _log.Lines.Count.ShouldBeLessThan(12);
        _log.Everything.ShouldNotContain("known-secret");
    }

    static string Update(string value) => $$"""{"msg_type":"data:update","tag":"42","value":"{{value}}"}""";

    static string Error(string type, string value) => $$"""{"msg_type":"data:error","tag":"42","error_type":"{{type}}","value":"{{value}}"}""";

    IVehicleStream Open() => Streams().Open(new Vid(42), null, ReceiveAsync);

    VehicleStreams Streams(TeslaSettings? settings = null)
        => _streams ??= new VehicleStreams(
            _access, _account, settings ?? new TeslaSettings { StreamHost = _server.WebSocketAddress }, _time, _log.For<VehicleStream>());

    ValueTask ReceiveAsync(StreamEvent @event, CancellationToken cancellationToken) => _events.Writer.WriteAsync(@event, cancellationToken);

    async Task<Peer> PeerAsync() => await _peers.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    async Task<StreamEvent> EventAsync() => await _events.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    async Task AdvanceUntilAsync(TimeSpan step, Func<bool> condition)
    {
        await Eventually.BecomesTrueAsync(
            () =>
            {
                if (condition())
                    return true;
                _time.Advance(step);
                return condition();
            },
            "enough time has passed");
    }

    /// <summary>The server's end of one connection. It reads all the time, and answers a goodbye unless it is stubborn.</summary>
    sealed class Peer(WebSocket socket, HttpContext context, bool isStubborn)
    {
        readonly Channel<string> _texts = Channel.CreateUnbounded<string>();

        public bool IsClosing => _texts.Reader.Completion.IsCompleted;

        public async Task RunAsync()
        {
            try
            {
                var buffer = new byte[10_000];
                while (true)
                {
                    var result = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
                    if (result.MessageType == WebSocketMessageType.Close)
                        break;
                    await _texts.Writer.WriteAsync(Encoding.UTF8.GetString(buffer, 0, result.Count));
                }

                _texts.Writer.Complete();
                if (isStubborn)
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            }
            catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
            {
                _texts.Writer.TryComplete();
            }
        }

        /// <summary>The next text; null when the client has said goodbye or is gone.</summary>
        public async Task<string?> ReceiveAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            return await _texts.Reader.WaitToReadAsync(limit.Token) ? await _texts.Reader.ReadAsync(limit.Token) : null;
        }

        public Task SendAsync(string text, WebSocketMessageType type = WebSocketMessageType.Text) => SendAsync(Encoding.UTF8.GetBytes(text), type);

        public Task SendAsync(byte[] bytes, WebSocketMessageType type) => socket.SendAsync(bytes, type, endOfMessage: true, CancellationToken.None);

        public Task CloseAsync() => socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, null, CancellationToken.None);

        public void Abort() => context.Abort();
    }
}
