using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using TeslaMate.Logbook;

namespace TeslaMate.Web.Forms;

/// <summary>
/// The fields of a form or a query, read into types. What cannot be read is null or the first choice, and an error beside its field (spec logbook
/// 1.2): a form with errors is not stored, a filter goes on without what was not understood.
/// </summary>
/// <param name="fields">What was sent for a field.</param>
sealed class FormReader(Func<string, StringValues> fields)
{
    /// <summary>How fields write a moment; UTC.</summary>
    public const string MomentFormat = "yyyy-MM-ddTHH:mm:ss";

    readonly List<FieldError> _errors = [];

    /// <param name="name">Of the form, whose fields are <c>name[field]</c>.</param>
    public FormReader(IFormCollection form, string name)
        : this(field => form[$"{name}[{field}]"])
    {
    }

    /// <summary>A form whose fields have bare names.</summary>
    public FormReader(IFormCollection form)
        : this(field => form[field])
    {
    }

    public FormReader(IQueryCollection query)
        : this(field => query[field])
    {
    }

    public IReadOnlyList<FieldError> Errors => _errors;

    public void Refuse(string field, string problem) => _errors.Add(new(field, problem));

    /// <summary>The text as it was sent; null when the field was not.</summary>
    public string? Text(string field) => fields(field) is { Count: > 0 } values ? values[^1] : null;

    /// <summary>What was sent for a field that may come several times; blank ones are left out.</summary>
    public IReadOnlyList<string> Texts(string field) => [.. fields(field).OfType<string>().Where(text => text.Length > 0)];

    /// <summary>The text without blanks around it; empty when the field was not sent.</summary>
    public string Trimmed(string field) => Text(field)?.Trim() ?? "";

    /// <summary>A number with a decimal point or comma; null when nothing was entered.</summary>
    public decimal? Number(string field)
    {
        if (Trimmed(field) is not { Length: > 0 } text)
            return null;
        if (Decimals.Parse(text) is { } number)
            return number;
        Refuse(field, Problem.Invalid);
        return null;
    }

    /// <summary>A whole number in digits; null when the field was not sent.</summary>
    public int? Whole(string field, int least, int most)
    {
        if (Text(field) is not { } text)
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        Refuse(field, text.Length == 0 ? Problem.Blank : Problem.Invalid);
        return null;
    }

    /// <summary>One of the words that are offered.</summary>
    public T Word<T>(string field, params ReadOnlySpan<(string Word, T Value)> words)
    {
        var text = Text(field);
        foreach (var (word, value) in words)
        {
            if (word == text)
                return value;
        }

        Refuse(field, string.IsNullOrWhiteSpace(text) ? Problem.Blank : Problem.Invalid);
        return words[0].Value;
    }

    /// <summary>The whole numbers of a field that may come several times; null when one is none.</summary>
    public int[]? Wholes(string field)
    {
        List<int> numbers = [];
        foreach (var text in fields(field))
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                Refuse(field, Problem.Invalid);
                return null;
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    /// <summary>A name of <typeparamref name="T"/>, as the page wrote it; null when it is none.</summary>
    public T? Name<T>(string field)
        where T : struct, Enum
    {
        if (Text(field) is { } text && Enum.GetNames<T>().Contains(text))
            return Enum.Parse<T>(text);
        Refuse(field, Problem.Invalid);
        return null;
    }

    /// <summary>A moment in UTC as <see cref="MomentFormat"/>, its seconds perhaps left out; null when nothing, or no moment, was entered.</summary>
    public DateTimeOffset? Moment(string field)
    {
        if (Trimmed(field) is not { Length: > 0 } text)
            return null;
        // Browsers leave seconds of nought out.
        if (DateTimeOffset.TryParseExact(text, [MomentFormat, "yyyy-MM-ddTHH:mm"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
            out var moment))
            return moment;
        Refuse(field, Problem.Invalid);
        return null;
    }

    /// <summary>A box. A hidden "false" stands before it, so that one that is not ticked can be told from a form without it.</summary>
    public bool Flag(string field) => Word(field, ("false", false), ("true", true));

    /// <summary>A day as <c>2026-03-01</c>, from 2000 to 8999; null when nothing was entered.</summary>
    public DateOnly? Day(string field)
    {
        if (Trimmed(field) is not { Length: > 0 } text)
            return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day.Year is >= 2000 and < 9000)
            return day;
        Refuse(field, Problem.Invalid);
        return null;
    }
}

/// <summary>Numbers that people type. The keyboard of a phone may have a comma and no point.</summary>
static class Decimals
{
    const NumberStyles Style =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;

    /// <summary>
    /// The number with a point or a comma before its decimals; null for everything else, also for one with both or with thousands set apart.
    /// </summary>
    public static decimal? Parse(string text)
    {
        var isComma = text.Count(letter => letter == ',') == 1 && !text.Contains('.', StringComparison.Ordinal);
        return decimal.TryParse(isComma ? text.Replace(',', '.') : text, Style, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
