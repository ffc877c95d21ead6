using System.Text.RegularExpressions;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Mqtt;

/// <summary>The connection itself: who it says it is, how it ends, and what it does with a broker that misbehaves.</summary>
public sealed partial class LinkTests
{
    [SkippableFact]
    public async Task The_client_id_is_one_that_every_broker_takes_and_another_at_each_start()
    {
        await using var server = await MosquittoServer.StartAsync();
        for (var start = 0; start < 3; start++)
            await using (var publisher = await Publisher.StartAsync(server))
                await publisher.SettledAsync();

        // p2 is MQTT 3.1.1, c1 a clean session.
        var ids = ClientId().Matches(server.Log).Select(match => match.Groups[1].Value).ToList();
        ids.Distinct().Count().ShouldBe(3, server.Log);
        ids.ShouldAllBe(id => id.Length <= 23);
    }

    [SkippableFact]
    public async Task A_stop_says_good_bye_to_the_broker()
    {
        await using var server = await MosquittoServer.StartAsync();
        for (var start = 0; start < 10; start++)
            await using (var publisher = await Publisher.StartAsync(server))
                await publisher.SettledAsync();

        await server.LoggedAsync(10, "TESLAMATE_[0-9A-F]+ disconnected");
        server.Log.ShouldNotMatch("TESLAMATE_[0-9A-F]+ closed its connection");
    }

    [SkippableFact]
    public async Task A_broker_that_accepts_and_drops_is_tried_ever_more_rarely_and_reported_once()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var line = new FaultyLine(server.Port) { Decide = packet => packet.IsConnect ? Fate.Arrives : Fate.Cuts };
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        await using var publisher = await Publisher.StartAsync(server, time, [], ("MQTT_PORT", $"{line.Port}"));
        publisher.Hub.Publish(ASummary.Online());
        await PassAsync(time, TimeSpan.FromSeconds(60));

        // 0.1, 0.2, 0.4 ... 25.6 s make nine pauses a minute; without them there would be hundreds.
        line.Connections.ShouldBeInRange(3, 12);
        Said().ShouldBeUnique();

        line.Decide = _ => Fate.Arrives;
        await PassAsync(time, TimeSpan.FromSeconds(40));
        await publisher.SettledAsync();
        // Once it holds the log says so, and the next trouble is news again.
        await PassAsync(time, TimeSpan.FromSeconds(45));
        Said()[^1].ShouldContain("established");
        var (before, saidBefore) = (line.Connections, Said().Count);
        line.Cut();
        await publisher.UntilAsync(() => Said().Count > saidBefore);
        await PassAsync(time, TimeSpan.FromSeconds(1));
        await publisher.SettledAsync();
        line.Connections.ShouldBe(before + 1);

        List<string> Said() => [.. publisher.Log.Split('\n').Where(text => text.Contains("MQTT", StringComparison.Ordinal))];
    }

    [SkippableFact]
    public async Task A_broker_that_answers_pings_but_acknowledges_nothing_is_left_and_joined_again()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var line = new FaultyLine(server.Port) { Decide = packet => packet.IsPublish ? Fate.IsLost : Fate.Arrives };
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        await using var publisher = await Publisher.StartAsync(server, time, [], ("MQTT_PORT", $"{line.Port}"));
        publisher.Hub.Publish(ASummary.Online());
        await publisher.UntilAsync(() => line.Published.Contains("teslamate/cars/1/state"));
        await PassAsync(time, TimeSpan.FromSeconds(25));
        line.Connections.ShouldBe(1);
        line.Decide = _ => Fate.Arrives;
        await PassAsync(time, TimeSpan.FromSeconds(20));

        await publisher.SettledAsync();
        publisher.Log.ShouldContain("not acknowledged");
        (await server.RetainedAsync())["teslamate/cars/1/state"].ShouldBe("online");
    }

    /// <summary>Lets time pass with enough pauses for what happens outside of it, on sockets and other threads.</summary>
    static async Task PassAsync(ManualTime time, TimeSpan span)
    {
        var step = TimeSpan.FromMilliseconds(200);
        for (var passed = TimeSpan.Zero; passed < span; passed += step)
        {
            time.Advance(step);
            await Task.Delay(10);
        }
    }

    [GeneratedRegex(@"as (TESLAMATE_[0-9A-F]{11}) \(p2, c1,")]
    private static partial Regex ClientId();
}
