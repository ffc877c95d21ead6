using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using TeslaMate.Telemetry.Records;

namespace TeslaMate.Telemetry.Wire;

/// <summary>What Tesla's server publishes on MQTT (spec fleet-telemetry 1.7): one message per field, without the car's clock.</summary>
static class MqttForm
{
    static readonly JsonDocumentOptions Options = new() { MaxDepth = 8 };
    static readonly JsonWriterOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static readonly string[] TireMembers =
    [
        "front_left", "front_right", "rear_left", "rear_right", "semi_middle_axle_left_2", "semi_middle_axle_right_2", "semi_rear_axle_left",
        "semi_rear_axle_right", "semi_rear_axle_left_2", "semi_rear_axle_right_2",
    ];

    // Their empty object means that no tyre is meant.
    static readonly int[] TireFields = [FieldNames.NumberOf("TpmsHardWarnings") ?? 0, FieldNames.NumberOf("TpmsSoftWarnings") ?? 0];

    /// <summary>Reads the value of one field.</summary>
    /// <param name="name">The last part of the topic: a field's name or its number.</param>
    /// <returns>Null when nothing can be made of it.</returns>
    public static Datum? TryReadField(string name, ReadOnlyMemory<byte> body)
    {
        if (FieldNames.NumberOf(name) is not { } field)
            return null;
        try
        {
            using var document = JsonDocument.Parse(body, Options);
            return new Datum(field, PayloadShape.Cut(field, Value(field, document.RootElement)));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Reads what is told of a connection; the VIN stands in the topic.</summary>
    public static TelemetryRecord.Connectivity? TryReadConnectivity(string vin, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Options);
            var root = document.RootElement;
            return root.ValueKind != JsonValueKind.Object
                ? null
                : new TelemetryRecord.Connectivity(
                    vin, Text(root, "ConnectionId"), JsonForm.Status(Text(root, "Status")), JsonForm.Time(Text(root, "CreatedAt")), "");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Reads the newest start of an alert.</summary>
    public static TelemetryRecord.Alerts? TryReadAlert(string vin, string name, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Options);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return null;
            IReadOnlyList<int> audiences = root.TryGetProperty("Audiences", out var words) && words.ValueKind == JsonValueKind.Array
                ? [.. words.EnumerateArray().Select(word => AudienceNames.NumberOf(word.GetString()))]
                : [];
            var (started, ended) = (JsonForm.Time(Text(root, "StartedAt")), JsonForm.Time(Text(root, "EndedAt")));
            return new TelemetryRecord.Alerts(vin, ended ?? started, [new Alert(name, audiences, started, ended)]);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The topics below the car's, and what is published on them.</summary>
    public static IEnumerable<(string Topic, byte[] Body)> Write(TelemetryRecord record) => record switch
    {
        TelemetryRecord.Data data => data.Values.Where(datum => datum.Value is not null)
            .Select(datum => ($"v/{FieldNames.Text(datum.Field)}", Json(json => Write(json, datum.Value!)))),
        TelemetryRecord.Alerts alerts => alerts.Items.GroupBy(alert => alert.Name).SelectMany(group => new[]
        {
            ($"alerts/{group.Key}/current", Json(json => Write(json, group.MaxBy(alert => alert.StartedAt)!))),
            ($"alerts/{group.Key}/history", Json(json =>
            {
                json.WriteStartArray();
                foreach (var alert in group)
                    Write(json, alert);
                json.WriteEndArray();
            })),
        }),
        TelemetryRecord.Errors errors => errors.Items.Select(error => ($"errors/{error.Name}", Json(json => Write(json, error)))),
        TelemetryRecord.Connectivity connectivity => [("connectivity", Json(json => Write(json, connectivity)))],
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    static TelemetryValue Value(int field, JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => TelemetryValue.Invalid.Instance,
        JsonValueKind.True or JsonValueKind.False => new TelemetryValue.Flag(element.GetBoolean()),
        JsonValueKind.Number when element.TryGetInt64(out var whole) => TelemetryValue.Number.Of(whole),
        JsonValueKind.Number => TelemetryValue.Number.Of(element.GetDouble()),
        JsonValueKind.String => new TelemetryValue.Text(element.GetString() ?? ""),
        JsonValueKind.Object when element.TryGetProperty("latitude", out var latitude) && element.TryGetProperty("longitude", out var longitude) =>
            new TelemetryValue.Place(latitude.GetDouble(), longitude.GetDouble()),
        JsonValueKind.Object when element.TryGetProperty("DriverFront", out _) => new TelemetryValue.Doors(
            IsTrue(element, "DriverFront"), IsTrue(element, "DriverRear"), IsTrue(element, "PassengerFront"), IsTrue(element, "PassengerRear"),
            IsTrue(element, "TrunkFront"), IsTrue(element, "TrunkRear")),
        JsonValueKind.Object when TireFields.Contains(field) => new TelemetryValue.Tires(
            IsTrue(element, TireMembers[0]), IsTrue(element, TireMembers[1]), IsTrue(element, TireMembers[2]), IsTrue(element, TireMembers[3]),
            Enumerable.Range(0, 6).Sum(i => IsTrue(element, TireMembers[4 + i]) ? 1 << i : 0)),
        _ => TelemetryValue.Unknown.Instance,
    };

    static bool IsTrue(JsonElement element, string name) => element.TryGetProperty(name, out var flag) && flag.ValueKind == JsonValueKind.True;

    static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() ?? "" : "";

    static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Written))
            write(json);
        return buffer.WrittenSpan.ToArray();
    }

    static void Write(Utf8JsonWriter json, TelemetryValue value)
    {
        switch (value)
        {
            case TelemetryValue.Text(var text):
                json.WriteStringValue(text);
                break;
            case TelemetryValue.Number { Kind: NumberKind.Int32 or NumberKind.Int64 } number:
                json.WriteNumberValue(number.Whole);
                break;
            case TelemetryValue.Number { Kind: NumberKind.Float } number:
                json.WriteNumberValue((float)number.Value);
                break;
            case TelemetryValue.Number number:
                json.WriteNumberValue(number.Value);
                break;
            case TelemetryValue.Flag(var flag):
                json.WriteBooleanValue(flag);
                break;
            case TelemetryValue.Invalid:
                json.WriteNullValue();
                break;
            case TelemetryValue.Place(var latitude, var longitude):
                json.WriteStartObject();
                json.WriteNumber("latitude", latitude);
                json.WriteNumber("longitude", longitude);
                json.WriteEndObject();
                break;
            case TelemetryValue.Doors doors:
                json.WriteStartObject();
                JsonForm.WriteDoors(json, doors);
                json.WriteEndObject();
                break;
            case TelemetryValue.Time(var hour, var minute, var second):
                json.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"{hour:00}:{minute:00}:{second:00}"));
                break;
            case TelemetryValue.Tires tires:
                json.WriteStartObject();
                for (var i = 0; i < TireMembers.Length; i++)
                {
                    if (JsonForm.IsMeant(tires, i))
                        json.WriteBoolean(TireMembers[i], true);
                }

                json.WriteEndObject();
                break;
            case TelemetryValue.Code code:
                json.WriteStringValue(code.Name ?? code.Value.ToString(CultureInfo.InvariantCulture));
                break;
            case TelemetryValue.Unknown:
                json.WriteStartObject();
                json.WriteEndObject();
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    static void Write(Utf8JsonWriter json, Alert alert)
    {
        json.WriteStartObject();
        json.WriteStartArray("Audiences");
        foreach (var audience in alert.Audiences)
            json.WriteStringValue(AudienceNames.NameOf(audience) ?? audience.ToString(CultureInfo.InvariantCulture));
        json.WriteEndArray();
        Write(json, "EndedAt", alert.EndedAt);
        Write(json, "StartedAt", alert.StartedAt);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, CarError error)
    {
        json.WriteStartObject();
        json.WriteString("Body", error.Body);
        Write(json, "CreatedAt", error.CreatedAt);
        json.WriteStartObject("Tags");
        foreach (var (key, value) in error.Tags)
            json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, TelemetryRecord.Connectivity connectivity)
    {
        json.WriteStartObject();
        json.WriteString("ConnectionId", connectivity.ConnectionId);
        Write(json, "CreatedAt", connectivity.CreatedAt);
        json.WriteString("Status", connectivity.Status.ToString().ToUpperInvariant());
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known)
            json.WriteString(name, known.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
    }
}
