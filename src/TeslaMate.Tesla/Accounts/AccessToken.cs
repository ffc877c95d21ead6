using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using TeslaMate.Tesla.Http;

namespace TeslaMate.Tesla.Accounts;

/// <summary>Where a token comes from and is good for. Global and all others that are not Chinese are treated alike.</summary>
enum Region
{
    Global,
    China,
}

/// <summary>What can be read from an access token without trusting it (spec tesla-api 2): nothing of this is verified.</summary>
/// <param name="Issuer">Address of the issuer, to which <c>/token</c> is appended.</param>
/// <param name="IssuedAt">Claim <c>iat</c>.</param>
/// <param name="ExpiresAt">Claim <c>exp</c>.</param>
/// <param name="Subject">Claim <c>sub</c>: the account.</param>
sealed record AccessToken(string Issuer, DateTimeOffset? IssuedAt, DateTimeOffset? ExpiresAt, string? Subject)
{
    const string DefaultIssuer = "https://auth.tesla.com/oauth2/v3";
    const string DefaultPath = "/oauth2/v3";

    // A token of Tesla has some 1 kB; nobody needs to decode a megabyte to learn a host.
    const int LongestPayload = 64 * 1024;

    public Region Region
        => Uri.TryCreate(Issuer, UriKind.Absolute, out var address) && address.Host.EndsWith(".cn", StringComparison.OrdinalIgnoreCase)
            ? Region.China
            : Region.Global;

    public static AccessToken Read(string? token, TeslaSettings settings)
    {
        if (token is null)
            return new(DefaultIssuer, null, null, null);
        if (token.StartsWith("qts-", StringComparison.Ordinal) || token.StartsWith("eu-", StringComparison.Ordinal)
            || token.StartsWith("cn-", StringComparison.Ordinal))
            return new(Prefix(settings.AuthHost ?? new Uri("https://auth.tesla.com")) + (settings.AuthPath ?? DefaultPath), null, null, null);
        return token.Split('.', 4) is [_, var payload, _] && Payload(payload) is { } read ? read : new(DefaultIssuer, null, null, null);
    }

    /// <summary>The token endpoint of spec tesla-api 2.3: a host that is set counts without a path, unless that is set as well.</summary>
    public Uri TokenEndpoint(TeslaSettings settings)
    {
        var prefix = settings.AuthHost is { } host ? Prefix(host) + settings.AuthPath : Issuer;
        // Nobody has checked the token's signature: it may not say where tokens are sent.
        return Uri.TryCreate(prefix + "/token", UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            && TeslaHosts.IsTrusted(address, settings.AuthHost?.IdnHost)
            ? address
            : new Uri(DefaultIssuer + "/token");
    }

    /// <summary>Never shows claims: they are personal.</summary>
    public override string ToString() => $"a token of region {Region}";

    static string Prefix(Uri host) => host.AbsoluteUri.TrimEnd('/');

    static AccessToken? Payload(string base64)
    {
        try
        {
            // The reference knows the standard alphabet only; tokens are written in that of URLs.
            var text = base64.Replace('+', '-').Replace('/', '_').TrimEnd('=');
            if (text.Length > LongestPayload || !Base64Url.IsValid(text))
                return null;
            using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(text));
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return null;
            return new AccessToken(
                Claim(root, "iss") is { Length: > 0 } issuer ? issuer.TrimEnd('/') : DefaultIssuer, Date(root, "iat"), Date(root, "exp"),
                Claim(root, "sub"));
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or DecoderFallbackException)
        {
            return null;
        }
    }

    static string? Claim(JsonElement root, string name)
        => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    static DateTimeOffset? Date(JsonElement root, string name)
        => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds)
            && seconds is > 0 and < 100_000_000_000
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : null;
}
