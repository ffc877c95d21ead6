using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Api.Companion;

/// <summary>
/// What an app asks for (spec api 1.3). What cannot be understood is answered as the container does: a page that is no number is the first one.
/// </summary>
/// <param name="CarNumber">As in the path; 0 for what is no number.</param>
/// <param name="Car">The car that is looked for; 0, which no car has, for one that this program's token is not for.</param>
/// <param name="Row">The number of a drive or charge; 0 for what is no number.</param>
sealed record CompanionRequest(long CarNumber, short Car, int Row)
{
    const int DefaultRows = 100;

    /// <summary>Rows of a list; 0 for none.</summary>
    public long Show { get; private init; }

    /// <summary>Rows before the first.</summary>
    public long Offset { get; private init; }

    DateTimeOffset? Start { get; init; }

    DateTimeOffset? End { get; init; }

    string? Location { get; init; }

    double? LeastDistance { get; init; }

    double? MostDistance { get; init; }

    /// <exception cref="InvalidDateException">A date cannot be understood.</exception>
    public static CompanionRequest Of(HttpContext http, TimeZoneInfo zone)
    {
        var query = http.Request.Query;
        var car = Number(http.GetRouteValue("car"));
        var show = query.TryGetValue("show", out var shown) ? Math.Max(Number(shown.ToString()), 0) : DefaultRows;
        var before = Math.Max(Number(query["page"].ToString()), 1) - 1;
        var isVisible = car is > 0 and <= short.MaxValue && http.User.MaySee(new CarId((short)car));
        var row = Number(http.GetRouteValue("row"));
        return new CompanionRequest(car, isVisible ? (short)car : (short)0, row is > 0 and <= int.MaxValue ? (int)row : 0)
        {
            Show = show,
            Offset = show == 0 ? 0 : before > long.MaxValue / show ? long.MaxValue : before * show,
            Start = Date(query["startDate"], zone, isEnd: false),
            End = Date(query["endDate"], zone, isEnd: true),
            Location = query["location"].ToString() is { Length: > 0 } location ? location : null,
            LeastDistance = Distance(query["minDistance"]),
            MostDistance = Distance(query["maxDistance"]),
        };
    }

    /// <summary>Car, limit, offset, start, end and the pattern of a place, as <c>$1</c> to <c>$6</c>.</summary>
    public void AddListTo(NpgsqlParameterCollection parameters)
    {
        parameters.Add(Value.Of(Car));
        parameters.Add(Value.Of(Show));
        parameters.Add(Value.Of(Offset));
        parameters.Add(Value.Of(Start));
        parameters.Add(Value.Of(End));
        parameters.Add(Value.Of(Pattern));
    }

    /// <summary>Car and row, as <c>$1</c> and <c>$2</c>.</summary>
    public void AddRowTo(NpgsqlParameterCollection parameters)
    {
        parameters.Add(Value.Of(Car));
        parameters.Add(Value.Of(Row));
    }

    /// <summary>The least and the most distance in the owner's unit, as the next two.</summary>
    public void AddDistancesTo(NpgsqlParameterCollection parameters)
    {
        foreach (var distance in (double?[])[LeastDistance, MostDistance])
            parameters.Add(Value.Of(distance));
    }

    string? Pattern => Location is null ? null : LikePattern.Containing(Location);

    static long Number(object? text)
        => long.TryParse(text as string, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;

    static double? Distance(string? text)
        => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var distance) && distance is > 0 and < double.PositiveInfinity
            ? distance : null;

    static DateTimeOffset? Date(string? text, TimeZoneInfo zone, bool isEnd)
        => string.IsNullOrEmpty(text) ? null : LocalDate.TryParse(text, zone, isEnd, out var instant) ? instant : throw new InvalidDateException();
}

/// <summary>A date of the query cannot be understood.</summary>
sealed class InvalidDateException : Exception;
