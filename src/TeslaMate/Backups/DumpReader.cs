using System.Text;

namespace TeslaMate.Backups;

/// <summary>What stands at one place of a dump's text. Closed.</summary>
abstract record DumpItem
{
    DumpItem() { }

    /// <summary>One SQL command without its semicolon.</summary>
    public sealed record Statement(string Text) : DumpItem;

    /// <summary>A line for psql alone, such as <c>\connect</c>; it begins with the backslash.</summary>
    public sealed record PsqlCommand(string Line) : DumpItem;
}

/// <summary>
/// Reads the text that <c>pg_dump</c> writes, one command at a time and in one pass. Quotes, comments and dollar quoting end where they end for a
/// server whose <c>standard_conforming_strings</c> is on, which <see cref="DumpStatement"/> sees to.
/// </summary>
/// <param name="dropCarriageReturns">For a file whose lines end as Windows has it: <c>pg_dump</c> itself writes none that are part of a
/// value.</param>
sealed class DumpReader(Stream text, bool dropCarriageReturns)
{
    const int LongestCommand = 256 * 1024 * 1024;

    /// <summary>Rows go on in portions of about this size.</summary>
    const int Portion = 256 * 1024;

    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly List<Range> _comments = [];
    byte[] _buffer = new byte[2 * Portion];
    int _start;
    int _end;
    bool _ended;

    /// <summary>Whether no command has come after the line by which <c>pg_dump</c> says that it came to its end.</summary>
    public bool IsComplete { get; private set; }

    Span<byte> Rest => _buffer.AsSpan(_start, _end - _start);

    /// <summary>The next command; null at the end of the text.</summary>
    /// <exception cref="RestoreException">The text ends inside a command, or is no text.</exception>
    public async ValueTask<DumpItem?> ReadAsync(CancellationToken cancellationToken)
    {
        while (await SkipAsync(cancellationToken))
        {
            if (_buffer[_start] == '\\')
                return new DumpItem.PsqlCommand(Text((await LineAsync(cancellationToken)).Span).TrimEnd());
            IsComplete = false;
            int length;
            while ((length = SqlScanner.LengthOfStatement(Rest, _comments)) < 0)
            {
                if (length == SqlScanner.PsqlCommand)
                    throw new RestoreException("it holds a command for psql inside of a command for the server.");
                if (!await FillAsMuchAgainAsync(cancellationToken))
                    throw new RestoreException("it is incomplete: it ends inside of a command.");
            }

            // A comment would hide from us what the command is.
            foreach (var comment in _comments)
                Rest[comment].Fill((byte)' ');
            var statement = Text(Rest[..(length - 1)]).Trim();
            _start += length;
            if (statement.Length > 0)
                return new DumpItem.Statement(statement);
        }

        return null;
    }

    /// <summary>Passes on the rows that follow a <c>COPY ... FROM stdin</c>, whole lines in portions, up to the line that ends them.</summary>
    public async Task ReadRowsAsync(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> rows, CancellationToken cancellationToken)
    {
        await LineAsync(cancellationToken);
        while (true)
        {
            while (_end - _start < Portion && await FillAsync(cancellationToken))
            {
            }

            // What is left always begins a line.
            if (Rest.StartsWith("\\.\n"u8) || (_ended && Rest.SequenceEqual("\\."u8)))
            {
                _start = Math.Min(_start + 3, _end);
                return;
            }

            var whole = Rest.IndexOf("\n\\.\n"u8) is >= 0 and var end ? end + 1
                : _ended && Rest.EndsWith("\n\\."u8) ? Rest.Length - 2
                : Rest.LastIndexOf((byte)'\n') + 1;
            if (whole > 0)
            {
                await rows(_buffer.AsMemory(_start, whole), cancellationToken);
                _start += whole;
            }
            else if (!await FillAsMuchAgainAsync(cancellationToken))
            {
                throw new RestoreException("it is incomplete: it ends among the rows of a table.");
            }
        }
    }

    /// <summary>Goes on to the next command, past blanks and comments.</summary>
    /// <returns>False at the end of the text.</returns>
    async ValueTask<bool> SkipAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (_start < _end && _buffer[_start] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f')
                _start++;
            if (_end - _start < 2 && !_ended)
            {
                await FillAsync(cancellationToken);
                continue;
            }

            if (_start == _end)
                return false;
            if (Rest.StartsWith("--"u8))
            {
                if ((await LineAsync(cancellationToken)).Span.IndexOf("PostgreSQL database dump complete"u8) >= 0)
                    IsComplete = true;
            }
            else if (Rest.StartsWith("/*"u8))
            {
                int length;
                while ((length = SqlScanner.LengthOfComment(Rest)) < 0)
                {
                    if (!await FillAsMuchAgainAsync(cancellationToken))
                        throw new RestoreException("it is incomplete: it ends inside of a comment.");
                }

                _start += length;
            }
            else
            {
                return true;
            }
        }
    }

    async ValueTask<ReadOnlyMemory<byte>> LineAsync(CancellationToken cancellationToken)
    {
        int length;
        while ((length = Rest.IndexOf((byte)'\n') + 1) == 0)
        {
            if (await FillAsMuchAgainAsync(cancellationToken))
                continue;
            length = Rest.Length;
            break;
        }

        var line = _buffer.AsMemory(_start, length);
        _start += length;
        return line;
    }

    /// <summary>
    /// Reads on until there is twice as much as was looked through in vain: what is looked through from its beginning each time takes as long as it
    /// is, whatever the size of the pieces it comes in.
    /// </summary>
    /// <returns>False at the end of the text.</returns>
    async ValueTask<bool> FillAsMuchAgainAsync(CancellationToken cancellationToken)
    {
        var known = _end - _start;
        var wanted = Math.Max(known + 1, Math.Min(2 * known, LongestCommand));
        while (_end - _start < wanted && await FillAsync(cancellationToken))
        {
        }

        return _end - _start > known;
    }

    async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_ended)
            return false;
        if (_start > 0)
        {
            Rest.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= LongestCommand)
                throw new RestoreException("it holds a line or a command of more than 256 MB.");
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var count = await text.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        if (count == 0)
        {
            _ended = true;
            return false;
        }

        _end += dropCarriageReturns ? WithoutCarriageReturns(_buffer.AsSpan(_end, count)) : count;
        return true;
    }

    static int WithoutCarriageReturns(Span<byte> bytes)
    {
        var kept = 0;
        foreach (var one in bytes)
        {
            if (one != '\r')
                bytes[kept++] = one;
        }

        return kept;
    }

    static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new RestoreException("it is not in UTF-8. Make it with: pg_dump --encoding=UTF8", exception);
        }
    }
}
