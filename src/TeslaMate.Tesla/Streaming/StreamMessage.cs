using System.Globalization;
using System.Text.Json;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Http;

namespace TeslaMate.Tesla.Streaming;

/// <summary>A message of the server (spec tesla-api 10.4). Closed; nothing that can be sent fails to be one of these.</summary>
abstract record StreamMessage
{
    StreamMessage() { }

    /// <summary><c>control:hello</c>.</summary>
    public sealed record Hello : StreamMessage;

    public sealed record Update(StreamReading Reading) : StreamMessage;

    /// <summary><c>vehicle_disconnected</c>.</summary>
    public sealed record Disconnected : StreamMessage;

    /// <summary><c>vehicle_error</c>, "Vehicle is offline".</summary>
    public sealed record Offline : StreamMessage;

    /// <summary><c>client_error</c>, "owner_api error: …".</summary>
    public sealed record OwnerApiError : StreamMessage;

    /// <summary><c>client_error</c>, "Can't validate token…".</summary>
    public sealed record TokenRefused : StreamMessage;

    /// <summary>Any other <c>client_error</c>: the server will not serve this connection.</summary>
    public sealed record ClientError(string Detail) : StreamMessage;

    /// <summary>Any other error.</summary>
    public sealed record OtherError(string Detail) : StreamMessage;

    /// <summary>JSON, but for another tag, of an unknown kind, or with parts missing.</summary>
    public sealed record Unknown : StreamMessage;

    public sealed record NoJson : StreamMessage;

    const int DeepestNesting = 16;

    public static StreamMessage Read(ReadOnlyMemory<byte> utf8, string tag)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = DeepestNesting });
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object ? Read(root, tag) : new Unknown();
        }
        catch (JsonException)
        {
            return new NoJson();
        }
        catch (InvalidOperationException)
        {
            // Texts that are no Unicode.
            return new NoJson();
        }
    }

    static StreamMessage Read(JsonElement root, string tag) => (Text(root, "msg_type"), Text(root, "tag") == tag) switch
    {
        ("control:hello", _) => new Hello(),
        ("data:update", true) => Text(root, "value") is { } value && ReadReading(value) is { } reading ? new Update(reading) : new Unknown(),
        ("data:error", true) => Error(Text(root, "error_type"), Text(root, "value")),
        _ => new Unknown(),
    };

    static StreamMessage Error(string? type, string? value) => (type, value) switch
    {
        ("vehicle_disconnected", _) => new Disconnected(),
        ("vehicle_error", "Vehicle is offline") => new Offline(),
        ("client_error", { } text) when text.StartsWith("owner_api error:", StringComparison.Ordinal) => new OwnerApiError(),
        ("client_error", { } text) when text.StartsWith("Can't validate token", StringComparison.Ordinal) => new TokenRefused(),
        ("client_error", { } text) => new ClientError(Redaction.Detail(text)),
        ({ }, { } text) => new OtherError(Redaction.Detail(text)),
        _ => new Unknown(),
    };

    /// <summary>A line of spec tesla-api 10.5; null when it has no time.</summary>
    public static StreamReading? ReadReading(string line)
    {
        var columns = new Columns(line.Split(',', 14));
        return columns.Time(0) is { } time
            ? new StreamReading(
                time,
                Speed: columns.Whole(1, -300, 300),
                OdometerMiles: columns.Number(2, 0, 10_000_000),
                Soc: columns.Whole(3, 0, 100),
                Elevation: columns.Whole(4, -1_000, 10_000),
                EstHeading: columns.Whole(5, 0, 360),
                EstLat: columns.Number(6, -90, 90),
                EstLng: columns.Number(7, -180, 180),
                Power: columns.Whole(8, -3_000, 3_000),
                ShiftState: columns.Text(9) is { } shift ? VehicleReader.Gear(shift) : null,
                Range: columns.Whole(10, -100, 6_000),
                EstRange: columns.Whole(11, -100, 6_000),
                Heading: columns.Whole(12, 0, 360))
            : null;
    }

    static string? Text(JsonElement root, string name)
        => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    readonly struct Columns(string[] values)
    {
        public string? Text(int index) => index < values.Length && values[index].Length > 0 ? values[index] : null;

        public int? Whole(int index, int least, int most)
            => int.TryParse(Text(index), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least
                && number <= most
                ? number
                : null;

        // "5." and ".5" are no numbers there, so they are none here.
        public double? Number(int index, double least, double most)
            => Text(index) is { } text && char.IsAsciiDigit(text[^1]) && !text.TrimStart('-', '+').StartsWith('.')
                && double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                    CultureInfo.InvariantCulture, out var number)
                && number >= least && number <= most
                ? number
                : null;

        // From 2010 to 2100.
        public DateTimeOffset? Time(int index)
            => long.TryParse(Text(index), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds)
                && milliseconds is > 1_262_304_000_000 and < 4_102_444_800_000
                ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
                : null;
    }
}
