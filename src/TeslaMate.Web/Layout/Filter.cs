using System.Globalization;
using Microsoft.AspNetCore.Http;
using Npgsql;
using TeslaMate.Database;
using TeslaMate.Web.Forms;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.Layout;

/// <summary>Which rows a list of drives or charges shows, as its form sends it. What cannot be understood counts as not said.</summary>
public sealed record Filter
{
    /// <summary>Rows a page.</summary>
    public const int PageSize = 50;

    public short? Car { get; init; }

    /// <summary>First and last day, in <see cref="Zone"/>.</summary>
    public DateOnly? From { get; init; }

    /// <inheritdoc cref="From"/>
    public DateOnly? To { get; init; }

    /// <summary>The browser's time zone; UTC when it did not say.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Part of the name of a place.</summary>
    public string? Place { get; init; }

    /// <summary>In the owner's unit; drives only.</summary>
    public double? LeastDistance { get; init; }

    /// <summary>From 1.</summary>
    public int Page { get; init; } = 1;

    public bool IsEmpty => this == new Filter { Zone = Zone, Page = Page };

    /// <summary>The first moment of the period, UTC.</summary>
    public DateTimeOffset? Start => From is { } day ? Midnight(day) : null;

    /// <summary>The first moment after the period, UTC.</summary>
    public DateTimeOffset? End => To is { } day && day < DateOnly.MaxValue ? Midnight(day.AddDays(1)) : null;

    public static ValueTask<Filter?> BindAsync(HttpContext http)
    {
        var query = new FormReader(http.Request.Query);
        return ValueTask.FromResult<Filter?>(new Filter
        {
            Car = RowNumber.TryParse(query.Text("car"), null, out var car) && car.Short > 0 ? car.Short : null,
            From = query.Day("from"),
            To = query.Day("to"),
            Zone = TimeZoneInfo.TryFindSystemTimeZoneById(query.Text("time_zone") is { Length: > 0 and < 64 } zone
                && !zone.Contains("..", StringComparison.Ordinal) ? zone : "UTC", out var known)
                ? known
                : TimeZoneInfo.Utc,
            Place = query.Trimmed("place") is { Length: > 0 and <= 200 } place && !place.Contains('\0') ? place : null,
            LeastDistance = query.Number("distance") is > 0 and < 1e6m and var distance ? (double)distance : null,
            Page = query.Whole("page", least: 1, most: 999_999) ?? 1,
        });
    }

    /// <summary>The query of the same list at another page.</summary>
    public string Query(int page)
    {
        var query = new List<KeyValuePair<string, string?>>();
        if (Car is { } car)
            query.Add(new("car", car.ToString(CultureInfo.InvariantCulture)));
        if (From is { } from)
            query.Add(new("from", Text(from)));
        if (To is { } to)
            query.Add(new("to", Text(to)));
        if (Place is not null)
            query.Add(new("place", Place));
        if (LeastDistance is { } distance)
            query.Add(new("distance", distance.ToString(CultureInfo.InvariantCulture)));
        if (Zone != TimeZoneInfo.Utc)
            query.Add(new("time_zone", Zone.Id));
        query.Add(new("page", page.ToString(CultureInfo.InvariantCulture)));
        return QueryString.Create(query).Value ?? "";
    }

    /// <summary>The same rows as a file of <c>/data/v1</c>, for a spreadsheet: without pages, with a byte order mark.</summary>
    /// <param name="path">Below <c>/data/v1</c>, with the format at its end.</param>
    internal string File(string path, Units units)
    {
        var query = new List<KeyValuePair<string, string?>>();
        if (path.EndsWith(".csv", StringComparison.Ordinal))
            query.Add(new("bom", "1"));
        if (Car is { } car)
            query.Add(new("car", car.ToString(CultureInfo.InvariantCulture)));
        if (From is { } from)
            query.Add(new("from", Text(from)));
        // There the end is the first moment that does not belong.
        if (To is { } to && to < DateOnly.MaxValue)
            query.Add(new("to", Text(to.AddDays(1))));
        if (Place is not null)
            query.Add(new("place", Place));
        if (LeastDistance is { } distance)
            query.Add(new("min_distance_km", units.Km(distance).ToString(CultureInfo.InvariantCulture)));
        if (Zone != TimeZoneInfo.Utc)
            query.Add(new("tz", Zone.Id));
        return $"/data/v1/{path}{QueryString.Create(query)}";
    }

    public static string? Text(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A place as a pattern for <c>ilike</c>.</summary>
    internal string? PlacePattern => Place is null ? null : LikePattern.Containing(Place);

    /// <summary>The condition on a table of drives or charging processes for the first three parameters of <see cref="AddTo"/>.</summary>
    internal static string Sql(string table) => $"""
        ($1::smallint is null or {table}.car_id = $1)
          and ($2::timestamp is null or {table}.start_date >= $2)
          and ($3::timestamp is null or {table}.start_date < $3)
        """;

    /// <summary>Car, first moment, end and pattern of the place, as <c>$1</c> to <c>$4</c>.</summary>
    internal void AddTo(NpgsqlParameterCollection parameters)
    {
        parameters.Add(Value.Of(Car));
        parameters.Add(Value.Of(Start));
        parameters.Add(Value.Of(End));
        parameters.Add(Value.Of(PlacePattern));
    }

    DateTimeOffset Midnight(DateOnly day)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        // A day on which the clock is put back to midnight has two.
        var offset = Zone.IsAmbiguousTime(midnight) ? Zone.GetAmbiguousTimeOffsets(midnight).Max() : Zone.GetUtcOffset(midnight);
        return new DateTimeOffset(midnight, offset).ToUniversalTime();
    }
}
