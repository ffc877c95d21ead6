using System.Text.Json.Nodes;
using TeslaMate.Logbook;
using TeslaMate.Mqtt;
using TeslaMate.Mqtt.Discovery;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Mqtt;

public sealed class DiscoveryTests
{
    static MqttSettings Settings(string? @namespace = null, string prefix = "homeassistant", string? url = null)
        => new() { Host = "localhost", Port = 1883, Namespace = @namespace, HomeAssistant = new HomeAssistantSettings(Discovery: true, prefix, url) };

    static JsonNode Render(Summary summary, MqttSettings? settings = null, bool withDisabled = true)
        => JsonNode.Parse(new DiscoveryDocument(settings ?? Settings()).Render(summary.Car.Id, DeviceDescription.Of(summary), withDisabled))!;

    [Fact]
    public void Every_component_is_member_for_member_as_specified()
    => Compare(Render(ASummary.Online())["components"]!, "teslamate_1", "teslamate/cars/1");

    /// <summary>Compares with the specification's tables, component by component.</summary>
    internal static void Compare(JsonNode components, string node, string @base)
    {
        var expected = SpecComponents.Of(node, @base);
        expected.Count.ShouldBe(85);
        // Ours comes behind those of the specification.
        components.AsObject().Select(component => component.Key).ShouldBe([.. expected.Select(component => component.Key), "event"]);
        JsonNode.DeepEquals(components["event"], new JsonObject
        {
            ["platform"] = "event",
            ["unique_id"] = $"{node}_event",
            ["object_id"] = "tesla_event",
            ["default_entity_id"] = "event.tesla_event",
            ["name"] = "Event",
            ["state_topic"] = $"{@base}/event",
            ["event_types"] = new JsonArray("drive_started", "drive_ended", "charge_started", "charge_ended", "charge_interrupted", "state_changed",
                "place_entered", "place_left", "update_available", "update_installed", "battery_low", "charge_limit_reached", "tyre_warning",
                "sentry_alert", "left_open", "data_stopped", "data_resumed"),
            ["icon"] = "mdi:bell",
        }).ShouldBeTrue(components["event"]!.ToJsonString());
        foreach (var (id, component) in expected)
            JsonNode.DeepEquals(components[id], component)
                .ShouldBeTrue($"{id}\nexpected {component!.ToJsonString()}\nactual   {components[id]!.ToJsonString()}");
    }

    [Fact]
    public void The_former_topics_are_those_of_old_versions_in_their_order()
    {
        var expected = SpecComponents.All.Where(row => row.Flags.Contains("L"))
            .Select(row => $"homeassistant/{row.Platform}/teslamate_1/{row.Key}/config").ToList();
        expected.Count.ShouldBe(57);
        new DiscoveryDocument(Settings()).FormerTopics(new CarId(1)).ShouldBe(expected);
    }

    [Fact]
    public void A_migration_leaves_out_the_fifteen_disabled_entities_first()
        => Render(ASummary.Online(), withDisabled: false)["components"]!.AsObject().Count.ShouldBe(71);

    [Fact]
    public void The_device_is_unavailable_when_the_program_is()
        => Render(ASummary.Online(), Settings(@namespace: "ns1"))["availability"]![0]!["topic"]!.GetValue<string>()
            .ShouldBe("teslamate/ns1/availability");

    [Theory]
    [InlineData("3", null, null, null, null, null, null, "Model 3")]
    [InlineData("S", "LR AWD", "74D", "DeepBlue", "AeroTurbine19", "CarbonFiber", true,
        "Model S LR AWD (Deep Blue, Aero Turbine 19\" Wheels, Carbon Fiber Spoiler, Sunroof)")]
    [InlineData("3", null, "74D", null, null, null, null, "Model 3 74D")]
    [InlineData(null, null, "FOUNDATION", "DeepBlue", null, null, null, "Tesla")]
    [InlineData("Cybertruck", null, "FOUNDATION", null, null, null, null, "Cybertruck FOUNDATION")]
    [InlineData("3", null, "Long Range", null, "Induction", "None", false, "Model 3 Long Range (Induction Wheels)")]
    [InlineData("3", null, null, null, "AeroTurbine19", null, null, "Model 3 (Aero Turbine 19\" Wheels)")]
    [InlineData("3", null, null, null, "Pinwheel18", null, null, "Model 3 (Pinwheel 18\" Wheels)")]
    [InlineData("3", null, null, null, "Slipstream19Carbon", null, null, "Model 3 (Slipstream 19\" Carbon Wheels)")]
    [InlineData("3", "", "", "", "", "", null, "Model 3")]
    public void The_model_is_described_in_words(
        string? model, string? marketingName, string? trim, string? color, string? wheels, string? spoiler, bool? sunRoof, string expected)
    {
        var summary = ASummary.Online() with
        {
            Car = ASummary.Known() with
            {
                Model = model,
                MarketingName = marketingName,
                TrimBadging = trim,
                ExteriorColor = color,
                WheelType = wheels,
                SpoilerType = spoiler
            },
            SunRoofInstalled = sunRoof,
        };
        DeviceDescription.Of(summary).Model.ShouldBe(expected);
    }

    [Theory]
    [InlineData(7, "Foo", "Bar", "Foo")]
    [InlineData(7, null, "Tesla Model 3", "Tesla Model 3")]
    [InlineData(7, null, "", "Tesla #7")]
    [InlineData(0, null, null, "Tesla #0")]
    public void The_device_is_called_as_the_car(short id, string? displayName, string? name, string expected)
        => DeviceDescription.Of(ASummary.Silent(id) with { DisplayName = displayName, Car = ASummary.Known(id) with { Name = name } }).Name.ShouldBe(
            expected);

    [Fact]
    public void A_namespace_and_a_prefix_are_in_every_name()
    {
        var document = new DiscoveryDocument(Settings(@namespace: "ns1", prefix: "custom_prefix"));
        document.Topic(new CarId(2)).ShouldBe("custom_prefix/device/teslamate_ns1_2/config");
        var rendered = Render(ASummary.Online(2), Settings(@namespace: "ns1"));
        var speed = rendered["components"]!["speed"]!;
        speed["unique_id"]!.GetValue<string>().ShouldBe("teslamate_ns1_2_speed");
        speed["object_id"]!.GetValue<string>().ShouldBe("tesla_speed");
        speed["state_topic"]!.GetValue<string>().ShouldBe("teslamate/ns1/cars/2/speed");
        rendered["device"]!["identifiers"]![0]!.GetValue<string>().ShouldBe("teslamate_ns1_car_2");
    }

    [Fact]
    public void The_envelope_says_what_is_known_and_nothing_else()
    {
        var known = Render(ASummary.Online(), Settings(url: "https://teslamate.example.com/"));
        known["device"]!["configuration_url"]!.GetValue<string>().ShouldBe("https://teslamate.example.com/");
        known["device"]!["sw_version"]!.GetValue<string>().ShouldBe("2019.42");
        known["origin"]!["name"]!.GetValue<string>().ShouldBe("TeslaMate");
        var unknown = Render(ASummary.Silent());
        unknown["device"]!.AsObject().Select(member => member.Key).ShouldBe(["identifiers", "manufacturer", "name", "model"]);
    }

    [Fact]
    public void Values_do_not_change_the_description()
    {
        var before = DeviceDescription.Of(ASummary.Online());
        DeviceDescription.Of(ASummary.Online() with { Speed = 99, UpdateAvailable = true, SunRoofInstalled = false }).ShouldBe(before);
        DeviceDescription.Of(ASummary.Online() with { Version = "2026.26.1" }).ShouldNotBe(before);
    }
}
