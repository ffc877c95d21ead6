using System.Text;
using System.Text.Json;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;

namespace TeslaMate.Telemetry.Pipeline;

/// <summary>A snapshot in the database: the fields as the JSON form writes them, with their times.</summary>
static class SnapshotForm
{
    public static string Write(SavedSnapshot snapshot)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            Write(json, "carTime", snapshot.LastCarTime);
            Write(json, "pluggedAt", snapshot.PluggedAt);
            Write(json, "gapAt", snapshot.GapAt);
            json.WriteNumber("acBase", snapshot.AcBaseKwh);
            if (snapshot.MilesPerPercent is { } miles)
                json.WriteNumber("milesPerPercent", miles);
            json.WriteStartArray("fields");
            foreach (var (field, known) in snapshot.Fields)
            {
                json.WriteStartObject();
                json.WriteNumber("field", field);
                Write(json, "at", known.CarTime);
                Write(json, "received", known.ReceivedAt);
                Write(json, "value", field, known.Value);
                if (known.Valid is { } valid && !ReferenceEquals(valid, known.Value))
                {
                    Write(json, "validAt", known.ValidAt);
                    Write(json, "valid", field, valid);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Null when it is not understood, as after a rollback: cars tell all again with their next values.</summary>
    public static SavedSnapshot? TryRead(string state)
    {
        try
        {
            using var document = JsonDocument.Parse(state);
            var root = document.RootElement;
            Dictionary<int, Known> fields = [];
            foreach (var item in root.GetProperty("fields").EnumerateArray())
            {
                if (Value(item, "value") is not { } value || Time(item, "at") is not { } at)
                    continue;
                var valid = Value(item, "valid");
                fields[item.GetProperty("field").GetInt32()] = new Known(
                    value,
                    at,
                    Time(item, "received") ?? at,
                    valid ?? (value is TelemetryValue.Invalid ? null : value),
                    valid is null ? (value is TelemetryValue.Invalid ? null : at) : Time(item, "validAt"));
            }

            return new SavedSnapshot(fields, Time(root, "carTime"), Time(root, "pluggedAt"), root.GetProperty("acBase").GetDouble(),
                Time(root, "gapAt"), root.TryGetProperty("milesPerPercent", out var miles) ? miles.GetDouble() : null);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    static void Write(Utf8JsonWriter json, string name, int field, TelemetryValue value)
    {
        // The database takes no text with a zero character.
        if (value is TelemetryValue.Text(var text) && text.Contains('\0', StringComparison.Ordinal))
            value = new TelemetryValue.Text(text.Replace("\0", "", StringComparison.Ordinal));
        json.WritePropertyName(name);
        json.WriteRawValue(JsonForm.Write(new TelemetryRecord.Data("", null, false, [new Datum(field, value)])));
    }

    static TelemetryValue? Value(JsonElement item, string name) =>
        item.TryGetProperty(name, out var record)
        && JsonForm.TryRead(RecordType.Data, Encoding.UTF8.GetBytes(record.GetRawText())) is TelemetryRecord.Data { Values: [{ Value: { } value }] }
            ? value
            : null;

    static void Write(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known)
            json.WriteString(name, known);
    }

    static DateTimeOffset? Time(JsonElement element, string name) => element.TryGetProperty(name, out var time) ? time.GetDateTimeOffset() : null;
}
