using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Rows;

namespace TeslaMate.Api.Data.Resources;

/// <summary>What a resource's rows can be had as, besides JSON, CSV and NDJSON.</summary>
[Flags]
enum MoreFormats
{
    None = 0,
    GeoJson = 1,
    Gpx = 2,
}

/// <summary>How a list is ordered and paged.</summary>
/// <param name="At">The moment that rows are ordered by; null for lists that are ordered by number alone, ascending.</param>
/// <param name="Id">What tells rows of the same moment apart; a <c>bigint</c> expression.</param>
sealed record RowKey(string? At, string Id);

/// <summary>
/// A resource of <c>/data/v1</c>: its members, what can be asked of it, and the query. Everything else (pages, formats, description) follows from
/// these.
/// </summary>
sealed record Listing
{
    /// <summary>What the rows are called in file names.</summary>
    public required string Name { get; init; }

    /// <summary>What a row is called in the OpenAPI document.</summary>
    public string Row { get; init; } = "";

    public required string Summary { get; init; }

    public required IReadOnlyList<Member> Members { get; init; }

    /// <summary>Besides those that every list has.</summary>
    public IReadOnlyList<Parameter> Parameters { get; init; } = [];

    /// <summary>How rows are ordered in <see cref="Rows"/>.</summary>
    public required RowKey Key { get; init; }

    /// <summary>All rows that were asked for: <c>from … where …</c>, without order and limit.</summary>
    public required Func<Ask, string> Rows { get; init; }

    /// <summary>
    /// For rows that measures complete: <c>from …</c> over the page's rows, which are called <c>page (id, car_id, at)</c>. Null where <see
    /// cref="Rows"/> has it all.
    /// </summary>
    public Func<Ask, string>? Measured { get; init; }

    /// <summary>The car of a row, where <see cref="Measured"/> needs it.</summary>
    public string? Car { get; init; }

    /// <summary>Whether JSON comes in pages also when no limit is asked for.</summary>
    public bool IsPaged { get; init; } = true;

    /// <summary>Whether rows that are not told how come with the newest first.</summary>
    public bool IsNewestFirst { get; init; } = true;

    public MoreFormats More { get; init; }

    /// <summary>The expressions of drive, latitude and longitude, where rows are points of a way; null elsewhere.</summary>
    public string? Point { get; init; }

    /// <summary>Which members are wanted.</summary>
    /// <exception cref="ProblemException">There is no such member.</exception>
    public IReadOnlyList<Member> Choose(Question question, params IReadOnlyList<string> groups)
    {
        var offered = Members.Where(member => member.Group is null || groups.Contains(member.Group)).ToList();
        if (question.Text(Parameter.Fields) is not { } text)
            return offered;
        var fields = text.Split(',', StringSplitOptions.TrimEntries);
        foreach (var field in fields.Where(field => !offered.Exists(member => member.IsIn(field))))
            throw ProblemException.Parameter(Parameter.Fields.Name, $"There is no member {field}.");
        return [.. offered.Where(member => fields.Any(member.IsIn))];
    }

    /// <summary>The query of a page, or of all rows when <paramref name="limit"/> is null. Its columns are the members, then the key.</summary>
    public string Query(Ask ask, IReadOnlyList<Member> members, bool isAscending, Cursor? after, int? limit)
    {
        // Whole numbers of all sizes are read alike.
        var columns = string.Join(",\n    ", members.Select(member => member.Type == MemberType.Whole ? $"({member.Sql})::bigint" : member.Sql));
        var (at, id) = Measured is null ? (Key.At, Key.Id) : ("page.at", "page.id");
        var key = $"{at ?? "null::timestamp"}, ({id})::bigint{(Point is null ? "" : $", {Point}")}";
        var some = limit is { } most ? $"\nlimit {ask.Sql.Add(most)}" : "";
        var page = $"{Rows(ask)}{After(ask, isAscending, after)}\norder by {Order(Key.At, Key.Id, isAscending)}{some}";
        return Measured is null
            ? $"select {columns},\n    {key}\n{page}"
            : $"""
            with page as materialized (
                select ({Key.Id})::bigint as id, {Car} as car_id, {Key.At} as at
                {page}),
            -- Measures are asked for once a car, over the time of the page.
            span as (select car_id, min(at) as since, max(at) + interval '1 microsecond' as until from page group by car_id)
            select {columns},
                {key}
            {Measured(ask)}
            order by {Order(at, id, isAscending)}
            """;
    }

    /// <summary>How many rows there are on all pages.</summary>
    public string Count(Ask ask) => $"select count(*) {Rows(ask)}";

    string After(Ask ask, bool isAscending, Cursor? after)
    {
        if (after is not { } cursor)
            return "";
        var sign = isAscending ? ">" : "<";
        if (Key.At is null)
            return $"\n    and ({Key.Id})::bigint > {ask.Sql.Add(cursor.Id)}";
        return cursor.At is null ? throw ProblemException.InvalidCursor()
            : $"\n    and ({Key.At}, ({Key.Id})::bigint) {sign} ({ask.Sql.Add(cursor.At)}, {ask.Sql.Add(cursor.Id)})";
    }

    static string Order(string? at, string id, bool isAscending)
        => at is null ? id : isAscending ? $"{at}, {id}" : $"{at} desc, {id} desc";
}

/// <summary>A question on its way to becoming a query.</summary>
/// <param name="Sql">Takes the values.</param>
/// <param name="Cars">The cars that may be seen; null for all.</param>
/// <param name="Row">The number in the address: a drive, a car ...; 0 where there is none.</param>
/// <param name="Only">The number of the only row that is wanted; null for a list.</param>
/// <param name="Now">The program's clock.</param>
sealed record Ask(Question Question, SqlText Sql, int[]? Cars, int Row, int? Only, DateTimeOffset Now)
{
    string? _now;

    /// <summary>Where <see cref="Now"/> stands in the statement.</summary>
    public string NowSql => _now ??= Sql.Add(Now);

    /// <summary>The condition that a car may be seen, and is one of those asked for.</summary>
    public string OfCars(string column)
    {
        var conditions = new List<string>();
        if (Cars is not null)
            conditions.Add($"{column} = any({Sql.Add(Cars)})");
        if (Question.Ids(Parameter.Cars) is { } wanted)
            conditions.Add($"{column} = any({Sql.Add(wanted)})");
        return conditions.Count == 0 ? "true" : string.Join(" and ", conditions);
    }

    /// <summary>The condition that a moment lies in the window.</summary>
    public string InWindow(string column)
    {
        var conditions = new List<string>();
        if (Question.From is { } from)
            conditions.Add($"{column} >= {Sql.Add(from)}");
        if (Question.To is { } to)
            conditions.Add($"{column} < {Sql.Add(to)}");
        return conditions.Count == 0 ? "true" : string.Join(" and ", conditions);
    }

    /// <summary>The window's borders as arguments of a measure.</summary>
    public string Window => $"{Sql.Add(Question.From)}, {Sql.Add(Question.To)}";

    /// <summary>The condition that only the row in the address is meant, where it is one.</summary>
    public string IsOnly(string column) => Only is { } row ? $"{column} = {Sql.Add(row)}" : "true";

    /// <summary>A condition for a parameter that is there; always true for one that is not.</summary>
    public static string When<T>(T? value, Func<T, string> condition)
        where T : struct => value is { } known ? condition(known) : "true";

    /// <inheritdoc cref="When{T}(T?, Func{T, string})"/>
    public static string When<T>(T? value, Func<T, string> condition)
        where T : class => value is { } known ? condition(known) : "true";
}
