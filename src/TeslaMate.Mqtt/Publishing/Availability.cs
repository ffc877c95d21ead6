using System.Text;

namespace TeslaMate.Mqtt.Publishing;

/// <summary>The topic that tells whether this program is there; the broker itself publishes <c>offline</c> when it vanishes.</summary>
sealed class Availability(MqttSettings settings, Outbox outbox)
{
    static readonly byte[] OnlinePayload = Encoding.UTF8.GetBytes("online");
    static readonly byte[] OfflinePayload = Encoding.UTF8.GetBytes("offline");

    public string Topic => TopicOf(settings);

    public static string TopicOf(MqttSettings settings) => $"{settings.Root}/availability";

    public static Broker.Will WillOf(MqttSettings settings) => new(TopicOf(settings), OfflinePayload);

    public void Online() => outbox.Put(Topic, OnlinePayload, retain: true);

    public void Offline() => outbox.Put(Topic, OfflinePayload, retain: true);
}
