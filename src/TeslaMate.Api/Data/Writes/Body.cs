using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data.Writes;

/// <summary>The members of a request's body, read and found to be in order.</summary>
sealed class Body
{
    /// <summary>Five hundred numbers of rows, or twenty tags, are far less.</summary>
    public const int MostBytes = 64 * 1024;

    /// <summary>What a text may be at most; columns and rules ask for less.</summary>
    const int LongestText = 1000;

    static readonly JsonDocumentOptions Strict = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    /// <summary>Of a request that says everything by its address.</summary>
    public static readonly Body None = new();

    readonly Dictionary<string, object?> _values = [];

    Body()
    {
    }

    /// <summary>Reads a request's body.</summary>
    /// <param name="known">What may be in it.</param>
    /// <exception cref="ProblemException">It is no JSON, or some of it cannot be used; all that is wrong is named at once.</exception>
    public static async Task<Body> ReadAsync(HttpContext http, IReadOnlyList<BodyMember> known)
    {
        if (!http.Request.HasJsonContentType())
            throw new ProblemException(ProblemKind.Of(StatusCodes.Status415UnsupportedMediaType), "Send JSON, with Content-Type: application/json.");
        try
        {
            using var document = await JsonDocument.ParseAsync(http.Request.Body, Strict, http.RequestAborted);
            return new Body(document.RootElement, known);
        }
        catch (JsonException exception)
        {
            throw new ProblemException(
                ProblemKind.InvalidParameter, string.Create(CultureInfo.InvariantCulture,
                    $"The body is no JSON: see line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}."),
                new ParameterProblem(null, "JSON is needed.", ""));
        }
    }

    Body(JsonElement root, IReadOnlyList<BodyMember> known)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new ProblemException(
                ProblemKind.InvalidParameter, "The body has to be a JSON object.", new ParameterProblem(null, "An object is needed.", ""));
        }

        var problems = new List<ParameterProblem>();
        var all = string.Join(", ", known.Select(one => one.Name));
        foreach (var member in root.EnumerateObject())
        {
            if (known.FirstOrDefault(one => one.Name == member.Name) is not { } described)
                problems.Add(new(null, $"There is no such member here. There are {all}.", Pointer(member.Name)));
            else if (member.Value.ValueKind == JsonValueKind.Null && described.CanBeNull)
                _values[described.Name] = null;
            else if (Parse(described, member.Value) is { } value)
                _values[described.Name] = value;
            else
                problems.Add(new(null, Expected(described), Pointer(described.Name)));
        }

        problems.AddRange(known.Where(one => one.IsRequired && !root.TryGetProperty(one.Name, out _))
            .Select(one => new ParameterProblem(null, "It is missing.", Pointer(one.Name))));
        if (problems.Count > 0)
        {
            throw new ProblemException(
                ProblemKind.InvalidParameter, string.Join(" ", problems.Select(problem => $"{problem.Member}: {problem.Message}")), problems);
        }
    }

    public bool Has(BodyMember member) => _values.ContainsKey(member.Name);

    /// <summary>Null when it is null or not there.</summary>
    public int? Id(BodyMember member) => _values.GetValueOrDefault(member.Name) as int?;

    /// <inheritdoc cref="Id"/>
    public decimal? Number(BodyMember member) => _values.GetValueOrDefault(member.Name) as decimal?;

    /// <inheritdoc cref="Id"/>
    public bool? Flag(BodyMember member) => _values.GetValueOrDefault(member.Name) as bool?;

    /// <inheritdoc cref="Id"/>
    public string? Text(BodyMember member) => _values.GetValueOrDefault(member.Name) as string;

    /// <inheritdoc cref="Id"/>
    public DateTimeOffset? Instant(BodyMember member) => _values.GetValueOrDefault(member.Name) as DateTimeOffset?;

    /// <summary>Empty when it is not there.</summary>
    public IReadOnlyList<int> Ids(BodyMember member) => _values.GetValueOrDefault(member.Name) as int[] ?? [];

    /// <inheritdoc cref="Ids"/>
    public IReadOnlyList<string> Texts(BodyMember member) => _values.GetValueOrDefault(member.Name) as string[] ?? [];

    static object? Parse(BodyMember member, JsonElement value) => member.Type switch
    {
        BodyType.Id => Number(value),
        BodyType.Ids => All(value, Number) is { } numbers ? numbers.Select(number => number!.Value).ToArray() : null,
        BodyType.Number => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) ? number : null,
        BodyType.Text => Short(value),
        BodyType.Flag => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null,
        BodyType.Texts => All(value, Short) is { } texts ? texts.Select(text => text!).ToArray() : null,
        BodyType.Word => Short(value) is { } word && member.Values.Contains(word) ? word : null,
        _ => Short(value) is { Length: > 10 } text && Question.ReadInstant(text, TimeZoneInfo.Utc) is { } instant ? instant : null,
    };

    static List<T>? All<T>(JsonElement value, Func<JsonElement, T> parse)
        => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().Select(parse).ToList() is var parsed
            && parsed.TrueForAll(one => one is not null) ? parsed : null;

    static int? Number(JsonElement value)
        => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number > 0 ? number : null;

    static string? Short(JsonElement value)
        => value.ValueKind == JsonValueKind.String && value.GetString() is { Length: <= LongestText } text
            && !text.Contains('\0', StringComparison.Ordinal) ? text : null;

    static string Expected(BodyMember member) => (member.Type switch
    {
        BodyType.Id => "The number of a row is needed",
        BodyType.Ids => "A list of numbers of rows is needed",
        BodyType.Number => "A number is needed",
        BodyType.Texts => "A list of texts is needed",
        BodyType.Flag => "true or false is needed",
        BodyType.Word => $"One of {string.Join(", ", member.Values)} is needed",
        BodyType.Instant => "A moment like 2026-07-04T08:00:00Z is needed",
        _ => "A text of at most 1000 characters is needed",
    }) + (member.CanBeNull ? ", or null." : ".");

    // RFC 6901.
    static string Pointer(string name) => "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
