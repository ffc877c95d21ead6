using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TeslaMate.Configuration.Health;
using TeslaMate.Mqtt.Publishing;

namespace TeslaMate.Mqtt;

/// <summary>The broker's part of the health check.</summary>
sealed class MqttHealth : IHealthCheck
{
    readonly BrokerLink _link;
    readonly Outbox _outbox;

    public MqttHealth(BrokerLink link, Outbox outbox, IMeterFactory meters)
    {
        (_link, _outbox) = (link, outbox);
        var meter = meters.Of("Mqtt");
        meter.CreateObservableGauge("teslamate_mqtt_connected", () => link.ConnectedSince is null ? 0 : 1, unit: null,
            "Whether the MQTT broker is connected.");
        meter.CreateObservableGauge("teslamate_mqtt_pending_messages", () => outbox.Pending, unit: null,
            "Messages that the MQTT broker has not acknowledged.");
        meter.CreateObservableCounter(
            "teslamate_mqtt_delivered_messages_total", () => link.Delivered, unit: null, "Messages that the MQTT broker has acknowledged.");
        meter.CreateObservableCounter("teslamate_mqtt_connections_total", () => link.Connections, unit: null, "Connections made to the MQTT broker.");
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var connected = _link.ConnectedSince is not null;
        var details = new JsonObject
        {
            ["connected"] = connected,
            ["connected_since"] = _link.ConnectedSince,
            ["pending"] = _outbox.Pending,
            ["trouble"] = _link.LastError,
        };
        return Task.FromResult(context.Result(connected, details, connected ? null : "MQTT broker away"));
    }
}
