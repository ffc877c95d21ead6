using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using TeslaMate.Mqtt.Publishing;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Mqtt.Events;

/// <summary>
/// Events on the topic <c>…/cars/ID/event</c> of their car, which Home Assistant has as an entity of its device (spec api 4.3): not retained, and
/// missed while the broker is away, since an automation must not act upon what happened long ago.
/// </summary>
sealed class EventTopic(MqttSettings settings, BrokerLink link, Outbox outbox, TimeProvider time) : IChannel
{
    static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    public TargetKind Kind => TargetKind.HomeAssistant;

    public async Task<DeliveryResult> SendAsync(OutgoingTarget target, OutgoingEvent happened, CancellationToken cancellationToken)
    {
        if (link.ConnectedSince is null)
            return new DeliveryResult.Refused("the broker is away");
        // Topics belong to cars: what is about none has no place there, and a test asks for the broker alone.
        if (happened.Car is not { } car)
            return new DeliveryResult.Delivered();
        using var timeout = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var isFirst = await outbox.PutOnceAsync($"{settings.Root}/cars/{car.Id.Value}/event", Payload(happened), retain: false)
                .WaitAsync(either.Token);
            return isFirst ? new DeliveryResult.Delivered() : new DeliveryResult.Refused("a newer event took its place");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DeliveryResult.Refused("the broker has not acknowledged it");
        }
    }

    /// <summary>The event's name with underscores, its id and time, and the members of its data, without objects within objects.</summary>
    internal static byte[] Payload(OutgoingEvent happened)
    {
        var payload = new JsonObject
        {
            ["event_type"] = TypeOf(happened.Type),
            ["id"] = happened.Id,
            ["occurred_at"] = happened.OccurredAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in happened.Data)
            Add(name == "id" ? "row_id" : name, value);
        return Encoding.UTF8.GetBytes(payload.ToJsonString(Plain));

        void Add(string name, JsonNode? value)
        {
            if (value is not JsonObject members)
            {
                payload[name] = value?.DeepClone();
                return;
            }

            foreach (var (member, inner) in members)
                Add($"{name}_{member}", inner);
        }
    }

    /// <summary>The name of an event for Home Assistant, such as <c>drive_ended</c>.</summary>
    public static string TypeOf(EventType type) => type.Name.Replace('.', '_');

    /// <summary>The events that a car can have, in the chapter's order.</summary>
    public static IReadOnlyList<string> Types { get; } =
    [
        .. EventType.All.Where(type => type != EventType.TokenExpiring && type != EventType.SignInNeeded && type != EventType.IntegrationFailed
            && type != EventType.BackupFailed && type != EventType.DiskLow && type != EventType.DatabaseAway).Select(TypeOf),
    ];
}
