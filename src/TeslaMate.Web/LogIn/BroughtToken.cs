using System.Text;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.LogIn;

/// <summary>What a request brings to be known by, the first way of those in spec api 1.2 that is there.</summary>
/// <param name="Text">The token; null where the way is there but holds none.</param>
/// <param name="Problem">What is said when it opens nothing.</param>
sealed record BroughtToken(string? Text, string Problem)
{
    const string BearerHeader = "header authorization bearer token";

    const int Longest = 1000;

    /// <summary>Null when nothing is brought, which is no guess.</summary>
    /// <param name="request">The request.</param>
    /// <param name="header">A header of the owner's choice that holds a bare token; null for none.</param>
    /// <param name="isOurs">Whether a password of <c>Authorization: Basic</c> is meant for us; else a proxy on the way asked for it.</param>
    public static BroughtToken? Of(HttpRequest request, string? header, Func<string, bool> isOurs)
    {
        var authorization = request.Headers.Authorization;
        if (authorization.Count > 1)
            return new(null, $"{BearerHeader} is not proper formatted");
        if (authorization.ToString().Trim() is { Length: > 0 } value)
        {
            var (scheme, rest) = value.Split(' ', 2) is [var first, var second] ? (first, second.Trim()) : (value, "");
            if (scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            {
                if (PasswordOf(rest) is { } password && isOurs(password))
                    return new(password, "header token invalid");
            }
            else if (!scheme.Equals(Schemes.Bearer, StringComparison.OrdinalIgnoreCase))
                return new(null, $"{BearerHeader} is not proper formatted");
            else
                return rest.Length switch
                {
                    0 => new(null, $"{BearerHeader} is empty"),
                    > Longest => new(null, $"{BearerHeader} is not proper formatted"),
                    _ => new(rest, $"{BearerHeader} invalid"),
                };
        }

        if (header is not null && request.Headers[header].ToString() is { Length: > 0 and <= Longest } bare)
            return new(bare, "header token invalid");
        // An address is written down in many places, so only apps that know no other way may bring one there.
        return request.HttpContext.GetEndpoint()?.Metadata.GetMetadata<TokenInQuery>() is not null
            && request.Query["token"].ToString() is { Length: > 0 and <= Longest } queried
            ? new(queried, "param token invalid")
            : null;
    }

    static string? PasswordOf(string credentials)
    {
        var bytes = new byte[credentials.Length];
        return Convert.TryFromBase64String(credentials, bytes, out var length)
            && Encoding.UTF8.GetString(bytes.AsSpan(0, length)).Split(':', 2) is [_, { Length: > 0 and <= Longest } password]
            ? password
            : null;
    }
}

/// <summary>Marks endpoints that take a token from <c>?token=</c> as well.</summary>
public sealed record TokenInQuery;
