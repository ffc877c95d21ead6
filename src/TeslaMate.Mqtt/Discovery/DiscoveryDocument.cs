using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using TeslaMate.Logbook;
using TeslaMate.Mqtt.Publishing;

namespace TeslaMate.Mqtt.Discovery;

/// <summary>Names and contents of Home Assistant's discovery messages (spec mqtt 11 to 14).</summary>
sealed class DiscoveryDocument(MqttSettings settings)
{
    static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Announced by still older versions; nothing replaces them.
    static readonly string[] Removed =
    [
        "binary_sensor/{0}/update_available", "sensor/{0}/tpms_pressure_fl_psi", "sensor/{0}/tpms_pressure_fr_psi", "sensor/{0}/tpms_pressure_rl_psi",
        "sensor/{0}/tpms_pressure_rr_psi",
    ];

    static readonly string ProgramVersion =
        typeof(DiscoveryDocument).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
            ?? "unknown";

    /// <summary>The car's id among all devices of the broker.</summary>
    public string Node(CarId car) => settings.Namespace is null ? $"teslamate_{car.Value}" : $"teslamate_{settings.Namespace}_{car.Value}";

    public string Topic(CarId car) => $"{settings.HomeAssistant.Prefix}/device/{Node(car)}/config";

    /// <summary>Matches every topic on which one of the car's entities was announced alone.</summary>
    public string FormerTopicsFilter(CarId car) => $"{settings.HomeAssistant.Prefix}/+/{Node(car)}/+/config";

    /// <summary>The topics that a migration marks, then clears.</summary>
    public IReadOnlyList<string> FormerTopics(CarId car)
        => [.. Components.All.Where(component => component.HadTopicOfItsOwn)
            .Select(component => $"{settings.HomeAssistant.Prefix}/{component.PlatformName}/{Node(car)}/{component.Key}/config")];

    /// <summary>The topics that are only cleared.</summary>
    public IReadOnlyList<string> RemovedTopics(CarId car)
        => [.. Removed.Select(topic => $"{settings.HomeAssistant.Prefix}/{topic.Replace("{0}", Node(car), StringComparison.Ordinal)}/config")];

    /// <summary>The device message.</summary>
    /// <param name="withDisabled">Whether the entities that start disabled are in it; during a migration they come last.</param>
    public byte[] Render(CarId car, DeviceDescription device, bool withDisabled = true)
    {
        var components = new JsonObject();
        foreach (var component in Components.All)
            if (withDisabled || !component.IsOff)
                components[component.Id] = Render(car, component);
        var description = new JsonObject
        {
            ["identifiers"] = new JsonArray(settings.Namespace is null
                ? $"teslamate_car_{car.Value}" : $"teslamate_{settings.Namespace}_car_{car.Value}"),
            ["manufacturer"] = "Tesla",
            ["name"] = device.Name,
            ["model"] = device.Model,
        };
        if (settings.HomeAssistant.Url is { } url)
            description["configuration_url"] = url;
        if (device.FirmwareVersion is { } version)
            description["sw_version"] = version;
        var document = new JsonObject
        {
            ["components"] = components,
            ["device"] = description,
            ["origin"] = new JsonObject { ["name"] = "TeslaMate", ["sw_version"] = ProgramVersion, ["support_url"] = "https://docs.teslamate.org/" },
            ["availability"] = new JsonArray(new JsonObject { ["topic"] = AvailabilityTopic.TopicOf(settings) }),
        };
        return Encoding.UTF8.GetBytes(document.ToJsonString(Compact));
    }

    JsonObject Render(CarId car, Component component)
    {
        var @base = $"{settings.Root}/cars/{car.Value}";
        var isTracker = component.Platform == Platform.DeviceTracker;
        var rendered = new JsonObject
        {
            ["platform"] = component.PlatformName,
            ["unique_id"] = $"{Node(car)}_{component.Id}",
            // Deprecated in favour of default_entity_id, and still what installations older than that understand.
            ["object_id"] = $"tesla_{component.Key}",
            ["default_entity_id"] = $"{component.PlatformName}.tesla_{component.Key}",
            ["name"] = component.Name,
            [isTracker ? "json_attributes_topic" : "state_topic"] = $"{@base}/{component.Topic}",
        };
        Add("json_attributes_template", component.AttributesTemplate);
        Add("device_class", component.DeviceClass);
        Add("state_class", component.StateClass);
        Add("unit_of_measurement", component.Unit);
        if (component.Precision is { } precision)
            rendered["suggested_display_precision"] = precision;
        if (component.EventTypes is { } types)
            rendered["event_types"] = new JsonArray([.. types.Select(type => JsonValue.Create(type))]);
        Add("icon", component.Icon is { } icon ? $"mdi:{icon}" : null);
        Add("value_template", component.Template);
        Add("payload_on", component.On);
        Add("payload_off", component.Off);
        Add("entity_category", component.IsDiagnostic ? "diagnostic" : null);
        if (component.IsOff)
            rendered["enabled_by_default"] = false;
        // One object, as the specification has it, in the place of the device's availability: such an entity does not follow the program's.
        if (component.NeedsRoute)
            rendered["availability"] = new JsonObject { ["topic"] = $"{@base}/active_route", ["value_template"] = Templates.RouteAvailability };
        return rendered;

        void Add(string member, string? value)
        {
            if (value is not null)
                rendered[member] = value;
        }
    }
}
