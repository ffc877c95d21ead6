using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Deliveries;

/// <summary>Whether an event goes to a target, and when (spec api 4.2, 4.3).</summary>
public static class DeliveryRules
{
    /// <summary>People get the same news of the same car once in this time.</summary>
    public static readonly TimeSpan SameNews = TimeSpan.FromMinutes(10);

    /// <summary>The moment from which it is sent; null when it is not.</summary>
    /// <param name="lastSame">When the same type of event of the same car was last stored for the target; null when it never was.</param>
    /// <param name="zone">That of the quiet hours.</param>
    public static DateTimeOffset? SendAt(
        TargetKind kind, EventFilter filter, QuietHours? quiet, OutgoingEvent happened, DateTimeOffset? lastSame, DateTimeOffset now,
            TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentNullException.ThrowIfNull(happened);
        if (!kind.TakesEvents() || !filter.Accepts(happened))
            return null;
        if (!kind.IsForPeople())
            return now;
        if (lastSame is { } last && now - last < SameNews)
            return null;
        return happened.Type.IsUrgent ? now : quiet?.EndFor(now, zone) ?? now;
    }
}
