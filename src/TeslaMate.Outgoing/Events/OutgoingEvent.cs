using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TeslaMate.Outgoing.Events;

/// <summary>The car that an event is about.</summary>
/// <param name="Id">Its number in <c>cars</c>.</param>
/// <param name="Name">Null while it has none.</param>
public sealed record EventCar(CarId Id, string? Name);

/// <summary>One thing that happened (spec api 4.2).</summary>
/// <param name="Id">Begins with <c>evt_</c>. The same thing has the same id however often it is told: what is stored with an id is not stored
/// again.</param>
/// <param name="Type">What it is.</param>
/// <param name="OccurredAt">UTC, to the millisecond when it is written.</param>
/// <param name="Car">Null for what is about no car.</param>
/// <param name="Data">Named as in the API (spec api 2): snake case, units in the names, null for what is not known. Not changed after it was handed
/// over.</param>
public sealed record OutgoingEvent(string Id, EventType Type, DateTimeOffset OccurredAt, EventCar? Car, JsonObject Data)
{
    /// <summary>The version of the body's form.</summary>
    const int Version = 1;

    // As the API writes: only what JSON itself demands is escaped.
    static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>An id that no other event has.</summary>
    public static string NewId() => "evt_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));

    /// <summary>
    /// The id of the event that has this subject, such as <c>drive 7</c>: the same each time, so that a restart, or a second instance, does not
    /// tell it again.
    /// </summary>
    public static string IdOf(EventType type, CarId? car, string subject)
        => "evt_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{type.Name}|{car}|{subject}")).AsSpan(0, 12));

    /// <summary>What a receiver gets, as text: the very bytes that are signed.</summary>
    public string ToBody() => new JsonObject
    {
        ["id"] = Id,
        ["type"] = Type.Name,
        ["version"] = Version,
        ["occurred_at"] = OccurredAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        ["car"] = Car is null ? null : new JsonObject { ["id"] = Car.Id.Value, ["name"] = Car.Name },
        ["data"] = Data.DeepClone(),
    }.ToJsonString(Plain);

    /// <summary>The event that a body tells of.</summary>
    /// <exception cref="JsonException">It is no body of an event.</exception>
    public static OutgoingEvent FromBody(string body)
    {
        if (JsonNode.Parse(body) is JsonObject root && Text(root, "id") is { } id && EventType.Find(Text(root, "type") ?? "") is { } type
            && DateTimeOffset.TryParse(Text(root, "occurred_at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var occurred)
            && root["data"] is JsonObject data)
        {
            var car = root["car"] is JsonObject known ? new EventCar(new CarId(known["id"]!.GetValue<short>()), Text(known, "name")) : null;
            return new OutgoingEvent(id, type, occurred, car, (JsonObject)data.DeepClone());
        }

        throw new JsonException("This is no body of an event.");
    }

    static string? Text(JsonObject root, string name) => root[name]?.GetValue<string>();
}
