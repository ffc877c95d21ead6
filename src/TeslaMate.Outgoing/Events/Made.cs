using System.Globalization;
using System.Text.Json.Nodes;
using TeslaMate.Logbook.Cars;

namespace TeslaMate.Outgoing.Events;

/// <summary>Makes events of what was seen.</summary>
static class Made
{
    /// <param name="car">Null for what is about no car.</param>
    /// <param name="name">The car's name as it tells it now; null for the stored one.</param>
    /// <param name="subject">What it is about, for the id; by default the moment.</param>
    public static OutgoingEvent Of(EventType type, DateTimeOffset at, Car? car, string? name, JsonObject data, string? subject = null)
        => new(
            OutgoingEvent.IdOf(type, car?.Id, subject ?? $"{Moments.Text(at)}|{data.ToJsonString()}"), type, at,
            car is null ? null : new EventCar(car.Id, name ?? car.Name), data);
}

/// <summary>How moments are written in the data of events.</summary>
static class Moments
{
    /// <summary>RFC 3339 in UTC, to the millisecond.</summary>
    public static string Text(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
