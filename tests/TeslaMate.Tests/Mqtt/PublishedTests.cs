using System.Text.Json.Nodes;
using TeslaMate.Logbook;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Mqtt;

/// <summary>Every topic and payload of the specification's cases, as <c>mosquitto_sub</c> gets them from brokers of each kind.</summary>
public sealed class PublishedTests
{
    const string End = "cases/step";

    [SkippableTheory]
    [InlineData("plain", null, null)]
    [InlineData("password", "account_0", null)]
    [InlineData("tls", null, "elsewhere")]
    public async Task The_broker_gets_what_the_specification_says_and_nothing_else(string kind, string? @namespace, string? defaultGeofence)
    {
        var (server, settings, options) = await StartAsync(kind);
        await using var running = server;
        var root = @namespace is null ? "teslamate" : $"teslamate/{@namespace}";
        var node = @namespace is null ? "teslamate" : $"teslamate_{@namespace}";
        await using var listener = await server.ListenAsync("#", [.. options, .. MosquittoListener.AsPublished]);
        await using var publisher = await Publisher.StartAsync(server,
        [
            .. settings, ("MQTT_NAMESPACE", @namespace ?? ""), ("DEFAULT_GEOFENCE", defaultGeofence ?? ""), ("MQTT_HOME_ASSISTANT_DISCOVERY", "true"),
            ("MQTT_HOME_ASSISTANT_DISCOVERY_URL", "https://teslamate.example.com/"),
        ]);
        var documents = new Dictionary<string, string>();
        for (var step = 0; step < SpecCases.All.Max(@case => @case.Steps.Length); step++)
        {
            for (var car = 0; car < SpecCases.All.Count; car++)
                if (step < SpecCases.All[car].Steps.Length)
                    publisher.Hub.Publish(OfCar(SpecCases.All[car].Steps[step].Summary, car));
            if (step == 0)
                await publisher.UntilAsync(
                    () => publisher.Remembers(topic => topic.EndsWith("/config", StringComparison.Ordinal)) == SpecCases.All.Count);
            await publisher.SettledAsync();
            await server.PublishAsync(End, $"{step}", retain: false, options);
            var messages = await listener.UntilAsync(message => message.Topic == End);
            messages.RemoveAt(messages.Count - 1);
            messages.ShouldAllBe(message => message.Qos == 1);
            foreach (var document in messages.Where(message => message.Topic.StartsWith("homeassistant/", StringComparison.Ordinal)))
                documents[document.Topic] = document.Retained ? document.Payload : "not retained";
            var values = messages.Where(message => message.Topic.StartsWith($"{root}/cars/", StringComparison.Ordinal))
                .ToLookup(message => message.Topic.Split('/')[^2]);
            for (var car = 0; car < SpecCases.All.Count; car++)
                Compare([.. values[$"{car}"]], SpecCases.All[car], step, defaultGeofence);
            messages.Select(message => message.Topic).Where(topic => !topic.StartsWith("homeassistant/", StringComparison.Ordinal)
                && !topic.StartsWith($"{root}/cars/", StringComparison.Ordinal))
                .ShouldBe(step == 0 ? [$"{root}/availability"] : []);
        }

        documents.Count.ShouldBe(SpecCases.All.Count);
        for (var car = 0; car < SpecCases.All.Count; car++)
        {
            var document = JsonNode.Parse(documents[$"homeassistant/device/{node}_{car}/config"])!.AsObject();
            document.Select(member => member.Key).ShouldBe(["components", "device", "origin", "availability"], ignoreOrder: true);
            DiscoveryTests.Compare(document["components"]!, $"{node}_{car}", $"{root}/cars/{car}");
            document["device"]!["identifiers"]!.ToJsonString().ShouldBe($"""["{node}_car_{car}"]""");
            document["device"]!["configuration_url"]!.GetValue<string>().ShouldBe("https://teslamate.example.com/");
            document["availability"]!.ToJsonString().ShouldBe($$"""[{"topic":"{{root}}/availability"}]""");
        }

        var full = JsonNode.Parse(documents[$"homeassistant/device/{node}_{SpecCases.All.Count - 1}/config"])!["device"]!;
        full["name"]!.GetValue<string>().ShouldBe("Foo");
        full["model"]!.GetValue<string>().ShouldBe("Model Y 74D (Midnight Silver, Apollo 19\" Wheels, Carbon Fiber Spoiler, Sunroof)");
        full["manufacturer"]!.GetValue<string>().ShouldBe("Tesla");
        full["sw_version"]!.GetValue<string>().ShouldBe("2026.14.1");
    }

    static void Compare(IReadOnlyList<MqttMessage> messages, SpecCases.Case @case, int step, string? defaultGeofence)
    {
        var published = messages.Select(message => $"{message.Topic.Split('/')[^1]} {(message.Retained ? "=" : "~")} {message.Payload}".TrimEnd())
            .ToList();
        if (step == 0)
        {
            // The clean-up comes before the first health.
            published.IndexOf("healthy =").ShouldBeInRange(0, published.FindIndex(line => line.StartsWith("healthy ~", StringComparison.Ordinal)) - 1,
                @case.Name);
            published.Remove("healthy =");
        }

        var expected = @case.Expected(step)
            .Select(line => line == "geofence =" && defaultGeofence is not null ? $"geofence = {defaultGeofence}" : line);
        published.Order(StringComparer.Ordinal).ShouldBe(expected.Order(StringComparer.Ordinal), $"{@case.Name}, step {step + 1}");
    }

    static Summary OfCar(Summary summary, int car) => summary with { Car = summary.Car with { Id = new CarId((short)car) } };

    /// <summary>A broker of a kind, what the program must be told about it, and what the clients of the test must be told.</summary>
    static async Task<(MosquittoServer Server, (string Name, string Value)[] Settings, string[] Options)> StartAsync(string kind)
    {
        switch (kind)
        {
            case "password":
                return (await MosquittoServer.WithPasswordAsync("teslamate", "right"), [("MQTT_USERNAME", "teslamate"), ("MQTT_PASSWORD", "right")],
                    ["-u", "teslamate", "-P", "right"]);
            case "tls":
                var server = await MosquittoServer.WithTlsAsync();
                var authority = Path.Combine(server.Folder, "ca.pem");
                return (server, [("MQTT_HOST", "localhost"), ("MQTT_TLS", "true"), ("MQTT_TLS_CA_CERT_FILE", authority)],
                    ["-h", "localhost", "--cafile", authority]);
            default:
                return (await MosquittoServer.StartAsync(), [], []);
        }
    }
}
