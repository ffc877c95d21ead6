using System.Globalization;
using Microsoft.AspNetCore.Http;
using TeslaMate.Logbook.HistoryChanges;
using TeslaMate.Web.Forms;

namespace TeslaMate.Web.History;

/// <summary>A form that asks for a change, as it comes: from the page of one drive or charge, from a list, from a preview.</summary>
static class HistoryInput
{
    const int MostTagText = 1000;

    /// <returns>Null when it cannot be understood.</returns>
    public static async Task<HistoryEdit.OfEntries?> ParseAsync(IFormCollection form, IHistoryEditor editor, CancellationToken cancellationToken)
    {
        var fields = new FormReader(form);
        if (fields.Name<EntryKind>("kind") is not { } kind || fields.Wholes("id") is not { } ids)
            return null;
        switch (fields.Text("do"))
        {
            case "merge":
                return new HistoryEdit.Merge(kind, ids);
            case "delete":
                return new HistoryEdit.Delete(kind, ids);
            case "split" when ids is [var id]:
                var border = fields.Whole("row", 0, int.MaxValue);
                if (border is null && fields.Moment("at") is { } at)
                    border = await editor.RowAtAsync(kind, id, at, cancellationToken);
                return border is { } row ? new HistoryEdit.Split(kind, id, row) : null;
            case "trim" when ids is [var id]:
                return new HistoryEdit.Trim(kind, id, fields.Moment("from"), fields.Moment("to"));
            case "geofence" when fields.Name<PlaceEnd>("end") is { } end:
                return new HistoryEdit.SetGeofence(kind, ids, end, fields.Whole("geofence", 0, int.MaxValue));
            case "tags" when fields.Name<TagMode>("mode") is { } mode && (fields.Text("tags") ?? "") is { Length: <= MostTagText } tags:
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

    public static string? Text(DateTimeOffset? time) => time?.UtcDateTime.ToString(FormReader.MomentFormat, CultureInfo.InvariantCulture);
}
