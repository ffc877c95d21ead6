using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data.Questions;

/// <summary>The parameters of a request, read and found to be in order.</summary>
sealed class Question
{
    static readonly string[] InstantFormats =
    [
        "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd' 'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss' 'zzz",
    ];

    readonly Dictionary<string, object> _values = [];

    Question(TimeZoneInfo zone) => Zone = zone;

    /// <summary>The zone of days, periods and local times.</summary>
    public TimeZoneInfo Zone { get; private set; }

    /// <summary>The first moment of the window; null for no limit.</summary>
    public DateTimeOffset? From => Instant(Parameter.From);

    /// <summary>The first moment after the window; null for no limit.</summary>
    public DateTimeOffset? To => Instant(Parameter.To);

    /// <summary>Reads a request's parameters.</summary>
    /// <param name="query">What the request brings.</param>
    /// <param name="known">What it may bring.</param>
    /// <param name="zone">The zone where the request names none.</param>
    /// <exception cref="ProblemException">One or more cannot be used, or are not known; all are named at once.</exception>
    public static Question Read(IQueryCollection query, IEnumerable<Parameter> known, TimeZoneInfo zone)
    {
        var question = new Question(zone);
        var problems = new List<ParameterProblem>();
        var parameters = known.ToDictionary(parameter => parameter.Name);
        var all = string.Join(", ", parameters.Keys.Order(StringComparer.Ordinal));
        foreach (var name in query.Keys.Where(name => !parameters.ContainsKey(name)))
            problems.Add(new(name, $"There is no such parameter here. There are {all}."));
        // The zone first, because days are read in it.
        foreach (var parameter in parameters.Values.OrderByDescending(parameter => parameter.Type == ParameterType.Zone))
        {
            if (!query.TryGetValue(parameter.Name, out var texts))
                continue;
            if (texts.Count > 1 && parameter.Type != ParameterType.Ids)
                problems.Add(new(parameter.Name, "It is there more than once."));
            else if (question.Parse(parameter, texts) is { } value)
                question._values[parameter.Name] = value;
            else
                problems.Add(new(parameter.Name, Expected(parameter)));
        }

        if (problems.Count > 0)
        {
            throw new ProblemException(ProblemKind.InvalidParameter,
                string.Join(" ", problems.Select(problem => $"{problem.Parameter}: {problem.Message}")), problems);
        }

        if (question is { From: { } from, To: { } to } && from > to)
            throw ProblemException.Parameter(Parameter.To.Name, "It is before from.");
        return question;
    }

    /// <summary>The same question for a part of its window.</summary>
    public Question Within(DateTimeOffset from, DateTimeOffset to)
    {
        var part = new Question(Zone);
        foreach (var (name, value) in _values)
            part._values[name] = value;
        (part._values[Parameter.From.Name], part._values[Parameter.To.Name]) = (from, to);
        return part;
    }

    public int? Whole(Parameter parameter) => (int?)Value<double>(parameter);

    public double? Number(Parameter parameter) => Value<double>(parameter);

    public bool? Flag(Parameter parameter) => Value<bool>(parameter);

    public string? Text(Parameter parameter) => _values.GetValueOrDefault(parameter.Name) as string;

    /// <summary>The words or numbers that were named; null when the parameter is not there.</summary>
    public IReadOnlyList<string>? Words(Parameter parameter) => _values.GetValueOrDefault(parameter.Name) as string[];

    /// <inheritdoc cref="Words"/>
    public int[]? Ids(Parameter parameter) => _values.GetValueOrDefault(parameter.Name) as int[];

    public DateTimeOffset? Instant(Parameter parameter) => Value<DateTimeOffset>(parameter);

    T? Value<T>(Parameter parameter)
        where T : struct => _values.TryGetValue(parameter.Name, out var value) ? (T)value : null;

    object? Parse(Parameter parameter, StringValues texts)
    {
        var text = texts.ToString();
        switch (parameter.Type)
        {
            case ParameterType.Whole:
                return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) && IsWithin(parameter, whole)
                    ? (double)whole : null;
            case ParameterType.Number:
                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                    && IsWithin(parameter, number)
                    ? number : null;
            case ParameterType.Flag:
                return text switch { "true" or "1" => true, "false" or "0" => false, _ => null };
            case ParameterType.Word:
                return parameter.Values.Contains(text) ? text : null;
            case ParameterType.Words:
                var words = text.Split(',', StringSplitOptions.TrimEntries);
                return words.All(parameter.Values.Contains) ? words : null;
            case ParameterType.Ids:
                var ids = texts.Select(Id).ToArray();
                return ids.All(id => id is not null) ? ids.Select(id => id!.Value).ToArray() : null;
            case ParameterType.Instant:
                return ReadInstant(text, Zone);
            case ParameterType.Zone:
                return FindZone(text) is { } zone ? Zone = zone : null;
            default:
                return text.Length is > 0 and <= 1000 && !text.Contains('\0', StringComparison.Ordinal) ? text : null;
        }
    }

    static bool IsWithin(Parameter parameter, double number) => number >= parameter.Least && number <= parameter.Most;

    // A number that no row can have is not found, which is no mistake.
    static int? Id(string? text)
        => text is { Length: > 0 and < 19 } && text.All(char.IsAsciiDigit) ? long.Parse(text, CultureInfo.InvariantCulture)
            is var id and <= int.MaxValue ? (int)id : 0 : null;

    /// <summary>
    /// An instant, or a day, which is its first moment in the zone; null for anything else. A plus sign may have become a blank on the way.
    /// </summary>
    internal static DateTimeOffset? ReadInstant(string text, TimeZoneInfo zone)
    {
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            return FirstMoment(day.ToDateTime(TimeOnly.MinValue), zone);
        if (text.Length > 6 && text[^6] == ' ')
            text = $"{text[..^6]}+{text[^5..]}";
        return DateTimeOffset.TryParseExact(text, InstantFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant)
            && (text[^1] is 'Z' or 'z' || text[^6] is '+' or '-') ? instant.ToUniversalTime() : null;
    }

    // A local time that comes twice is the earlier one; one that is left out, the next there is (charts M2).
    static DateTimeOffset? FirstMoment(DateTime local, TimeZoneInfo zone)
    {
        if (local.Year is < 1970 or > 9000)
            return null;
        while (zone.IsInvalidTime(local))
            local = local.AddMinutes(15);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    static TimeZoneInfo? FindZone(string name)
        => name.Length is > 0 and < 64 && !name.Contains("..", StringComparison.Ordinal) && name[0] != '/'
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
            ? zone : null;

    static string Expected(Parameter parameter) => parameter.Type switch
    {
        ParameterType.Whole when parameter.Most < double.MaxValue => $"A whole number from {parameter.Least:0} to {parameter.Most:0} is needed.",
        ParameterType.Whole => "A whole number is needed.",
        ParameterType.Number => "A number is needed, with a point for decimals.",
        ParameterType.Flag => "true or false is needed.",
        ParameterType.Word => $"One of {string.Join(", ", parameter.Values)} is needed.",
        ParameterType.Words => $"Some of {string.Join(", ", parameter.Values)} are needed, with commas between them.",
        ParameterType.Ids => RowNumber.Needed,
        ParameterType.Instant => "A day like 2026-07-04 or a moment like 2026-07-04T08:00:00Z is needed.",
        ParameterType.Zone => "An IANA time zone like Europe/Berlin is needed.",
        _ => "A text of 1 to 1000 characters is needed.",
    };
}
