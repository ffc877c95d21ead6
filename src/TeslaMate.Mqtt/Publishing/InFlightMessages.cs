using System.Diagnostics.CodeAnalysis;

namespace TeslaMate.Mqtt.Publishing;

/// <summary>The messages that one connection has sent and the broker has not acknowledged yet.</summary>
sealed class InFlightMessages(TimeProvider time)
{
    readonly Dictionary<int, Outbox.Message> _messages = [];
    readonly Queue<(int Id, long SentAt)> _order = [];

    public int Count => _messages.Count;

    /// <summary>
    /// How long the oldest has waited; zero when none does. A broker acknowledges in the order of arrival, so nothing behind it will come first.
    /// </summary>
    public TimeSpan LongestWait
    {
        get
        {
            while (_order.TryPeek(out var oldest))
            {
                if (_messages.ContainsKey(oldest.Id))
                    return time.GetElapsedTime(oldest.SentAt);
                _order.Dequeue();
            }

            return TimeSpan.Zero;
        }
    }

    public void Add(int id, Outbox.Message message)
    {
        _messages[id] = message;
        _order.Enqueue((id, time.GetTimestamp()));
    }

    public bool Remove(int id, [NotNullWhen(true)] out Outbox.Message? message) => _messages.Remove(id, out message);
}
