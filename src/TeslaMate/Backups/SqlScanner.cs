namespace TeslaMate.Backups;

/// <summary>Where a command of SQL ends, by the server's own rules of quoting.</summary>
static class SqlScanner
{
    /// <summary>The text ends before the command does.</summary>
    public const int Incomplete = -1;

    /// <summary>A backslash outside of quotes: for psql it begins a command of its own, and the server has no use for it.</summary>
    public const int PsqlCommand = -2;

    /// <summary>The length of the command at the beginning of <paramref name="text"/>, its semicolon included; negative when there is none.</summary>
    /// <param name="comments">Gets where in it comments stand.</param>
    public static int LengthOfStatement(ReadOnlySpan<byte> text, List<Range> comments)
    {
        comments.Clear();
        var words = new BodyWords();
        for (var i = 0; i < text.Length;)
        {
            var length = 1;
            switch (text[i])
            {
                case (byte)';' when !words.IsInsideBody:
                    return i + 1;
                case (byte)'\\':
                    return PsqlCommand;
                case (byte)'\'':
                    var isEscaping = i > 0 && text[i - 1] is (byte)'E' or (byte)'e' && (i == 1 || !IsWordByte(text[i - 2]));
                    length = LengthOfQuoted(text[i..], '\'', isEscaping);
                    break;
                case (byte)'"':
                    length = LengthOfQuoted(text[i..], '"', escapes: false);
                    break;
                case (byte)'$' when i == 0 || !IsWordByte(text[i - 1]):
                    length = LengthOfDollarQuoted(text[i..]);
                    break;
                case (byte)'-' or (byte)'/' when i + 1 == text.Length:
                    return Incomplete;
                case (byte)'-' when text[i + 1] == '-':
                    length = text[i..].IndexOf((byte)'\n') is >= 0 and var end ? end + 1 : Incomplete;
                    comments.Add(i..(i + Math.Max(length, 0)));
                    break;
                case (byte)'/' when text[i + 1] == '*':
                    length = LengthOfComment(text[i..]);
                    comments.Add(i..(i + Math.Max(length, 0)));
                    break;
                case var first when IsWordByte(first):
                    while (i + length < text.Length && IsWordByte(text[i + length]))
                        length++;
                    if (i + length == text.Length)
                        return Incomplete;
                    words.Add(text.Slice(i, length));
                    break;
            }

            if (length < 0)
                return Incomplete;
            i += length;
        }

        return Incomplete;
    }

    /// <summary>The length of the comment at the beginning, with those inside of it; negative when it does not end.</summary>
    public static int LengthOfComment(ReadOnlySpan<byte> text)
    {
        var depth = 0;
        for (var i = 0; i + 1 < text.Length; i++)
        {
            if (text[i] == '/' && text[i + 1] == '*')
                (depth, i) = (depth + 1, i + 1);
            else if (text[i] == '*' && text[i + 1] == '/')
                (depth, i) = (depth - 1, i + 1);
            if (depth == 0)
                return i + 1;
        }

        return Incomplete;
    }

    static int LengthOfQuoted(ReadOnlySpan<byte> text, char quote, bool escapes)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (escapes && text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == quote)
            {
                if (i + 1 == text.Length)
                    return Incomplete;
                if (text[i + 1] != quote)
                    return i + 1;
                i++;
            }
        }

        return Incomplete;
    }

    static int LengthOfDollarQuoted(ReadOnlySpan<byte> text)
    {
        var tag = 1;
        while (tag < text.Length && text[tag] != '$' && IsWordByte(text[tag]))
            tag++;
        if (tag == text.Length)
            return Incomplete;
        // A dollar alone, or a parameter's.
        if (text[tag] != '$' || (tag > 1 && char.IsAsciiDigit((char)text[1])))
            return 1;
        tag++;
        return text[tag..].IndexOf(text[..tag]) is >= 0 and var end ? tag + end + tag : Incomplete;
    }

    static bool IsWordByte(byte one) => char.IsAsciiLetterOrDigit((char)one) || one is (byte)'_' or (byte)'$' or >= 0x80;

    /// <summary>
    /// The words of a command, as far as they say whether a semicolon belongs to a function's body in SQL (<c>BEGIN ATOMIC ... END</c>).
    /// </summary>
    ref struct BodyWords
    {
        int _count;
        bool _creates;
        bool _begun;
        int _depth;

        public readonly bool IsInsideBody => _depth > 0;

        public void Add(ReadOnlySpan<byte> word)
        {
            _count++;
            if (_count == 1)
                _creates = Is(word, "create");
            else if (!_creates)
                return;
            else if (_depth > 0 && (Is(word, "begin") || Is(word, "case")))
                _depth++;
            else if (_depth > 0 && Is(word, "end"))
                _depth--;
            else if (_depth == 0 && _begun && Is(word, "atomic"))
                _depth = 1;
            _begun = Is(word, "begin");
        }

        static bool Is(ReadOnlySpan<byte> word, string name) => System.Text.Ascii.EqualsIgnoreCase(word, name);
    }
}
