using System.Buffers;
using System.Globalization;
using System.Text;
using Npgsql;
using TeslaMate.Database;

namespace TeslaMate.Api.Data.Rows;

/// <summary>How a CSV file is written (spec api 3).</summary>
/// <param name="Separator">Between fields: comma, semicolon or tab.</param>
/// <param name="DecimalComma">Whether numbers have a comma, for a spreadsheet that expects one.</param>
/// <param name="HasMark">Whether the file begins with a byte order mark, by which spreadsheets know UTF-8.</param>
/// <param name="IsGuarded">Whether a text that a spreadsheet would take for a formula gets an apostrophe in front.</param>
/// <param name="Zone">Of the columns <c>…_local</c>.</param>
sealed record CsvStyle(char Separator, bool DecimalComma, bool HasMark, bool IsGuarded, TimeZoneInfo Zone)
{
    public static CsvStyle Plain(TimeZoneInfo zone) => new(',', DecimalComma: false, HasMark: false, IsGuarded: true, zone);
}

/// <summary>
/// Writes the rows of a query as CSV by RFC 4180. The query's first columns are the members, in order; an instant becomes two columns, UTC and local.
/// </summary>
sealed class RowCsv(IReadOnlyList<Member> members, CsvStyle style)
{
    const string LocalFormat = "yyyy-MM-dd HH:mm:ss";
    static readonly SearchValues<char> Special = SearchValues.Create("\",;\t\r\n");

    readonly StringBuilder _line = new();

    /// <summary>The line with the columns' names, and the mark before it where one is wanted.</summary>
    public void WriteHead(IBufferWriter<byte> output)
    {
        _line.Clear();
        if (style.HasMark)
            _line.Append('\uFEFF');
        var isFirst = true;
        foreach (var member in members)
        {
            Next(ref isFirst);
            _line.Append(member.Path);
            if (member.Type != MemberType.Instant)
                continue;
            Next(ref isFirst);
            _line.Append(member.Path).Append("_local");
        }

        End(output);
    }

    /// <summary>The reader's row as a line.</summary>
    public void Write(IBufferWriter<byte> output, NpgsqlDataReader reader)
    {
        _line.Clear();
        var isFirst = true;
        for (var ordinal = 0; ordinal < members.Count; ordinal++)
        {
            Next(ref isFirst);
            var type = members[ordinal].Type;
            if (type == MemberType.Instant)
                AppendInstant(reader.GetInstantOrNull(ordinal));
            else if (!reader.IsDBNull(ordinal))
                AppendValue(reader, ordinal, type);
        }

        End(output);
    }

    void Next(ref bool isFirst)
    {
        if (!isFirst)
            _line.Append(style.Separator);
        isFirst = false;
    }

    void End(IBufferWriter<byte> output)
    {
        _line.Append("\r\n");
        foreach (var chunk in _line.GetChunks())
            Encoding.UTF8.GetBytes(chunk.Span, output);
    }

    void AppendInstant(DateTimeOffset? instant)
    {
        if (instant is not { } known)
        {
            _line.Append(style.Separator);
            return;
        }

        _line.Append(Moments.Text(known)).Append(style.Separator);
        _line.Append(CultureInfo.InvariantCulture,
            $"{TimeZoneInfo.ConvertTime(known, style.Zone).DateTime.ToString(LocalFormat, CultureInfo.InvariantCulture)}");
    }

    void AppendValue(NpgsqlDataReader reader, int ordinal, MemberType type)
    {
        switch (type)
        {
            case MemberType.Whole:
                _line.Append(CultureInfo.InvariantCulture, $"{reader.GetInt64(ordinal)}");
                break;
            case MemberType.Number when reader.GetDouble(ordinal) is var number && double.IsFinite(number):
                AppendNumber(Plain(number));
                break;
            case MemberType.Number:
                break;
            case MemberType.Exact when reader.Decimal(ordinal) is { } exact:
                AppendNumber(exact.ToString(CultureInfo.InvariantCulture));
                break;
            case MemberType.Exact:
                break;
            case MemberType.Flag:
                _line.Append(reader.GetBoolean(ordinal) ? "true" : "false");
                break;
            case MemberType.Words:
                AppendText(string.Join(';', reader.GetFieldValue<string[]>(ordinal)));
                break;
            case MemberType.Wholes:
                AppendText(string.Join(';', reader.GetFieldValue<int[]>(ordinal)));
                break;
            default:
                AppendText(reader.GetString(ordinal));
                break;
        }
    }

    void AppendNumber(string number)
    {
        if (!style.DecimalComma)
            _line.Append(number);
        else if (style.Separator == ',' && number.Contains('.', StringComparison.Ordinal))
            _line.Append('"').Append(number.Replace('.', ',')).Append('"');
        else
            _line.Append(number.Replace('.', ','));
    }

    // An empty text is told apart from null by its quotes.
    void AppendText(string text)
    {
        if (style.IsGuarded && IsFormula(text))
            text = "'" + text;
        if (text.Length == 0)
            _line.Append("\"\"");
        else if (text.AsSpan().ContainsAny(Special) || text[0] == ' ' || text[^1] == ' ')
            _line.Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        else
            _line.Append(text);
    }

    /// <summary>
    /// Whether a spreadsheet would calculate the text: after blanks it begins with one of <c>= + - @</c>, also in full width, or it has a tab or a
    /// line break there.
    /// </summary>
    internal static bool IsFormula(string text)
        => text.AsSpan().TrimStart(" \u00A0\u3000") is [var first, ..] && first is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' or '＝' or '＋'
            or '－' or '＠';

    // Doubles are short, but never with an exponent, which spreadsheets of some languages take for text, nor is 0 negative.
    static string Plain(double number)
    {
        var text = (number == 0 ? 0 : number).ToString("R", CultureInfo.InvariantCulture);
        if (!text.Contains('E', StringComparison.Ordinal))
            return text;
        return Math.Abs(number) < 1e27 ? ((decimal)number).ToString(CultureInfo.InvariantCulture)
            : number.ToString("F0", CultureInfo.InvariantCulture);
    }
}
