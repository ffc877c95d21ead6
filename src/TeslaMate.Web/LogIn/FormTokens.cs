using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// Protection of changes against other sites: each browser has a random cookie, each form the cookie's keyed hash (a signed double-submit cookie), bound to the
/// session where there is one. A request that its browser or its <c>Origin</c> marks as another site's is refused before the token is looked at.
/// </summary>
sealed class FormTokens(WebSettings settings)
{
    public const string Field = "_csrf_token";
    public const string Header = "X-CSRF-Token";

    const string Cookie = "_teslamate_csrf";

    readonly byte[] _key = settings.SecretKeyBase is { } secret
        ? HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret.Reveal()), 32, info: "form tokens"u8.ToArray())
        : RandomNumberGenerator.GetBytes(32);

    /// <summary>The token for the forms of the page under way.</summary>
    public string Issue(HttpContext http)
    {
        if (BrowserId(http) is { } known)
            return Token(http, known);
        var browser = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        http.Response.Cookies.Append(Cookie, browser, new() { HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = http.Request.IsHttps, Path = "/" });
        return Token(http, browser);
    }

    /// <summary>Whether a change was sent by a page of ours.</summary>
    public async Task<bool> IsOwnAsync(HttpContext http)
    {
        if (IsFromElsewhere(http) || BrowserId(http) is not { } browser)
            return false;
        var sent = http.Request.Headers[Header].ToString();
        if (sent.Length == 0 && http.Request.HasFormContentType)
            sent = (await http.Request.ReadFormAsync(http.RequestAborted))[Field].ToString();
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(sent), Encoding.ASCII.GetBytes(Token(http, browser)));
    }

    /// <summary>Whether the browser says that another site made this request.</summary>
    public static bool IsFromElsewhere(HttpContext http)
    {
        if (http.Request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site)
            return site is not ("same-origin" or "none");
        // Browsers leave that header out on plain http, but always name the origin of a POST.
        return http.Request.Headers.Origin.ToString() is { Length: > 0 } origin
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var address) && string.Equals(address.Authority, Authority(http.Request, address), StringComparison.OrdinalIgnoreCase));
    }

    // A default port is spelled out by some and left out by others.
    static string Authority(HttpRequest request, Uri origin)
        => Uri.TryCreate($"{origin.Scheme}://{request.Host.Value}", UriKind.Absolute, out var host) ? host.Authority : "";

    string Token(HttpContext http, string browser)
    {
        var session = Visitor.Of(http) is Visitor.Session { Id: var id } ? Convert.ToHexString(id) : "";
        return Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{browser}|{session}")));
    }

    static string? BrowserId(HttpContext http) => http.Request.Cookies[Cookie] is { Length: 43 } id ? id : null;
}
