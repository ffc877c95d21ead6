using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using TeslaMate.Telemetry.Records;

namespace TeslaMate.Telemetry.Wire;

/// <summary>Records as Tesla's server hands them on when it decodes them (spec fleet-telemetry 1.8): protojson with all members written.</summary>
static class JsonForm
{
    static readonly JsonDocumentOptions Options = new() { MaxDepth = 16 };
    static readonly JsonWriterOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static readonly string[] TireMembers =
    [
        "frontLeft", "frontRight", "rearLeft", "rearRight", "semiMiddleAxleLeft2", "semiMiddleAxleRight2", "semiRearAxleLeft", "semiRearAxleRight",
        "semiRearAxleLeft2", "semiRearAxleRight2",
    ];

    /// <summary>Reads the body of a record.</summary>
    /// <returns>Null when it cannot be read.</returns>
    public static TelemetryRecord? TryRead(RecordType type, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Options);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return null;
            var (vin, createdAt) = (Text(root, "vin"), Time(root, "createdAt"));
            return type switch
            {
                RecordType.Data => new TelemetryRecord.Data(vin, createdAt, Flag(root, "isResend"),
                    [.. Items(root, "data").Select(Datum).OfType<Datum>()]),
                RecordType.Alerts => new TelemetryRecord.Alerts(vin, createdAt, [.. Items(root, "alerts").Select(Alert)]),
                RecordType.Errors => new TelemetryRecord.Errors(vin, createdAt, [.. Items(root, "errors").Select(Error)]),
                RecordType.Connectivity => new TelemetryRecord.Connectivity(
                    vin, Text(root, "connectionId"), Status(Text(root, "status")), createdAt, Text(root, "networkInterface")),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            return null;
        }
    }

    public static ConnectionStatus Status(string text) => text switch
    {
        "CONNECTED" => ConnectionStatus.Connected,
        "DISCONNECTED" => ConnectionStatus.Disconnected,
        _ => ConnectionStatus.Unknown,
    };

    public static byte[] Write(TelemetryRecord record)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Written))
        {
            json.WriteStartObject();
            switch (record)
            {
                case TelemetryRecord.Data data:
                    json.WriteStartArray("data");
                    foreach (var datum in data.Values)
                        Write(json, datum);
                    json.WriteEndArray();
                    break;
                case TelemetryRecord.Alerts alerts:
                    json.WriteStartArray("alerts");
                    foreach (var alert in alerts.Items)
                        Write(json, alert);
                    json.WriteEndArray();
                    break;
                case TelemetryRecord.Errors errors:
                    json.WriteStartArray("errors");
                    foreach (var error in errors.Items)
                        Write(json, error);
                    json.WriteEndArray();
                    break;
            }

            if (record is TelemetryRecord.Connectivity connectivity)
            {
                json.WriteString("vin", record.Vin);
                json.WriteString("connectionId", connectivity.ConnectionId);
                json.WriteString("status", connectivity.Status.ToString().ToUpperInvariant());
                Write(json, "createdAt", record.CreatedAt);
                json.WriteString("networkInterface", connectivity.NetworkInterface);
            }
            else
            {
                Write(json, "createdAt", record.CreatedAt);
                json.WriteString("vin", record.Vin);
                if (record is TelemetryRecord.Data { IsResend: var isResend })
                    json.WriteBoolean("isResend", isResend);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A time as protobuf writes it: UTC with 0, 3 or 6 digits behind the second.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(
        (time.UtcTicks % TimeSpan.TicksPerSecond) switch
        {
            0 => "yyyy-MM-dd'T'HH:mm:ss'Z'",
            var ticks when ticks % TimeSpan.TicksPerMillisecond == 0 => "yyyy-MM-dd'T'HH:mm:ss.fff'Z'",
            _ => "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'",
        },
        CultureInfo.InvariantCulture);

    static Datum? Datum(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty("key", out var key))
            return null;
        int? field = key.ValueKind switch
        {
            JsonValueKind.String => FieldNames.NumberOf(key.GetString() ?? ""),
            JsonValueKind.Number when key.TryGetInt32(out var number) => number,
            _ => null,
        };
        // A name that is newer than this program says nothing that could be kept under a number.
        return field is { } known
            ? new Datum(known, element.TryGetProperty("value", out var value) ? PayloadShape.Cut(known, ValueOrUnknown(value)) : null) : null;
    }

    /// <summary>A value of a wrong type is none; the others of its record count.</summary>
    static TelemetryValue? ValueOrUnknown(JsonElement element)
    {
        try
        {
            return Value(element);
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or OverflowException)
        {
            return TelemetryValue.Unknown.Instance;
        }
    }

    static TelemetryValue? Value(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return null;
        foreach (var member in element.EnumerateObject())
            return Value(member.Name, member.Value);
        return TelemetryValue.Unknown.Instance;
    }

    static TelemetryValue Value(string key, JsonElement value) => key switch
    {
        "stringValue" => new TelemetryValue.Text(value.GetString() ?? ""),
        "intValue" => TelemetryValue.Number.Of(checked((int)Whole(value))),
        "longValue" => TelemetryValue.Number.Of(Whole(value)),
        "floatValue" => TelemetryValue.Number.Of((float)Real(value)),
        "doubleValue" => TelemetryValue.Number.Of(Real(value)),
        "booleanValue" => new TelemetryValue.Flag(value.GetBoolean()),
        "locationValue" => new TelemetryValue.Place(Real(value, "latitude"), Real(value, "longitude")),
        "invalid" => TelemetryValue.Invalid.Instance,
        "doorValue" => new TelemetryValue.Doors(
            Flag(value, "DriverFront"), Flag(value, "DriverRear"), Flag(value, "PassengerFront"), Flag(value, "PassengerRear"),
            Flag(value, "TrunkFront"),
            Flag(value, "TrunkRear")),
        "timeValue" => new TelemetryValue.Time((int)Real(value, "hour"), (int)Real(value, "minute"), (int)Real(value, "second")),
        "tireLocationValue" => new TelemetryValue.Tires(
            Flag(value, TireMembers[0]), Flag(value, TireMembers[1]), Flag(value, TireMembers[2]), Flag(value, TireMembers[3]),
            Enumerable.Range(0, 6).Sum(i => Flag(value, TireMembers[4 + i]) ? 1 << i : 0)),
        _ when CodeNames.OfJsonKey(key) is { } kind => Code(kind, value),
        _ => TelemetryValue.Unknown.Instance,
    };

    static TelemetryValue Code(CodeKind kind, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetInt32(out var number) => new TelemetryValue.Code(kind.Number, number),
        JsonValueKind.String when CodeNames.NumberOf(kind.Number, value.GetString() ?? "") is { } number
            => new TelemetryValue.Code(kind.Number, number),
        // A word of an enum that nothing here reads.
        JsonValueKind.String => new TelemetryValue.Text(value.GetString() ?? ""),
        _ => TelemetryValue.Unknown.Instance,
    };

    static Alert Alert(JsonElement element) => new(
        Text(element, "name"),
        [.. Items(element, "audiences")
            .Select(audience => audience.ValueKind == JsonValueKind.Number ? audience.GetInt32() : AudienceNames.NumberOf(audience.GetString()))],
        Time(element, "startedAt"),
        Time(element, "endedAt"));

    static CarError Error(JsonElement element)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        if (element.TryGetProperty("tags", out var named) && named.ValueKind == JsonValueKind.Object)
        {
            foreach (var tag in named.EnumerateObject())
                tags[tag.Name] = tag.Value.ValueKind == JsonValueKind.String ? tag.Value.GetString() ?? "" : tag.Value.GetRawText();
        }

        return new CarError(Time(element, "createdAt"), Text(element, "name"), tags, Text(element, "body"));
    }

    static JsonElement.ArrayEnumerator Items(JsonElement element, string name) =>
        element.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : default;

    static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() ?? "" : "";

    static bool Flag(JsonElement element, string name) => element.TryGetProperty(name, out var flag) && flag.ValueKind == JsonValueKind.True;

    static DateTimeOffset? Time(JsonElement element, string name)
        => element.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String
        ? Time(text.GetString())
        : null;

    /// <summary>A time of RFC 3339, cut to the microsecond; null when it is none.</summary>
    public static DateTimeOffset? Time(string? text)
    {
        // Nine digits behind the second are more than .NET reads.
        if (text is { Length: 30 } && text[19] == '.' && text[29] == 'Z')
            text = text[..26] + "Z";
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time)
            ? time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond))
            : null;
    }

    static long Whole(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? long.Parse(value.GetString() ?? "", NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
        : value.GetInt64();

    /// <summary>Infinities and NaN travel as words.</summary>
    static double Real(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? value.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            var text => double.Parse(text ?? "", CultureInfo.InvariantCulture),
        }
        : value.GetDouble();

    static double Real(JsonElement value, string name) => value.TryGetProperty(name, out var member) ? Real(member) : 0;

    static void Write(Utf8JsonWriter json, Datum datum)
    {
        json.WriteStartObject();
        if (FieldNames.NameOf(datum.Field) is { } name)
            json.WriteString("key", name);
        else
            json.WriteNumber("key", datum.Field);
        if (datum.Value is null)
        {
            json.WriteNull("value");
        }
        else
        {
            json.WriteStartObject("value");
            Write(json, datum.Value);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, TelemetryValue value)
    {
        switch (value)
        {
            case TelemetryValue.Text(var text):
                json.WriteString("stringValue", text);
                break;
            case TelemetryValue.Number { Kind: NumberKind.Int32 } number:
                json.WriteNumber("intValue", number.Whole);
                break;
            case TelemetryValue.Number { Kind: NumberKind.Int64 } number:
                json.WriteString("longValue", number.Whole.ToString(CultureInfo.InvariantCulture));
                break;
            case TelemetryValue.Number number:
                WriteReal(json, number.Kind == NumberKind.Float ? "floatValue" : "doubleValue", number);
                break;
            case TelemetryValue.Flag(var flag):
                json.WriteBoolean("booleanValue", flag);
                break;
            case TelemetryValue.Invalid:
                json.WriteBoolean("invalid", true);
                break;
            case TelemetryValue.Place(var latitude, var longitude):
                json.WriteStartObject("locationValue");
                WriteReal(json, "latitude", TelemetryValue.Number.Of(latitude));
                WriteReal(json, "longitude", TelemetryValue.Number.Of(longitude));
                json.WriteEndObject();
                break;
            case TelemetryValue.Doors doors:
                json.WriteStartObject("doorValue");
                WriteDoors(json, doors);
                json.WriteEndObject();
                break;
            case TelemetryValue.Time(var hour, var minute, var second):
                json.WriteStartObject("timeValue");
                json.WriteNumber("hour", hour);
                json.WriteNumber("minute", minute);
                json.WriteNumber("second", second);
                json.WriteEndObject();
                break;
            case TelemetryValue.Tires tires:
                json.WriteStartObject("tireLocationValue");
                for (var i = 0; i < TireMembers.Length; i++)
                    json.WriteBoolean(TireMembers[i], IsMeant(tires, i));
                json.WriteEndObject();
                break;
            case TelemetryValue.Code code:
                var kind = CodeNames.Of(code.Kind) ?? throw new System.Diagnostics.UnreachableException();
                if (code.Name is { } name)
                    json.WriteString(kind.JsonKey, name);
                else
                    json.WriteNumber(kind.JsonKey, code.Value);
                break;
            case TelemetryValue.Unknown:
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    public static void WriteDoors(Utf8JsonWriter json, TelemetryValue.Doors doors)
    {
        json.WriteBoolean("DriverFront", doors.DriverFront);
        json.WriteBoolean("DriverRear", doors.DriverRear);
        json.WriteBoolean("PassengerFront", doors.PassengerFront);
        json.WriteBoolean("PassengerRear", doors.PassengerRear);
        json.WriteBoolean("TrunkFront", doors.TrunkFront);
        json.WriteBoolean("TrunkRear", doors.TrunkRear);
    }

    /// <summary>Whether the tyre of this place in the order of the wire is meant.</summary>
    public static bool IsMeant(TelemetryValue.Tires tires, int index) => index switch
    {
        0 => tires.FrontLeft,
        1 => tires.FrontRight,
        2 => tires.RearLeft,
        3 => tires.RearRight,
        _ => (tires.Others & (1 << (index - 4))) != 0,
    };

    static void WriteReal(Utf8JsonWriter json, string name, TelemetryValue.Number number)
    {
        if (!double.IsFinite(number.Value))
            json.WriteString(name, double.IsNaN(number.Value) ? "NaN" : number.Value > 0 ? "Infinity" : "-Infinity");
        else if (number.Kind == NumberKind.Float)
            json.WriteNumber(name, (float)number.Value);
        else
            json.WriteNumber(name, number.Value);
    }

    static void Write(Utf8JsonWriter json, Alert alert)
    {
        json.WriteStartObject();
        json.WriteString("name", alert.Name);
        json.WriteStartArray("audiences");
        foreach (var audience in alert.Audiences)
        {
            if (AudienceNames.NameOf(audience) is { } name)
                json.WriteStringValue(name);
            else
                json.WriteNumberValue(audience);
        }

        json.WriteEndArray();
        Write(json, "startedAt", alert.StartedAt);
        Write(json, "endedAt", alert.EndedAt);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, CarError error)
    {
        json.WriteStartObject();
        Write(json, "createdAt", error.CreatedAt);
        json.WriteString("name", error.Name);
        json.WriteStartObject("tags");
        foreach (var (key, value) in error.Tags)
            json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteString("body", error.Body);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known)
            json.WriteString(name, Text(known));
        else
            json.WriteNull(name);
    }
}

/// <summary>Whom an alert is for.</summary>
static class AudienceNames
{
    static readonly string[] Names = ["Unknown", "Customer", "Service", "ServiceFix"];

    public static string? NameOf(int audience) => audience >= 0 && audience < Names.Length ? Names[audience] : null;

    public static int NumberOf(string? name) => Math.Max(0, Array.IndexOf(Names, name));
}
