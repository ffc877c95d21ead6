using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Tesla.Http;

namespace TeslaMate.Tesla.Accounts;

/// <summary>Where a pair of tokens is exchanged for the next one (spec tesla-api 7.2).</summary>
interface ITokenEndpoint
{
    /// <summary>Null: in fleet mode, where the bearer alone says who asks. The pair that was given is used up when this succeeds.</summary>
    Task<ApiAnswer<TokenGrant>> RefreshAsync(TokenPair? pair, CancellationToken cancellationToken);
}

sealed partial class TokenEndpoint(Transport transport, HttpSender sender, TeslaSettings settings, ILogger<TokenEndpoint> logger) : ITokenEndpoint
{
    // Tesla's are some 1 kB.
    const int LongestToken = 64 * 1024;
    static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(3650);

    readonly SendLimits _limits = new(settings.Limits.AuthReceive, settings.Limits.AuthReceive * 2, settings.Limits.AnswerBytes);

    public async Task<ApiAnswer<TokenGrant>> RefreshAsync(TokenPair? pair, CancellationToken cancellationToken)
    {
        if (pair is null && settings.AuthHost is null)
            return new ApiError.TokenRefresh("TESLA_AUTH_HOST must be set together with TOKEN");
        var body = Body(pair);
        var hop = new Hop(HttpMethod.Post, AccessToken.Read(pair?.Access.Reveal(), settings).TokenEndpoint(settings), Headers(), HasBody: true);
        for (var hops = 0; ; hops++)
        {
            using var request = Request(hop, body);
            switch (await sender.SendAsync(transport.Auth, request, _limits, Level, cancellationToken))
            {
                case ApiAnswer<RawResponse>.Failed(ApiError.Failed):
                    return new ApiError.TokenRefresh(null);
                case ApiAnswer<RawResponse>.Failed(var error):
                    return error;
                case ApiAnswer<RawResponse>.Ok(var reply):
                    using (reply)
                    {
                        if (Redirection.Next(hop, reply.Status, reply.Location, settings.AuthHost?.IdnHost) is not { } next)
                            return Read(reply, request, pair);
                        if (hops == Redirection.MostHops)
                            return new ApiError.TokenRefresh("too many redirects");
                        hop = next;
                        break;
                    }

                default:
                    throw new UnreachableException();
            }
        }
    }

    IReadOnlyList<(string Name, string Value)> Headers()
        => settings.FleetToken is { } bearer ? [("Authorization", $"Bearer {bearer.Reveal()}")] : [];

    byte[] Body(TokenPair? pair)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("grant_type", "refresh_token");
            json.WriteString("scope", "openid email offline_access");
            json.WriteString("client_id", settings.AuthClientId);
            json.WriteString("refresh_token", pair?.Refresh.Reveal());
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    static HttpRequestMessage Request(Hop hop, byte[] body)
    {
        var request = new HttpRequestMessage(hop.Method, hop.Address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = hop.HasBody ? new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } : null,
        };
        foreach (var (name, value) in hop.Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    ApiAnswer<TokenGrant> Read(RawResponse reply, HttpRequestMessage request, TokenPair? pair)
    {
        try
        {
            if (reply.Status != 200)
                return new ApiError.TokenRefresh(Detail(reply, pair));
            if (reply.Json is not { RootElement: { ValueKind: JsonValueKind.Object } root } || Token(root, "access_token") is not { } access
                || Token(root, "refresh_token") is not { } refresh || Lifetime(root) is not { } lifetime)
                return new ApiError.TokenRefresh("the answer holds no tokens");
            if (request.RequestUri!.Scheme == "https" && reply.Version.Major < 2)
                Log.OldProtocol(logger, reply.Version);
            return new ApiAnswer<TokenGrant>.Ok(new TokenGrant(new TokenPair(access, refresh), lifetime));
        }
        catch (InvalidOperationException)
        {
            // Texts that are no Unicode.
            return new ApiError.TokenRefresh("the answer holds no tokens");
        }
    }

    static Secret? Token(JsonElement root, string name)
        => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            && value.GetString()!.Trim() is { Length: > 0 and <= LongestToken } text
            ? new Secret(text)
            : null;

    static TimeSpan? Lifetime(JsonElement root)
    {
        if (!root.TryGetProperty("expires_in", out var value))
            return null;
        var seconds = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetDouble(),
            // As some proxies write it.
            JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            _ => double.NaN,
        };
        return seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, LongestLifetime.TotalSeconds)) : null;
    }

    string? Detail(RawResponse reply, TokenPair? pair)
    {
        var text = reply.Json is { RootElement: { ValueKind: JsonValueKind.Object } root }
            ? Text(root, "error", "message") ?? Text(root, "error_description") ?? reply.Error
            : reply.Text.Contains('<', StringComparison.Ordinal) ? null : reply.Text;
        return text is null ? null : Redaction.Detail(text, pair?.Access, pair?.Refresh, settings.FleetToken) is { Length: > 0 } detail
            ? detail : null;
    }

    static string? Text(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
                return null;
        }

        return element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } text ? text : null;
    }

    static LogLevel Level(int status) => status >= 400 ? LogLevel.Error : LogLevel.Information;

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning,
            Message = "The tokens came over HTTP/{Version}. Tesla's Owner API may refuse tokens that were not asked for over HTTP/2; does a proxy "
                + "stand in between?")]
        public static partial void OldProtocol(ILogger logger, Version version);
    }
}
