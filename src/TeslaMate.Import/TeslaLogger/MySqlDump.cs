using System.Globalization;
using System.Text;
using TeslaMate.Import.Reading;

namespace TeslaMate.Import.TeslaLogger;

/// <summary>A row of a table in a dump; columns that the table does not have are null.</summary>
/// <param name="Line">The physical line its statement begins at.</param>
sealed record DumpRow(string Table, int Line, IReadOnlyDictionary<string, int> Columns, string?[] Values)
{
    public string? Text(string column) => Columns.TryGetValue(column, out var index) && index < Values.Length ? Values[index] : null;

    public double? Number(string column)
        => double.TryParse(Text(column), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    public int? Integer(string column) => Number(column) is { } number && Math.Abs(number) < int.MaxValue ? (int)Math.Round(number, MidpointRounding.AwayFromZero) : null;

    public DateTime? Date(string column)
        => DateTime.TryParseExact(Text(column), ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFF"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;
}

/// <summary>Reads what <c>mysqldump</c> writes: the columns from <c>CREATE TABLE</c>, the rows from <c>INSERT</c>. No server is needed, and nothing is executed.</summary>
static class MySqlDump
{
    /// <exception cref="HistoryFileException">It cannot be read.</exception>
    public static IEnumerable<DumpRow> Read(string path, IReadOnlySet<string> tables)
    {
        using var reader = Open(path);
        Dictionary<string, string[]> columns = new(StringComparer.OrdinalIgnoreCase);
        var line = 0;
        string? table = null;
        List<string> names = [];
        while (reader.ReadLine() is { } text)
        {
            line++;
            if (table is not null)
            {
                var trimmed = text.TrimStart();
                if (trimmed.StartsWith('`'))
                {
                    names.Add(trimmed[1..trimmed.IndexOf('`', 1)]);
                }
                else if (trimmed.StartsWith(')'))
                {
                    columns[table] = [.. names];
                    table = null;
                }

                continue;
            }

            if (text.StartsWith("CREATE TABLE ", StringComparison.OrdinalIgnoreCase) && Quoted(text) is { } created)
            {
                (table, names) = (created, []);
            }
            else if (text.StartsWith("INSERT ", StringComparison.OrdinalIgnoreCase) && Quoted(text) is { } into)
            {
                var start = line;
                if (!tables.Contains(into))
                    continue;
                // Line ends in texts are escaped, so a statement that does not end here is one that is written row by row.
                while (!text.EndsWith(';') && reader.ReadLine() is { } more)
                {
                    line++;
                    text += "\n" + more;
                }

                foreach (var row in Rows(into, start, text, columns))
                    yield return row;
            }
        }
    }

    static StreamReader Open(string path)
    {
        try
        {
            return new StreamReader(Fingerprint.Open(path), Encoding.UTF8);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HistoryFileException(Fingerprint.Code(exception));
        }
    }

    static string? Quoted(string text)
        => text.IndexOf('`', StringComparison.Ordinal) is >= 0 and var start && text.IndexOf('`', start + 1) is > 0 and var end ? text[(start + 1)..end] : null;

    static IEnumerable<DumpRow> Rows(string table, int line, string text, Dictionary<string, string[]> known)
    {
        var values = text.IndexOf("VALUES", StringComparison.OrdinalIgnoreCase);
        if (values < 0)
            throw new HistoryFileException($"Line {line}: an INSERT without VALUES");
        var open = text.IndexOf('(', StringComparison.Ordinal);
        var names = open >= 0 && open < values
            ? [.. text[(open + 1)..text.LastIndexOf(')', values)].Split(',').Select(name => name.Trim().Trim('`'))]
            : known.GetValueOrDefault(table) ?? throw new HistoryFileException($"Line {line}: nothing tells the columns of {table}");
        var columns = names.Select((name, index) => (name, index)).ToDictionary(column => column.name, column => column.index, StringComparer.OrdinalIgnoreCase);
        var i = values + "VALUES".Length;
        while (true)
        {
            while (i < text.Length && (char.IsWhiteSpace(text[i]) || text[i] == ','))
                i++;
            if (i >= text.Length || text[i] == ';')
                yield break;
            if (text[i] != '(')
                throw new HistoryFileException($"Line {line}: no row where one should begin");
            i++;
            var cells = new List<string?>(names.Length);
            while (true)
            {
                cells.Add(Value(text, ref i, line));
                if (i >= text.Length)
                    throw new HistoryFileException($"Line {line}: the file ends in a row");
                if (text[i++] == ')')
                    break;
            }

            yield return new DumpRow(table, line, columns, [.. cells]);
        }
    }

    static string? Value(string text, ref int i, int line)
    {
        if (i < text.Length && text[i] == '\'')
        {
            var value = new StringBuilder();
            i++;
            while (true)
            {
                if (i >= text.Length)
                    throw new HistoryFileException($"Line {line}: the file ends in a text");
                var letter = text[i++];
                if (letter == '\\' && i < text.Length)
                {
                    var escaped = text[i++];
                    value.Append(escaped switch { 'n' => '\n', 'r' => '\r', 't' => '\t', '0' => '\0', _ => escaped });
                }
                else if (letter == '\'')
                {
                    if (i < text.Length && text[i] == '\'')
                    {
                        value.Append('\'');
                        i++;
                        continue;
                    }

                    return value.ToString();
                }
                else
                {
                    value.Append(letter);
                }
            }
        }

        var start = i;
        while (i < text.Length && text[i] is not (',' or ')'))
            i++;
        var word = text[start..i].Trim();
        return word.Equals("NULL", StringComparison.OrdinalIgnoreCase) ? null : word;
    }
}
