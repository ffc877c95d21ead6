using System.Globalization;
using System.Text;
using TeslaMate.Import.Reading;

namespace TeslaMate.Import.TeslaLogger;

/// <summary>A row of a table in a dump; columns that the table does not have are null.</summary>
/// <param name="Line">The physical line it begins at.</param>
sealed record DumpRow(string Table, int Line, IReadOnlyDictionary<string, int> Columns, string?[] Values)
{
    public string? Text(string column) => Columns.TryGetValue(column, out var index) && index < Values.Length ? Values[index] : null;

    public double? Number(string column)
        => double.TryParse(Text(column), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    public int? Integer(string column)
        => Number(column) is { } number && Math.Abs(number) < int.MaxValue ? (int)Math.Round(number, MidpointRounding.AwayFromZero) : null;

    public DateTime? Date(string column)
        => DateTime.TryParseExact(Text(column), ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFF"], CultureInfo.InvariantCulture,
            DateTimeStyles.None, out var date) ? date : null;
}

/// <summary>
/// Reads what <c>mysqldump</c> writes, row by row: the columns from <c>CREATE TABLE</c>, the rows from <c>INSERT</c>. No server is needed, nothing is
/// executed, and no more of the file than one row is in memory.
/// </summary>
sealed class MySqlDump : IDisposable
{
    const int End = -1;

    static readonly HashSet<string> Keywords = new(StringComparer.OrdinalIgnoreCase) { "INTO", "IGNORE", "IF", "NOT", "EXISTS" };

    static readonly HashSet<string> NoColumns = new(StringComparer.OrdinalIgnoreCase)
    {
        "PRIMARY", "KEY", "UNIQUE", "INDEX", "CONSTRAINT", "FULLTEXT", "SPATIAL", "FOREIGN", "CHECK",
    };

    readonly StreamReader _reader;
    readonly IReadOnlySet<string> _tables;
    readonly char[] _buffer = new char[32 * 1024];
    readonly StringBuilder _text = new();
    int _length;
    int _at;
    int _line = 1;

    MySqlDump(StreamReader reader, IReadOnlySet<string> tables) => (_reader, _tables) = (reader, tables);

    /// <param name="tables">The rows of others are passed over.</param>
    /// <exception cref="HistoryFileException">It cannot be read.</exception>
    public static IEnumerable<DumpRow> Read(string path, IReadOnlySet<string> tables)
    {
        using var dump = new MySqlDump(Open(path), tables);
        foreach (var row in dump.Rows())
            yield return row;
    }

    public void Dispose() => _reader.Dispose();

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

    IEnumerable<DumpRow> Rows()
    {
        Dictionary<string, string[]> created = new(StringComparer.OrdinalIgnoreCase);
        while (true)
        {
            SkipSpace();
            if (Peek() == End)
                yield break;
            if (Peek() == ';')
            {
                Take();
                continue;
            }

            var word = Word();
            if (word.Equals("CREATE", StringComparison.OrdinalIgnoreCase))
            {
                SkipSpace();
                if (Word().Equals("TABLE", StringComparison.OrdinalIgnoreCase) && Name() is { } table)
                    created[table] = ColumnDefinitions();
                SkipStatement();
            }
            else if (word.Equals("INSERT", StringComparison.OrdinalIgnoreCase) && Name() is { } into && _tables.Contains(into))
            {
                var line = _line;
                var names = Peek() == '('
                    ? Names()
                    : created.GetValueOrDefault(into) ?? throw new HistoryFileException($"Line {line}: nothing tells the columns of {into}");
                SkipSpace();
                if (!Word().Equals("VALUES", StringComparison.OrdinalIgnoreCase))
                    throw new HistoryFileException($"Line {line}: an INSERT without VALUES");
                var columns = names.Select((name, index) => (name, index))
                    .ToDictionary(column => column.name, column => column.index, StringComparer.OrdinalIgnoreCase);
                while (true)
                {
                    SkipSpace();
                    var next = Peek();
                    if (next is ',')
                        Take();
                    else if (next is '(')
                        yield return Row(into, columns, names.Length);
                    else if (next is ';' or End)
                        break;
                    else
                        throw new HistoryFileException($"Line {_line}: no row where one should begin");
                }

                SkipStatement();
            }
            else
            {
                SkipStatement();
            }
        }
    }

    /// <summary>The name of the table that a statement is about, with or without its quotes; null when there is none.</summary>
    string? Name()
    {
        string? name = null;
        while (true)
        {
            SkipSpace();
            var next = Peek();
            if (next == '.' && name is not null)
            {
                // That was the database's.
                Take();
                name = null;
            }
            else if (name is not null || next is End or ';' or '(')
            {
                return name;
            }
            else
            {
                var word = next == '`' ? Quoted('`') : Word();
                name = next != '`' && Keywords.Contains(word) ? null : word;
            }
        }
    }

    /// <summary>The names of the columns in the brackets of a <c>CREATE TABLE</c>: each is the first thing of its line.</summary>
    string[] ColumnDefinitions()
    {
        List<string> names = [];
        var (depth, isFirst) = (0, false);
        while (Peek() is var next && next != End && next != ';')
        {
            switch (next)
            {
                case '(':
                    Take();
                    isFirst = ++depth == 1;
                    break;
                case ')':
                    Take();
                    if (--depth == 0)
                        return [.. names];
                    break;
                case ',':
                    Take();
                    isFirst = depth == 1;
                    break;
                case '`':
                    var name = Quoted('`');
                    if (isFirst)
                        names.Add(name);
                    isFirst = false;
                    break;
                case '\'' or '"':
                    Quoted((char)next);
                    isFirst = false;
                    break;
                case var letter when isFirst && char.IsLetter((char)letter):
                    var word = Word();
                    if (!NoColumns.Contains(word))
                        names.Add(word);
                    isFirst = false;
                    break;
                default:
                    isFirst &= char.IsWhiteSpace((char)next);
                    Take();
                    break;
            }
        }

        return [.. names];
    }

    string[] Names()
    {
        List<string> names = [];
        while (Peek() is var next && next is not (End or ';'))
        {
            if (next == '`')
            {
                names.Add(Quoted('`'));
                continue;
            }

            if (char.IsLetter((char)next) || next == '_')
            {
                names.Add(Word());
                continue;
            }

            Take();
            if (next == ')')
                break;
        }

        return [.. names];
    }

    DumpRow Row(string table, Dictionary<string, int> columns, int count)
    {
        var line = _line;
        Take();
        var cells = new string?[count];
        for (var i = 0; ; i++)
        {
            var cell = Value();
            if (i < count)
                cells[i] = cell;
            switch (Take())
            {
                case ')':
                    return new DumpRow(table, line, columns, cells);
                case ',':
                    break;
                case End:
                    throw new HistoryFileException($"Line {line}: the file ends in a row");
                default:
                    throw new HistoryFileException($"Line {_line}: a value without its end");
            }
        }
    }

    string? Value()
    {
        SkipSpace();
        if (Peek() == '\'')
        {
            var text = Quoted('\'');
            SkipSpace();
            return text;
        }

        _text.Clear();
        while (Peek() is var next && next is not (',' or ')' or End))
        {
            // Behind the name of its character set.
            if (next == '\'')
                return Quoted('\'');
            _text.Append((char)next);
            Take();
        }

        var word = _text.ToString().TrimEnd();
        return word.Equals("NULL", StringComparison.OrdinalIgnoreCase) ? null : word;
    }

    /// <summary>What stands in quotes, which are here; they may be doubled inside, or have a backslash before them.</summary>
    string Quoted(char quote)
    {
        var line = _line;
        _text.Clear();
        Take();
        while (true)
        {
            var letter = Take();
            if (letter == End)
                throw new HistoryFileException($"Line {line}: the file ends in a text");
            if (letter == '\\' && quote != '`')
            {
                var escaped = Take();
                if (escaped != End)
                    _text.Append(escaped switch { 'n' => '\n', 'r' => '\r', 't' => '\t', '0' => '\0', _ => (char)escaped });
            }
            else if (letter != quote)
            {
                _text.Append((char)letter);
            }
            else if (Peek() == quote)
            {
                _text.Append(quote);
                Take();
            }
            else
            {
                return _text.ToString();
            }
        }
    }

    string Word()
    {
        _text.Clear();
        while (Peek() is var next && next != End && (char.IsLetterOrDigit((char)next) || next == '_'))
        {
            _text.Append((char)next);
            Take();
        }

        if (_text.Length == 0)
            Take();
        return _text.ToString();
    }

    /// <summary>To behind the end of the statement.</summary>
    void SkipStatement()
    {
        while (true)
        {
            switch (Peek())
            {
                case End:
                    return;
                case ';':
                    Take();
                    return;
                case '\'' or '"' or '`':
                    SkipQuoted((char)Peek());
                    break;
                default:
                    Take();
                    break;
            }
        }
    }

    void SkipQuoted(char quote)
    {
        Take();
        while (true)
        {
            switch (Take())
            {
                case End:
                    return;
                case '\\' when quote != '`':
                    Take();
                    break;
                case var letter when letter == quote:
                    return;
            }
        }
    }

    /// <summary>To the next thing that counts: past spaces, ends of lines and comments.</summary>
    void SkipSpace()
    {
        while (true)
        {
            var next = Peek();
            if (next == '-' && Second() == '-')
            {
                while (Peek() is not (End or '\n'))
                    Take();
            }
            else if (next == '/' && Second() == '*')
            {
                Take();
                Take();
                while (Peek() != End && !(Take() == '*' && Peek() == '/'))
                {
                    // Up to the end of the comment.
                }

                Take();
            }
            else if (next != End && char.IsWhiteSpace((char)next))
            {
                Take();
            }
            else
            {
                return;
            }
        }
    }

    int Peek() => _at < _length || Fill() ? _buffer[_at] : End;

    int Second() => _at + 1 < _length || Fill() && _at + 1 < _length ? _buffer[_at + 1] : End;

    int Take()
    {
        if (_at >= _length && !Fill())
            return End;
        var letter = _buffer[_at++];
        if (letter == '\n')
            _line++;
        return letter;
    }

    /// <summary>Reads on, behind what is left.</summary>
    bool Fill()
    {
        var left = _length - _at;
        Array.Copy(_buffer, _at, _buffer, 0, left);
        int read;
        try
        {
            read = _reader.Read(_buffer, left, _buffer.Length - left);
        }
        catch (IOException exception)
        {
            throw new HistoryFileException(exception.Message);
        }

        (_at, _length) = (0, left + read);
        return read > 0;
    }
}
