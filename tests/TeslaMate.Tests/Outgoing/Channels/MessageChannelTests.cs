using System.Text.Json.Nodes;
using TeslaMate.Configuration;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Tests.Outgoing.Channels;

/// <summary>ntfy, Telegram and Gotify against receivers over HTTP (spec api 4.3).</summary>
public sealed class MessageChannelTests : IAsyncLifetime
{
    ScriptedReceiver _receiver = null!;

    public async Task InitializeAsync() => _receiver = await ScriptedReceiver.StartAsync();

    public async Task DisposeAsync() => await _receiver.DisposeAsync();

    static OutgoingTarget Target(TargetSettings settings) => new(5, "phone", settings, EventFilter.Everything, null);

    async Task<DeliveryResult> SendAsync(TargetSettings settings, OutgoingEvent? happened = null)
    {
        using var http = ScriptedReceiver.Http();
        IChannel channel = settings switch
        {
            TargetSettings.Ntfy => new NtfyChannel(http, SampleEvents.Writer()),
            TargetSettings.Gotify => new GotifyChannel(http, SampleEvents.Writer()),
            _ => new TelegramChannel(http, SampleEvents.Writer(), _receiver.Address),
        };
        channel.Kind.ShouldBe(settings.Kind);
        return await channel.SendAsync(Target(settings), happened ?? SampleEvents.DriveEnded, CancellationToken.None);
    }

    TargetSettings.Ntfy Ntfy(string? token = "tk_1", string? user = null)
        => new(
            _receiver.Address, new Secret("secret-topic"), token is null ? null : new Secret(token), user, user is null ? null : new Secret("pass"));

    TargetSettings.Gotify Gotify => new(_receiver.Address, new Secret("app-token"));

    static TargetSettings.Telegram Telegram => new(new Secret("123:abc"), "42");

    JsonNode Body => JsonNode.Parse(_receiver.Requests.Last().Body)!;

    [Fact]
    public async Task Ntfy_gets_topic_title_message_priority_and_link()
    {
        (await SendAsync(Ntfy())).ShouldBe(new DeliveryResult.Delivered());
        var (path, headers, _) = _receiver.Requests.Single();
        path.ShouldBe("/");
        headers.ShouldContain("Authorization: Bearer tk_1");
        Body.ToJsonString().ShouldBe(new JsonObject
        {
            ["topic"] = "secret-topic",
            ["title"] = "Blue: Drive ended",
            ["message"] = "Arrived at Seestrasse 12, Zug. 25.5 km in 31 min. Battery at 74 %.",
            ["priority"] = 3,
            ["tags"] = new JsonArray("car"),
            ["click"] = "https://tm.example/drive/7",
        }.ToJsonString());
        await SendAsync(Ntfy(token: null, user: "me"), SampleEvents.All.Single(happened => happened.Type == EventType.SentryAlert));
        _receiver.Requests.Last().Headers.ShouldContain("Authorization: Basic bWU6cGFzcw==");
        Body["priority"]!.GetValue<int>().ShouldBe(5);
        await SendAsync(Ntfy(token: null), SampleEvents.All.Single(happened => happened.Type == EventType.StateChanged));
        _receiver.Requests.Last().Headers.ShouldNotContain("Authorization");
        Body["priority"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public async Task A_long_message_is_cut_between_characters()
    {
        var name = string.Concat(Enumerable.Repeat("🚗", 3000));
        await SendAsync(Ntfy(), SampleEvents.Of(EventType.PlaceEntered, $$"""{"geofence_id":2,"name":"{{name}}"}"""));
        var message = Body["message"]!.GetValue<string>();
        System.Text.Encoding.UTF8.GetByteCount(message).ShouldBeInRange(3700, 3800);
        message.ShouldEndWith("🚗…");
    }

    [Fact]
    public async Task Gotify_gets_the_key_in_a_header()
    {
        (await SendAsync(Gotify)).ShouldBe(new DeliveryResult.Delivered());
        var (path, headers, body) = _receiver.Requests.Single();
        path.ShouldBe("/message");
        headers.ShouldContain("X-Gotify-Key: app-token");
        body.ShouldNotContain("app-token");
        Body["priority"]!.GetValue<int>().ShouldBe(5);
        Body["extras"]!["client::notification"]!["click"]!["url"]!.GetValue<string>().ShouldBe("https://tm.example/drive/7");
    }

    [Fact]
    public async Task Telegram_gets_plain_text()
    {
        _receiver.Answer = () => (200, """{"ok":true,"result":{}}""");
        (await SendAsync(Telegram)).ShouldBe(new DeliveryResult.Delivered());
        _receiver.Requests.Single().Path.ShouldBe("/bot123:abc/sendMessage");
        Body["chat_id"]!.GetValue<string>().ShouldBe("42");
        Body["text"]!.GetValue<string>().ShouldStartWith("Blue: Drive ended\nArrived at");
        Body["disable_notification"]!.GetValue<bool>().ShouldBeFalse();
        Body.AsObject().ContainsKey("parse_mode").ShouldBeFalse();
    }

    [Theory]
    [InlineData(429, """{"ok":false,"description":"Too Many Requests","parameters":{"retry_after":17}}""", "TryAgain 00:00:17")]
    [InlineData(401, """{"ok":false,"description":"Unauthorized"}""", "Gone")]
    [InlineData(404, """{"ok":false,"description":"Not Found"}""", "Gone")]
    [InlineData(403, """{"ok":false,"description":"Forbidden: bot was blocked by the user"}""", "Gone")]
    [InlineData(400, """{"ok":false,"description":"Bad Request: chat not found 123:abc"}""", "Refused")]
    [InlineData(500, "oops", "TryAgain")]
    [InlineData(200, "<html>", "TryAgain")]
    [InlineData(302, "", "TryAgain")]
    public async Task Telegram_says_what_to_do_next(int status, string body, string expected)
    {
        _receiver.Answer = () => (status, body);
        var result = await SendAsync(Telegram);
        InWords(result).ShouldBe(expected);
        result.ToString().ShouldNotContain("123:abc");
    }

    [Theory]
    [InlineData(401, "TryAgain")]
    [InlineData(403, "TryAgain")]
    [InlineData(404, "Refused")]
    [InlineData(413, "Refused")]
    [InlineData(429, "TryAgain 00:01:00")]
    [InlineData(500, "TryAgain")]
    [InlineData(503, "TryAgain 00:01:00")]
    public async Task Errors_of_ntfy_and_gotify_are_tried_again_or_not(int status, string expected)
    {
        _receiver.Answer = () => (status, """{"error":"secret-topic is wrong","errorDescription":"app-token is wrong"}""");
        _receiver.RetryAfter = status is 429 or 503 ? "60" : null;
        foreach (var settings in (TargetSettings[])[Ntfy(), Gotify])
        {
            var result = await SendAsync(settings);
            InWords(result).ShouldBe(expected);
            result.ToString().ShouldContain("*** is wrong");
            result.ToString().ShouldNotContain("app-token");
            result.ToString().ShouldNotContain("secret-topic");
        }
    }

    [Fact]
    public async Task A_receiver_that_is_away_or_hangs_is_tried_again()
    {
        var time = new Time.ManualTime();
        using var http = ScriptedReceiver.Http(time);
        var hangs = new TaskCompletionSource();
        _receiver.AnswerAfter = hangs.Task;
        var sending = new NtfyChannel(http, SampleEvents.Writer()).SendAsync(Target(Ntfy()), SampleEvents.DriveEnded, CancellationToken.None);
        await Tesla.Eventually.BecomesTrueAsync(() => !_receiver.Requests.IsEmpty, "the request has arrived");
        time.Advance(TimeSpan.FromSeconds(10));
        (await sending).ShouldBeOfType<DeliveryResult.TryAgain>().Reason.ShouldContain("10 s");
        hangs.SetResult();
        var gotify = Gotify;
        await _receiver.DisposeAsync();
        (await SendAsync(gotify)).ShouldBeOfType<DeliveryResult.TryAgain>();
    }

    static string InWords(DeliveryResult result) => result switch
    {
        DeliveryResult.TryAgain({ } after, _) => $"TryAgain {after}",
        _ => result.GetType().Name,
    };
}
