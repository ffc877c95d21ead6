using System.Globalization;
using System.Text.RegularExpressions;
using TeslaMate.Database.Schemas;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// <c>alter … type numeric(p, s)</c> of columns that were <c>double precision</c>, with the same result in a third of the time: the server's cast
/// goes through text. The file, and so its checksum, stays as it is.
/// </summary>
static partial class QuickCasts
{
    /// <summary>The statements of a version forward, with such casts replaced.</summary>
    public static string In(long version, string sql)
    {
        var doubles = ExpectedSchema.Recorded.ChangeOf(version).Gone
            .Where(fact => fact.Kind == "column" && fact.Column.Type == "double precision")
            .Select(fact => fact.Name).ToHashSet();
        if (doubles.Count == 0)
            return sql;
        var table = "";
        return TableOrCast.Replace(sql, match =>
        {
            if (match.Groups["table"] is { Success: true } named)
                table = named.Value;
            return match.Groups["column"] is { Success: true, Value: var column } && doubles.Contains($"public.{table}.{column}")
                ? $"{match.Value} using {Cast(column, int.Parse(match.Groups["p"].ValueSpan, CultureInfo.InvariantCulture),
                    int.Parse(match.Groups["s"].ValueSpan, CultureInfo.InvariantCulture))}"
                : match.Value;
        });
    }

    /// <summary>
    /// The cast rounds the value's 15 decimal digits, half away from zero. Below 10^p in units of the last place that text and the product here are
    /// both within a millionth of such a unit, so that only nearer than a thousandth to a tie could they round apart: there, and for what does not
    /// fit (NaN too), the server's own cast decides.
    /// </summary>
    static string Cast(string column, int p, int s) => string.Create(CultureInfo.InvariantCulture, $"""
        case when abs({column}) < 1e{p - s} and abs(abs({column} * 1e{s} - trunc({column} * 1e{s})) - 0.5) > 1e-3
            then round({column} * 1e{s})::bigint * 1e-{s} else {column}::numeric({p}, {s}) end
        """);

    [GeneratedRegex(@"\balter table (?<table>\w+)|\balter (?<column>\w+) type numeric\((?<p>\d+), (?<s>\d+)\)(?=\s*[,;])")]
    static partial Regex TableOrCast { get; }
}
