using System.Collections.Concurrent;
using TeslaMate.Outgoing.Events;

namespace TeslaMate.Tests.Outgoing;

/// <summary>Takes events and remembers them.</summary>
sealed class RecordedEvents : IOutgoingEvents
{
    readonly ConcurrentQueue<OutgoingEvent> _events = new();

    public IReadOnlyList<OutgoingEvent> All => [.. _events];

    public string Types => string.Join(' ', _events.Select(happened => happened.Type));

    public void Publish(OutgoingEvent happened) => _events.Enqueue(happened);
}
