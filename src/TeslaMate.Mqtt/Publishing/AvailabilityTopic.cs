using System.Text;
using TeslaMate.Mqtt.Broker;

namespace TeslaMate.Mqtt.Publishing;

/// <summary>
/// The topic that tells whether a program publishes; the broker itself says <c>offline</c> when one vanishes. Several instances share it, so the
/// last word belongs to those that are still there.
/// </summary>
sealed class AvailabilityTopic(MqttSettings settings, Outbox outbox)
{
    static readonly byte[] OnlinePayload = Encoding.UTF8.GetBytes("online");
    static readonly byte[] OfflinePayload = Encoding.UTF8.GetBytes("offline");

    public string Topic => TopicOf(settings);

    public static string TopicOf(MqttSettings settings) => $"{settings.Root}/availability";

    public static Will WillOf(MqttSettings settings) => new(TopicOf(settings), OfflinePayload);

    public void Online() => outbox.Put(Topic, OnlinePayload, retain: true);

    public void Offline() => outbox.Put(Topic, OfflinePayload, retain: true);

    /// <summary>Contradicts the farewell of another instance. What was retained before this connection is contradicted by its beginning.</summary>
    public void Answer(BrokerEvent.Received message)
    {
        if (!message.Retained && message.Payload.AsSpan().SequenceEqual(OfflinePayload))
            Online();
    }
}
