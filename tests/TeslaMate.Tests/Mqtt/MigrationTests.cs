using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Mqtt;

/// <summary>The move of former announcements to the car's device, as the broker sees it, over lines of each kind (spec mqtt 14.2).</summary>
public sealed class MigrationTests
{
    const string Device = "device/teslamate_1/config";

    static readonly string[] Former =
        [.. SpecComponents.All.Where(row => row.Flags.Contains("L")).Select(row => $"{row.Platform}/teslamate_1/{row.Key}/config")];

    static readonly string[] Removed =
    [
        "binary_sensor/teslamate_1/update_available/config", "sensor/teslamate_1/tpms_pressure_fl_psi/config",
        "sensor/teslamate_1/tpms_pressure_fr_psi/config",
        "sensor/teslamate_1/tpms_pressure_rl_psi/config", "sensor/teslamate_1/tpms_pressure_rr_psi/config",
    ];

    // Never announced by an older version, so not this program's to touch.
    static readonly string[] Strangers =
    [
        "sensor/teslamate_1/update_available/config", "sensor/teslamate_1/latitude/config", "sensor/teslamate_1/location/config",
        "sensor/teslamate_1/charge_current_request/config", "binary_sensor/teslamate_1/service_mode/config",
        "binary_sensor/teslamate_1/driver_front_door_open/config", "update/teslamate_1/update/config",
    ];

    /// <summary>On the slow line an answer takes longer than the pause after it, and what is retained comes in portions.</summary>
    [SkippableTheory]
    [InlineData(0)]
    [InlineData(600)]
    public async Task Every_former_announcement_is_marked_then_replaced_then_cleared(int delayMs)
    {
        await using var server = await MosquittoServer.StartAsync();
        foreach (var portion in ((string[])[.. Former, .. Removed, .. Strangers]).Chunk(10))
            await Task.WhenAll(portion.Select(topic => server.PublishAsync($"homeassistant/{topic}", "{}", retain: true)));
        await using var listener = await server.ListenAsync("homeassistant/#");
        await using var line = new FaultyLine(server.Port) { Delay = TimeSpan.FromMilliseconds(delayMs) };
        // Slow until it has found out what there is; all that follows would take minutes.
        line.Decide = packet =>
        {
            if (packet.Topic?.EndsWith("/config", StringComparison.Ordinal) == true)
                line.Delay = TimeSpan.Zero;
            return Fate.Arrives;
        };
        await using var publisher = await Publisher.StartAsync(server, ("MQTT_PORT", $"{line.Port}"), ("MQTT_HOME_ASSISTANT_DISCOVERY", "true"));
        publisher.Hub.Publish(ASummary.Online());

        var messages = await listener.UntilAsync(message => message.Payload.Contains("\"display_name\"", StringComparison.Ordinal));
        messages.Skip(Former.Length + Removed.Length + Strangers.Length).Select(InWords).ShouldBe(Sequence(Former, Removed));
        (await server.RetainedAsync("homeassistant/#")).Keys.Select(topic => topic[14..]).ShouldBe([.. Strangers, Device], ignoreOrder: true);
    }

    [SkippableTheory]
    [InlineData("sensor/teslamate_1/display_name/config", 1)]
    [InlineData(Device, 1)]
    [InlineData("sensor/teslamate_1/display_name/config", 2)]
    [InlineData(Device, 2)]
    public async Task A_migration_that_the_broker_cuts_off_goes_on_where_it_was(string topic, int occurrence)
    {
        string[] former = [Former[0], Former[1], Former[2]];
        await using var server = await MosquittoServer.StartAsync();
        foreach (var old in (string[])[.. former, Removed[0]])
            await server.PublishAsync($"homeassistant/{old}", "{}", retain: true);
        await using var listener = await server.ListenAsync("homeassistant/#");
        await using var line = new FaultyLine(server.Port);
        var seen = 0;
        line.Decide = packet => packet.Topic == $"homeassistant/{topic}" && ++seen == occurrence ? Fate.Cuts : Fate.Arrives;
        await using var publisher = await Publisher.StartAsync(server, ("MQTT_PORT", $"{line.Port}"), ("MQTT_HOME_ASSISTANT_DISCOVERY", "true"));
        publisher.Hub.Publish(ASummary.Online());

        var messages = await listener.UntilAsync(message => message.Payload.Contains("\"display_name\"", StringComparison.Ordinal));
        messages.Skip(former.Length + 1).Select(InWords).ShouldBe(Sequence(former, [Removed[0]]));
        line.Connections.ShouldBe(2);
    }

    static IEnumerable<string> Sequence(IReadOnlyList<string> former, IReadOnlyList<string> removed) =>
    [
        .. former.Select(topic => $$"""{{topic}} {"migrate_discovery":true}"""),
        $"{Device} 71 components",
        .. former.Concat(removed).Select(topic => $"{topic} "),
        $"{Device} 86 components",
    ];

    static string InWords(MqttMessage message)
        => $"{message.Topic[14..]} " + (message.Topic.EndsWith(Device, StringComparison.Ordinal)
            ? $"{System.Text.Json.Nodes.JsonNode.Parse(message.Payload)!["components"]!.AsObject().Count} components"
            : message.Payload);
}

/// <summary>Single messages that the broker does not get.</summary>
public sealed class LostMessageTests
{
    [SkippableFact]
    public async Task Values_that_the_broker_does_not_acknowledge_are_sent_again_and_hold_up_no_others()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var line = new FaultyLine(server.Port);
        var isFirstConnection = true;
        line.Decide = packet => isFirstConnection && packet.Topic is "teslamate/cars/1/display_name" or "teslamate/cars/1/shift_state"
            ? Fate.IsLost : Fate.Arrives;
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        await using var publisher = await Publisher.StartAsync(server, time, [], ("MQTT_PORT", $"{line.Port}"));
        await using var listener = await server.ListenAsync("teslamate/cars/1/#");
        publisher.Hub.Publish(ASummary.Online() with { ShiftState = "D", Version = "1" });
        await listener.UntilAsync(message => message is { Topic: "teslamate/cars/1/version", Payload: "1" });
        publisher.Hub.Publish(ASummary.Online() with { ShiftState = "D", Version = "2" });
        await listener.UntilAsync(message => message is { Topic: "teslamate/cars/1/version", Payload: "2" });
        (await server.RetainedAsync()).Keys.ShouldNotContain("teslamate/cars/1/display_name");

        isFirstConnection = false;
        for (var second = 0; second < 45; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(20);
        }

        await publisher.SettledAsync();
        var retained = await server.RetainedAsync();
        (retained["teslamate/cars/1/display_name"], retained["teslamate/cars/1/shift_state"],
            retained["teslamate/cars/1/version"]).ShouldBe(("Foo", "D", "2"));
    }

    [SkippableFact]
    public async Task A_clean_up_that_is_cut_off_is_repeated_and_the_health_still_follows_it()
    {
        await using var server = await MosquittoServer.StartAsync();
        await server.PublishAsync("teslamate/cars/1/healthy", "false", retain: true);
        await using var listener = await server.ListenAsync("teslamate/cars/1/healthy");
        await using var line = new FaultyLine(server.Port);
        var isCut = false;
        line.Decide = packet => packet.Topic == "teslamate/cars/1/healthy" && !isCut && (isCut = true) ? Fate.Cuts : Fate.Arrives;
        await using var publisher = await Publisher.StartAsync(server, ("MQTT_PORT", $"{line.Port}"));
        publisher.Hub.Publish(ASummary.Online());
        (await listener.UntilAsync(message => message.Payload == "true")).Select(message => message.Payload).ShouldBe(["false", "", "true"]);
        (await server.RetainedAsync("teslamate/cars/1/healthy")).ShouldBeEmpty();
    }
}
