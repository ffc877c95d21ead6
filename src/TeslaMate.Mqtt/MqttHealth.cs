using System.Text.Json.Nodes;
using TeslaMate.Configuration.Health;
using TeslaMate.Mqtt.Publishing;

namespace TeslaMate.Mqtt;

/// <summary>The broker's part of the health check.</summary>
sealed class MqttHealth(BrokerLink link, Outbox outbox) : IHealthReport
{
    public string Name => "mqtt";

    public ValueTask<HealthFacts> ReadAsync(CancellationToken cancellationToken)
    {
        var connected = link.ConnectedSince is not null;
        var details = new JsonObject
        {
            ["connected"] = connected,
            ["connected_since"] = link.ConnectedSince,
            ["pending"] = outbox.Pending,
            ["trouble"] = link.Trouble,
        };
        return ValueTask.FromResult(new HealthFacts(connected, details)
        {
            Phrase = connected ? null : "MQTT broker away",
            Measures =
            [
                new Measure("teslamate_mqtt_connected", "Whether the MQTT broker is connected.", connected ? 1 : 0),
                new Measure("teslamate_mqtt_pending_messages", "Messages that the MQTT broker has not acknowledged.", outbox.Pending),
                new Measure("teslamate_mqtt_delivered_messages_total", "Messages that the MQTT broker has acknowledged.", link.Delivered) { IsCounter = true },
                new Measure("teslamate_mqtt_connections_total", "Connections made to the MQTT broker.", link.Connections) { IsCounter = true },
            ],
        });
    }
}
