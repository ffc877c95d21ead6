namespace TeslaMate.Outgoing.Targets;

/// <summary>The hours of a day in which only what is urgent is told; from 22:00 to 07:00 goes over midnight.</summary>
/// <param name="From">Local time; the first moment of quiet.</param>
/// <param name="To">Local time; the first moment after it. Never the same as <paramref name="From"/>.</param>
public sealed record QuietHours(TimeOnly From, TimeOnly To)
{
    /// <summary>The end of the quiet hours that this moment is in; null when it is in none.</summary>
    public DateTimeOffset? EndFor(DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone).DateTime;
        // IsBetween takes the first for part of it and the last for none, and goes over midnight.
        if (!TimeOnly.FromDateTime(local).IsBetween(From, To))
            return null;
        var end = local.Date.Add(To.ToTimeSpan());
        if (end <= local)
            end = end.AddDays(1);
        // An hour that the clocks leave out begins when they go on.
        while (zone.IsInvalidTime(end))
            end = end.AddMinutes(15);
        return new DateTimeOffset(end, zone.GetUtcOffset(end)).ToUniversalTime();
    }
}
