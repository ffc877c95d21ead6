using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Npgsql;
using TeslaMate.Database;

namespace TeslaMate.Api.Data.Rows;

/// <summary>
/// Writes the rows of a query as JSON objects, nested by the dots of the members' names. The query's first columns are the members, in order.
/// </summary>
sealed class RowJson
{
    /// <summary>How all JSON of this interface is written: umlauts as they are, checks left to the tests.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    readonly Step[] _steps;
    readonly int _openAtEnd;

    public RowJson(IReadOnlyList<Member> members)
    {
        _steps = new Step[members.Count];
        string[] parents = [];
        for (var ordinal = 0; ordinal < members.Count; ordinal++)
        {
            var path = members[ordinal].Path.Split('.');
            var shared = 0;
            while (shared < parents.Length && shared < path.Length - 1 && parents[shared] == path[shared])
                shared++;
            _steps[ordinal] = new(members[ordinal], parents.Length - shared, [.. path[shared..^1].Select(Encode)], Encode(path[^1]));
            parents = path[..^1];
        }

        _openAtEnd = parents.Length;
    }

    /// <summary>The reader's row as one object.</summary>
    public void Write(Utf8JsonWriter json, NpgsqlDataReader reader)
    {
        json.WriteStartObject();
        WriteMembers(json, reader);
        json.WriteEndObject();
    }

    /// <summary>The reader's row as members of an object that is open already.</summary>
    public void WriteMembers(Utf8JsonWriter json, NpgsqlDataReader reader)
    {
        for (var ordinal = 0; ordinal < _steps.Length; ordinal++)
        {
            var step = _steps[ordinal];
            for (var closed = 0; closed < step.Close; closed++)
                json.WriteEndObject();
            foreach (var parent in step.Open)
                json.WriteStartObject(parent);
            json.WritePropertyName(step.Name);
            WriteValue(json, reader, ordinal, step.Member.Type);
        }

        for (var closed = 0; closed < _openAtEnd; closed++)
            json.WriteEndObject();
    }

    static void WriteValue(Utf8JsonWriter json, NpgsqlDataReader reader, int ordinal, MemberType type)
    {
        if (reader.IsDBNull(ordinal))
        {
            json.WriteNullValue();
            return;
        }

        switch (type)
        {
            case MemberType.Whole:
                json.WriteNumberValue(reader.GetInt64(ordinal));
                break;
            case MemberType.Number when reader.GetDouble(ordinal) is var number:
                // Of a negated 0, which has a sign of its own, only the 0.
                if (double.IsFinite(number))
                    json.WriteNumberValue(number == 0 ? 0 : number);
                else
                    json.WriteNullValue();
                break;
            case MemberType.Exact when reader.Decimal(ordinal) is { } exact:
                json.WriteNumberValue(exact);
                break;
            case MemberType.Exact:
                json.WriteNullValue();
                break;
            case MemberType.Flag:
                json.WriteBooleanValue(reader.GetBoolean(ordinal));
                break;
            case MemberType.Instant when reader.GetInstantOrNull(ordinal) is { } instant:
                Span<byte> text = stackalloc byte[Moments.Length];
                Moments.Write(instant, text);
                json.WriteStringValue(text);
                break;
            case MemberType.Instant:
                json.WriteNullValue();
                break;
            case MemberType.Words:
                json.WriteStartArray();
                foreach (var word in reader.GetFieldValue<string[]>(ordinal))
                    json.WriteStringValue(word);
                json.WriteEndArray();
                break;
            case MemberType.Wholes:
                json.WriteStartArray();
                foreach (var whole in reader.GetFieldValue<int[]>(ordinal))
                    json.WriteNumberValue(whole);
                json.WriteEndArray();
                break;
            case MemberType.Json:
                json.WriteRawValue(reader.GetString(ordinal), skipInputValidation: true);
                break;
            default:
                json.WriteStringValue(reader.GetString(ordinal));
                break;
        }
    }

    static JsonEncodedText Encode(string name) => JsonEncodedText.Encode(name);

    /// <param name="Close">How many objects end before this member.</param>
    /// <param name="Open">The objects that begin with it.</param>
    readonly record struct Step(Member Member, int Close, JsonEncodedText[] Open, JsonEncodedText Name);
}

/// <summary>Instants as this interface writes them: RFC 3339 in UTC, cut to the millisecond.</summary>
static class Moments
{
    /// <summary>How many characters each has.</summary>
    public const int Length = 24;

    const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    public static void Write(DateTimeOffset instant, Span<byte> utf8)
        => instant.UtcDateTime.TryFormat(utf8, out _, Format, CultureInfo.InvariantCulture);
}
