using System.Buffers;
using System.Text.Json;
using TeslaMate.Api.Data.Rows;
using TeslaMate.Logbook.HistoryChanges;

namespace TeslaMate.Api.Data.Writes;

/// <summary>Changes of the history as JSON (spec api 2.6).</summary>
static class ChangeJson
{
    /// <summary>A change with the rows before and after.</summary>
    public static ReadOnlyMemory<byte> Write(HistoryDetail detail, bool isPreview, bool isRepeated) => Write(json =>
    {
        json.WriteStartObject();
        WriteMembers(json, detail.Change, isPreview);
        json.WriteBoolean("is_preview", isPreview);
        json.WriteBoolean("is_repeated", isRepeated);
        json.WriteStartArray("rows");
        foreach (var row in detail.Rows)
        {
            json.WriteStartObject();
            json.WriteString("kind", row.Kind);
            json.WriteNumber("id", row.Id);
            foreach (var (name, value) in (ReadOnlySpan<(string, JsonElement?)>)[("before", row.Before), ("after", row.After)])
            {
                json.WritePropertyName(name);
                if (value is { } columns)
                    columns.WriteTo(json);
                else
                    json.WriteNullValue();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("moves");
        foreach (var move in detail.Moves)
        {
            json.WriteStartObject();
            json.WriteString("kind", move.Kind);
            WriteId(json, "before", move.Before);
            WriteId(json, "after", move.After);
            json.WriteNumber("count", move.Count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>A page of changes, without their rows.</summary>
    public static ReadOnlyMemory<byte> Write(IEnumerable<HistoryChange> changes, string? next) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var change in changes)
        {
            json.WriteStartObject();
            WriteMembers(json, change, isPreview: false);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("next", next);
        json.WriteEndObject();
    });

    static void WriteMembers(Utf8JsonWriter json, HistoryChange change, bool isPreview)
    {
        if (isPreview)
            json.WriteNull("id");
        else
            json.WriteNumber("id", change.Id);
        if (change.Car is { } car)
            json.WriteNumber("car_id", car.Value);
        else
            json.WriteNull("car_id");
        json.WritePropertyName("edit");
        change.Edit.ToJson().WriteTo(json);
        json.WriteString("author", change.Author);
        json.WriteString("at", Moments.Text(change.At));
        json.WriteString("undone_at", change.UndoneAt is { } undone ? Moments.Text(undone) : null);
        json.WriteString("undone_by", change.UndoneBy);
    }

    static void WriteId(Utf8JsonWriter json, string name, int? id)
    {
        if (id is { } known)
            json.WriteNumber(name, known);
        else
            json.WriteNull(name);
    }

    static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, RowJson.Options))
            write(json);
        return output.WrittenMemory;
    }
}
