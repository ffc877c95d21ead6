using System.Collections;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using TeslaMate.Web.Languages;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.Charts;

/// <summary>Rows as a page shows them, as they stand behind a chart, and as a CSV file has them. Made by <see cref="TableOf{T}"/>.</summary>
/// <param name="Id">Its name in addresses, unique on its page.</param>
/// <param name="Title">In the visitor's language.</param>
/// <param name="CsvLink">Where it is a file.</param>
public sealed record DataTable(
    string Id, string Title, string CsvLink, IReadOnlyList<DataColumn> Columns, IReadOnlyList<IReadOnlyList<DataCell>> Rows)
{
    /// <summary>As RFC 4180 has it: a header, point before decimals, instants in UTC, nothing where a value is unknown.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder();
        Line(Columns.Select(column => column.Unit is null ? column.Label : $"{column.Label} ({column.Unit})"));
        foreach (var row in Rows)
            Line(row.Select(cell => cell.Csv));
        return text.ToString();

        void Line(IEnumerable<string> fields) => text.AppendJoin(',', fields.Select(Quote)).Append("\r\n");
    }

    /// <summary>The answer that is this table as a file.</summary>
    internal IResult ToFile(HttpContext http, string name)
    {
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}.csv\"";
        return Results.Text(ToCsv(), "text/csv; charset=utf-8");
    }

    /// <summary>A browser that follows the link asks for html, a program for what it gets.</summary>
    internal static AnswersIn AnswersIn { get; } = new("html", "csv", "text/*");

    static string Quote(string field)
        => field.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;
}

/// <param name="Unit">Behind the label; null for what has none.</param>
/// <param name="IsMinor">Left out where there is no room for it.</param>
/// <param name="IsFileOnly">In the file, and not on the page.</param>
public sealed record DataColumn(string Label, string? Unit, ColumnKind Kind, bool IsMinor, bool IsFileOnly = false);

/// <summary>How a column takes its room.</summary>
public enum ColumnKind
{
    /// <summary>Kept on one line where there is room.</summary>
    OneLine,

    /// <summary>A name of any length, broken where it must.</summary>
    Name,

    /// <summary>Set to the right, on one line.</summary>
    Number,
}

/// <param name="Text">What is shown; empty where nothing is known.</param>
/// <param name="Csv">The value without grouping or unit.</param>
/// <param name="Link">Where it leads, with the prefix.</param>
/// <param name="Note">Below it, small: how far the value can be trusted.</param>
public readonly record struct DataCell(string Text, string Csv, string? Link = null, string? Note = null);

/// <summary>Builds a table column by column. Labels are English texts, which are translated here.</summary>
/// <param name="id">See <see cref="DataTable.Id"/>.</param>
/// <param name="title">An English text.</param>
/// <param name="zone">Of its instants.</param>
/// <param name="csvLink">See <see cref="DataTable.CsvLink"/>.</param>
public sealed class TableOf<T>(string id, string title, Texts texts, TimeZoneInfo zone, string csvLink, IReadOnlyList<T> rows)
{
    /// <summary>A table of a page with statistics.</summary>
    public TableOf(string id, string title, StatisticsRequest request, IReadOnlyList<T> rows)
        : this(id, title, request.Context.Texts, request.Window.Zone, request.CsvLink(id), rows)
    {
    }

    readonly List<DataColumn> _columns = [];
    readonly List<Func<T, DataCell>> _cells = [];

    /// <summary>A word, a period, a version: what fits on one line.</summary>
    public TableOf<T> Text(string label, Func<T, string?> value, Func<T, string?>? link = null, Func<T, string?>? note = null, bool isMinor = false)
        => Add(label, null, ColumnKind.OneLine, isMinor, row => TextCell(row, value, link, note));

    /// <summary>A place or another name of any length.</summary>
    public TableOf<T> Name(string label, Func<T, string?> value, Func<T, string?>? link = null, Func<T, string?>? note = null, bool isMinor = false)
        => Add(label, null, ColumnKind.Name, isMinor, row => TextCell(row, value, link, note));

    /// <param name="unit">Already the owner's, as the value is.</param>
    public TableOf<T> Number(
        string label, string? unit, Func<T, double?> value, int decimals = 0, Func<T, string?>? link = null, Func<T, string?>? note = null,
            bool isMinor = false)
        => Add(label, unit, ColumnKind.Number, isMinor, row => value(row) is { } number
            ? new(Units.Fixed(number, decimals), Math.Round(number, 6).ToString("0.######", CultureInfo.InvariantCulture), link?.Invoke(row),
                note?.Invoke(row))
            : new("", "", link?.Invoke(row), note?.Invoke(row)));

    /// <summary>A share from 0 to 1, shown in %.</summary>
    public TableOf<T> Share(string label, Func<T, double?> value, bool isMinor = false)
        => Number(label, "%", row => value(row) * 100, isMinor: isMinor);

    /// <summary>Money in the owner's currency, which nobody knows.</summary>
    public TableOf<T> Money(string label, Func<T, decimal?> value, int decimals = 2, Func<T, string?>? note = null, bool isMinor = false)
        => Number(label, null, row => (double?)value(row), decimals, note: note, isMinor: isMinor);

    public TableOf<T> Duration(string label, Func<T, double?> seconds, bool isMinor = false)
        => Add(label, null, ColumnKind.Number, isMinor, row => seconds(row) is { } known
            ? new(Units.Time(TimeSpan.FromSeconds(known)), Math.Round(known).ToString(CultureInfo.InvariantCulture))
            : new("", ""));

    /// <summary>An instant in the window's zone.</summary>
    public TableOf<T> Moment(
        string label, Func<T, DateTimeOffset?> at, Func<T, string?>? link = null, Func<T, string?>? note = null, bool isMinor = false)
        => Add(label, null, ColumnKind.OneLine, isMinor, row => at(row) is { } known
            ? new(TimeZoneInfo.ConvertTime(known, zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                known.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), link?.Invoke(row), note?.Invoke(row))
            : new("", "", Note: note?.Invoke(row)));

    /// <summary>Keeps the last column for the file.</summary>
    public TableOf<T> FileOnly()
    {
        _columns[^1] = _columns[^1] with { IsFileOnly = true };
        return this;
    }

    public DataTable Build() => new(id, texts[title], csvLink, _columns, new CellRows(rows, [.. _cells]));

    static DataCell TextCell(T row, Func<T, string?> value, Func<T, string?>? link, Func<T, string?>? note)
        => new(value(row) ?? "", Tame(value(row) ?? ""), link?.Invoke(row), note?.Invoke(row));

    TableOf<T> Add(string label, string? unit, ColumnKind kind, bool isMinor, Func<T, DataCell> cell)
    {
        _columns.Add(new(texts[label], unit, kind, isMinor));
        _cells.Add(cell);
        return this;
    }

    // A place may be called "=1+1"; a spreadsheet shall not compute it.
    static string Tame(string text) => text is ['=' or '+' or '-' or '@', ..] ? $"'{text}" : text;

    /// <summary>The cells of a row are made when it is asked for: a page shows some hundreds of many thousands.</summary>
    sealed class CellRows(IReadOnlyList<T> rows, Func<T, DataCell>[] columns) : IReadOnlyList<IReadOnlyList<DataCell>>
    {
        public int Count => rows.Count;

        public IReadOnlyList<DataCell> this[int index] => Of(rows[index]);

        public IEnumerator<IReadOnlyList<DataCell>> GetEnumerator() => rows.Select(Of).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        IReadOnlyList<DataCell> Of(T row) => Array.ConvertAll(columns, column => column(row));
    }
}
