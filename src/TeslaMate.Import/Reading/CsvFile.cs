using System.Text;
using nietras.SeparatedValues;

namespace TeslaMate.Import.Reading;

/// <summary>
/// A file of comma separated values, record by record. One that is broken (a quote that is never closed, or one in the middle of a cell) is told with
/// its line, and reading goes on at the line after it, so that it takes nothing else with it.
/// </summary>
sealed class CsvFile : IDisposable
{
    readonly string _path;
    FileStream _stream;
    SepReader _reader;
    int _firstLine = 1;
    int _line;
    int _nextLine = 1;

    // A line that is longer than the reader's buffer may ever be; it is told by the next call.
    bool _isNextTooLong;

    // A line whose place in the file is known, for going on at a later one.
    (int Line, long Offset) _known = (1, 0);

    CsvFile(string path, FileStream stream)
    {
        _path = path;
        _stream = stream;
        _reader = Read(stream);
    }

    /// <summary>The physical line that the current record begins at.</summary>
    public int Line => _line;

    /// <summary>The current record is broken; it has no cells.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>How many bytes have been read, some of them ahead.</summary>
    public long Position => _stream.Position;

    public int Count => IsBroken ? 0 : _reader.Current.ColCount;

    /// <summary>Whether the current record is an empty line.</summary>
    public bool IsBlank => !IsBroken && _reader.Current is { ColCount: 1 } row && row.Span.IsEmpty;

    /// <exception cref="HistoryFileException">It cannot be opened, or is no text that could be read.</exception>
    public static CsvFile Open(string path)
    {
        FileStream stream;
        try
        {
            stream = Fingerprint.Open(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HistoryFileException(Directory.Exists(path) ? "eisdir" : Fingerprint.Code(exception));
        }

        Span<byte> start = stackalloc byte[4];
        var length = stream.ReadAtLeast(start, 4, throwOnEndOfStream: false);
        stream.Position = 0;
        if (length >= 2 && (start is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] || start[..length] is [_, 0, ..] or [0, _, ..]))
        {
            stream.Dispose();
            throw new HistoryFileException("Unsupported encoding");
        }

        try
        {
            return new CsvFile(path, stream);
        }
        catch (NotSupportedException)
        {
            stream.Dispose();
            throw new HistoryFileException("The first line is too long");
        }
    }

    public ReadOnlySpan<char> Cell(int index) => _reader.Current[index].Span;

    /// <summary>The next record; false at the end of the file.</summary>
    /// <param name="expected">How many cells a record should have; null for the first one.</param>
    public bool MoveNext(int? expected)
    {
        IsBroken = false;
        if (_isNextTooLong)
        {
            _isNextTooLong = false;
            return Break(_nextLine);
        }

        try
        {
            if (!_reader.MoveNext())
                return false;
        }
        catch (Exception exception) when (exception is NotSupportedException or ArgumentException or InvalidDataException)
        {
            // A record without an end has outgrown the reader's buffer.
            return Break(_nextLine);
        }
        catch (IOException exception)
        {
            throw new HistoryFileException(exception.Message);
        }

        var row = _reader.Current;
        _line = _firstLine + row.LineNumberFrom - 1;
        _nextLine = _firstLine + row.LineNumberToExcl - 1;
        var isWhole = IsWhole(row.Span);
        var spansLines = _nextLine - _line > 1 && row.Span.Contains('\n');
        if (isWhole && !(spansLines && expected is { } count && row.ColCount != count))
            return true;
        if (spansLines)
            return Break(_line);
        IsBroken = true;
        return true;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _stream.Dispose();
    }

    /// <summary>Tells the record of a line as broken, and goes on at the line after it.</summary>
    bool Break(int line)
    {
        var offset = OffsetOf(line + 1);
        _reader.Dispose();
        _stream.Dispose();
        try
        {
            _stream = Fingerprint.Open(_path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HistoryFileException(Fingerprint.Code(exception));
        }

        _stream.Position = offset;
        try
        {
            _reader = Read(_stream);
        }
        catch (NotSupportedException)
        {
            _isNextTooLong = true;
        }

        (_line, _firstLine, _nextLine) = (line, line + 1, line + 1);
        IsBroken = true;
        return true;
    }

    static SepReader Read(FileStream stream)
        => Sep.New(',').Reader(options => options with { HasHeader = false, DisableColCountCheck = true, Unescape = true, DisableFastFloat = true })
            .From(new StreamReader(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), detectEncodingFromByteOrderMarks: false,
                bufferSize: 64 * 1024, leaveOpen: true));

    /// <summary>Whether every quote stands where one may: around a whole cell, or twice inside of such a one.</summary>
    static bool IsWhole(ReadOnlySpan<char> record)
    {
        // From quote to quote: a row has a hundred cells and two quotes.
        while (record.IndexOf('"') is >= 0 and var opening)
        {
            if (opening > 0 && record[opening - 1] != ',')
                return false;
            record = record[(opening + 1)..];
            while (true)
            {
                var quote = record.IndexOf('"');
                if (quote < 0)
                    return false;
                record = record[(quote + 1)..];
                if (record is not ['"', ..])
                    break;
                record = record[1..];
            }

            if (record is not ([] or [',', ..]))
                return false;
        }

        return true;
    }

    long OffsetOf(int line)
    {
        using var stream = Fingerprint.Open(_path);
        stream.Position = _known.Offset;
        var buffer = new byte[64 * 1024];
        var (at, offset) = _known;
        int read;
        while (at < line && (read = stream.Read(buffer)) > 0)
        {
            for (var i = 0; i < read && at < line; i++)
            {
                offset++;
                if (buffer[i] == (byte)'\n')
                    at++;
            }
        }

        _known = (at, offset);
        return offset;
    }
}
