using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data.Answers;

/// <summary>What an answer comes as.</summary>
sealed record Format(string Suffix, string MediaType)
{
    public static readonly Format Json = new("json", "application/json");
    public static readonly Format Csv = new("csv", "text/csv");
    public static readonly Format Ndjson = new("ndjson", "application/x-ndjson");
    public static readonly Format GeoJson = new("geojson", "application/geo+json");
    public static readonly Format Gpx = new("gpx", "application/gpx+xml");
    public static readonly Format Calendar = new("ics", "text/calendar");
    public static readonly Format Events = new("events", "text/event-stream");

    /// <summary>The header of the answer.</summary>
    public string ContentType => this == Csv || this == Json || this == Calendar ? $"{MediaType}; charset=utf-8" : MediaType;

    /// <summary>What the client wants: by the end of the address, else by <c>Accept</c>; the first that is offered when it does not care.</summary>
    /// <exception cref="ProblemException">It wants nothing that is offered.</exception>
    public static Format Choose(HttpRequest request, string? suffix, params IReadOnlyList<Format> offered)
    {
        if (suffix is not null)
            return offered.FirstOrDefault(format => format.Suffix == suffix) ?? throw NotOffered(offered);
        if (request.Headers.Accept.Count == 0)
            return offered[0];
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var wanted))
            throw NotOffered(offered);
        foreach (var type in wanted.Where(type => type.Quality is not 0).OrderByDescending(type => type.Quality ?? 1).ThenBy(Width))
        {
            if (offered.FirstOrDefault(format => new MediaTypeHeaderValue(format.MediaType).IsSubsetOf(type)) is { } found)
                return found;
        }

        throw NotOffered(offered);
    }

    static int Width(MediaTypeHeaderValue type) => type.MatchesAllTypes ? 2 : type.MatchesAllSubTypes ? 1 : 0;

    static ProblemException NotOffered(IReadOnlyList<Format> offered)
        => new(ProblemKind.NotAcceptable, $"There is {string.Join(", ", offered.Select(format => $"{format.MediaType} (.{format.Suffix})"))}.");
}
