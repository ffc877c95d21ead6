using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using TeslaMate.Configuration;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Addresses;

/// <summary>
/// Asks Nominatim, as politely as its terms demand: one question a second at most for the whole program, a name in every request, and answers kept,
/// since a car parks, charges and departs at one and the same point.
/// </summary>
sealed partial class Geocoder : IDisposable
{
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    static readonly TimeSpan KeepFor = TimeSpan.FromHours(24);

    const int KeepMost = 10_000;

    /// <summary>An answer is some kilobytes; anything near this is not one.</summary>
    const int LongestAnswer = 4 * 1024 * 1024;

    readonly LogbookSettings _settings;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly HttpClient _http;
    readonly RateLimiter _rateLimiter;
    volatile CircuitBreaker _breaker = new(Tolerance: 5, Window: TimeSpan.FromMinutes(3), Reset: TimeSpan.FromMinutes(15));
    readonly ConcurrentDictionary<(string Language, double Latitude, double Longitude), (GeocoderAnswer Answer, DateTimeOffset Until)> _known = new();

    public Geocoder(LogbookSettings settings, TimeProvider time, ILogger<Geocoder> logger)
    {
        (_settings, _time, _logger) = (settings, time, logger);
        _rateLimiter = new(settings.GeocoderPause, time);
        var proxy = Proxy(settings.NominatimProxy);
        _http = new(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = 3,
            Proxy = proxy,
            UseProxy = proxy is not null,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = LongestAnswer,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("TeslaMate", typeof(Geocoder).Assembly.GetName().Version?.ToString(3)));
    }

    /// <summary>Whether it failed so often that it is left alone for a while; every question is then answered by a failure, at once.</summary>
    public bool IsResting => _breaker.IsOpen(_time.GetUtcNow());

    /// <summary>The address of a point.</summary>
    public async Task<GeocoderAnswer> ReverseAsync(double latitude, double longitude, string language, CancellationToken cancellationToken)
    {
        // A position that somebody wrote by hand may hold anything, also no number.
        if (!(Math.Abs(latitude) <= 90 && Math.Abs(longitude) <= 180))
            return new GeocoderAnswer.NotThere("it is no place on earth");
        var key = (language, latitude, longitude);
        if (_known.TryGetValue(key, out var known) && known.Until > _time.GetUtcNow())
            return known.Answer;
        var path = string.Create(CultureInfo.InvariantCulture,
            $"/reverse?format=jsonv2&addressdetails=1&extratags=1&namedetails=1&zoom=19&lat={(decimal)latitude}&lon={(decimal)longitude}");
        var answer = await AskAsync(path, language, ReadReverse, cancellationToken);
        if (answer is not GeocoderAnswer.Failed)
        {
            if (_known.Count >= KeepMost)
                _known.Clear();
            _known[key] = (answer, _time.GetUtcNow() + KeepFor);
        }

        return answer;
    }

    /// <summary>The addresses of up to 50 things by their OpenStreetMap numbers, such as <c>N5983038298</c>; some may be missing.</summary>
    public Task<GeocoderAnswer> LookUpAsync(IEnumerable<string> osmIds, string language, CancellationToken cancellationToken)
        => AskAsync(
            $"/lookup?osm_ids={string.Join(',', osmIds)}&format=jsonv2&addressdetails=1&extratags=1&namedetails=1&zoom=19", language, ReadLookup,
            cancellationToken);

    public void Dispose()
    {
        _http.Dispose();
        _rateLimiter.Dispose();
    }

    async Task<GeocoderAnswer> AskAsync(string path, string language, Func<JsonElement, GeocoderAnswer> read, CancellationToken cancellationToken)
    {
        if (_breaker.IsOpen(_time.GetUtcNow()))
            return new GeocoderAnswer.Failed("the geocoder rests after repeated failures");
        await _rateLimiter.WaitAsync(cancellationToken);
        using var timeout = new CancellationTokenSource(Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        GeocoderAnswer answer;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, _settings.NominatimUrl.AbsoluteUri.TrimEnd('/') + path);
            // ja_kana is a language here, but no valid header value for .NET's parser.
            request.Headers.TryAddWithoutValidation("Accept-Language", language);
            using var response = await _http.SendAsync(request, either.Token);
            var body = await response.Content.ReadAsByteArrayAsync(either.Token);
            answer = Read(response.StatusCode, body, read);
            // The address asked for is a place somebody was at: it stays out of the log.
            if (response.IsSuccessStatusCode)
                Log.Answered(_logger, (int)response.StatusCode);
            else
                Log.AnsweredBadly(_logger, (int)response.StatusCode);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            answer = new GeocoderAnswer.Failed("timeout");
        }
        catch (HttpRequestException exception)
        {
            answer = new GeocoderAnswer.Failed(exception.Message);
        }

        if (answer is GeocoderAnswer.Failed(var reason))
        {
            Log.Failed(_logger, reason);
            _breaker = _breaker.RecordFailure(_time.GetUtcNow());
        }

        return answer;
    }

    static GeocoderAnswer Read(HttpStatusCode status, byte[] body, Func<JsonElement, GeocoderAnswer> read)
    {
        JsonDocument json;
        try
        {
            // JSON allows what neither the framework nor jsonb can read as text; an answer is not worth less for it.
            json = JsonDocument.Parse(Column.StorableJson(Encoding.UTF8.GetString(body).TrimStart('\uFEFF')));
        }
        catch (JsonException)
        {
            return new GeocoderAnswer.Failed(status == HttpStatusCode.OK ? "the answer is not JSON" : $"Unexpected response (HTTP {(int)status})");
        }

        using (json)
        {
            if (status == HttpStatusCode.OK)
                return read(json.RootElement);
            return new GeocoderAnswer.Failed(ErrorOf(json.RootElement) ?? $"Unexpected response (HTTP {(int)status})");
        }
    }

    static GeocoderAnswer ReadReverse(JsonElement json)
    {
        if (ErrorOf(json) is { } error)
            return error == "Unable to geocode"
                ? new GeocoderAnswer.Found([AddressParser.Unknown(json.GetRawText())]) : new GeocoderAnswer.NotThere(error);
        return AddressParser.Parse(json) is { } address
            ? new GeocoderAnswer.Found([address])
            : new GeocoderAnswer.NotThere("the answer lacks what an address needs");
    }

    static GeocoderAnswer ReadLookup(JsonElement json) => json.ValueKind == JsonValueKind.Array
        ? new GeocoderAnswer.Found([.. json.EnumerateArray().Select(AddressParser.Parse).OfType<Address>()])
        : new GeocoderAnswer.Failed(ErrorOf(json) ?? "the answer is no list");

    static string? ErrorOf(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("error", out var error))
            return null;
        // {"error": {"code": 400, "message": "..."}} is its form for bad requests.
        return error.ValueKind == JsonValueKind.Object ? AddressParser.Text(error, "message") ?? error.GetRawText() : error.ToString();
    }

    WebProxy? Proxy(string? given)
    {
        if (string.IsNullOrEmpty(given))
        {
            Log.NoProxy(_logger);
            return null;
        }

        var colon = given.IndexOf("://", StringComparison.Ordinal);
        if (colon < 0 || given[..colon] != "http")
        {
            Log.BadProxy(_logger, $"unsupported scheme={(colon < 0 ? "" : given[..colon])} (only http)");
            return null;
        }

        if (!Uri.TryCreate(given, UriKind.Absolute, out var address) || address.Host.Length == 0)
        {
            Log.BadProxy(_logger, given[(colon + 3)..] is "" or [':', ..] ? "invalid URI: missing host" : "invalid URI: missing/invalid port");
            return null;
        }

        // The address may hold a password.
        Log.ProxyRead(_logger, address.Host, address.Port);
        return new WebProxy(address);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "The geocoder answered with HTTP {Status}")]
        public static partial void Answered(ILogger logger, int status);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The geocoder answered with HTTP {Status}")]
        public static partial void AnsweredBadly(ILogger logger, int status);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Address not found: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Information, Message = "[proxy] read NOMINATIM_PROXY, set http proxy host={Host} port={Port}")]
        public static partial void ProxyRead(ILogger logger, string host, int port);

        [LoggerMessage(Level = LogLevel.Information, Message = "[proxy] NOMINATIM_PROXY unset -> fallback: no proxy")]
        public static partial void NoProxy(ILogger logger);

        [LoggerMessage(Level = LogLevel.Warning, Message = "[proxy] NOMINATIM_PROXY: {Problem}. fallback: no proxy")]
        public static partial void BadProxy(ILogger logger, string problem);
    }
}
