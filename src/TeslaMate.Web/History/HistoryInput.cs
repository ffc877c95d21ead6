using System.Globalization;
using Microsoft.AspNetCore.Http;
using TeslaMate.Logbook.HistoryChanges;

namespace TeslaMate.Web.History;

/// <summary>A form that asks for a change, as it comes: from the page of one drive or charge, from a list, from a preview.</summary>
static class HistoryInput
{
    const int MostTagText = 1000;

    /// <summary>How the fields write a moment; UTC.</summary>
    public const string TimeFormat = "yyyy-MM-ddTHH:mm:ss";

    /// <returns>Null when it cannot be understood.</returns>
    public static async Task<HistoryEdit.OfEntries?> ParseAsync(IFormCollection form, IHistoryEditor editor, CancellationToken cancellationToken)
    {
        if (Name<EntryKind>(form["kind"]) is not { } kind || Ids(form) is not { } ids)
            return null;
        switch (form["do"].ToString())
        {
            case "merge":
                return new HistoryEdit.Merge(kind, ids);
            case "delete":
                return new HistoryEdit.Delete(kind, ids);
            case "split" when ids is [var id]:
                var border = Number(form["row"]);
                if (border is null && Time(form["at"]) is { } at)
                    border = await editor.RowAtAsync(kind, id, at, cancellationToken);
                return border is { } row ? new HistoryEdit.Split(kind, id, row) : null;
            case "trim" when ids is [var id]:
                return new HistoryEdit.Trim(kind, id, Time(form["from"]), Time(form["to"]));
            case "geofence" when Name<PlaceEnd>(form["end"]) is { } end:
                return new HistoryEdit.SetGeofence(kind, ids, end, Number(form["geofence"]));
            case "tags" when Name<TagMode>(form["mode"]) is { } mode && form["tags"].ToString() is { Length: <= MostTagText } tags:
                return new HistoryEdit.SetTags(kind, ids, mode,
                    tags.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            default:
                return null;
        }
    }

    /// <summary>The fields that ask for the same change again.</summary>
    public static IEnumerable<(string Name, string? Value)> Fields(HistoryEdit.OfEntries edit) =>
    [
        ("kind", edit.Kind.ToString()), .. edit.Ids.Select(id => ("id", (string?)id.ToString(CultureInfo.InvariantCulture))),
        .. edit switch
        {
            HistoryEdit.Merge => [("do", "merge")],
            HistoryEdit.Delete => [("do", "delete")],
            HistoryEdit.Split(_, _, var row) => [("do", "split"), ("row", row.ToString(CultureInfo.InvariantCulture))],
            HistoryEdit.Trim(_, _, var from, var to) => [("do", "trim"), ("from", Text(from)), ("to", Text(to))],
            HistoryEdit.SetGeofence(_, _, var end, var geofence) =>
                [("do", "geofence"), ("end", end.ToString()), ("geofence", geofence?.ToString(CultureInfo.InvariantCulture))],
            HistoryEdit.SetTags(_, _, var mode, var tags) => [("do", "tags"), ("mode", mode.ToString()), ("tags", string.Join(", ", tags))],
            _ => (IEnumerable<(string, string?)>)[],
        },
    ];

    public static string? Text(DateTimeOffset? time) => time?.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    static int[]? Ids(IFormCollection form)
    {
        var ids = form["id"].Select(Number).ToList();
        return ids.TrueForAll(id => id is not null) ? [.. ids.Select(id => id!.Value)] : null;
    }

    static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    static T? Name<T>(string? text)
        where T : struct, Enum => Enum.GetNames<T>().Contains(text) ? Enum.Parse<T>(text!) : null;

    // Browsers leave seconds of nought out.
    static DateTimeOffset? Time(string? text)
        => DateTimeOffset.TryParseExact(text, [TimeFormat, "yyyy-MM-ddTHH:mm"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
            out var time) ? time : null;
}
