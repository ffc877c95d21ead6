using System.Security.Claims;

namespace TeslaMate.Web.LogIn;

/// <summary>The identities that the schemes give out. Their subject also binds the tokens of forms.</summary>
static class Identities
{
    const string SubjectClaim = "sub";

    /// <summary>The owner, known by a scheme.</summary>
    /// <param name="subject">Differs for every session and person.</param>
    /// <param name="name">What the owner is called where sessions are listed; never shown to others.</param>
    public static ClaimsPrincipal Owner(string scheme, string subject, string name)
        => new(new ClaimsIdentity([new(SubjectClaim, subject), new(ClaimTypes.Name, name), new(Scopes.ClaimType, Scopes.Owner)], scheme));

    /// <summary>A program, known by its token.</summary>
    public static ClaimsPrincipal Program(string subject, params IEnumerable<string> scopes)
        => new(new ClaimsIdentity([new(SubjectClaim, subject), .. scopes.Select(scope => new Claim(Scopes.ClaimType, scope))], Schemes.Bearer));

    /// <summary>Whether somebody may see more than the log-in page.</summary>
    public static bool IsOwner(this ClaimsPrincipal user) => user.Has(Scopes.Owner);

    /// <summary>By which scheme the first of the identities is known.</summary>
    public static string? Scheme(this ClaimsPrincipal user) => user.Identity is { IsAuthenticated: true, AuthenticationType: var scheme } ? scheme : null;

    /// <summary>The session that somebody came in by; null for others.</summary>
    public static byte[]? SessionId(this ClaimsPrincipal user)
        => user.Identities.FirstOrDefault(identity => identity.AuthenticationType == Schemes.Session)?.FindFirst(SubjectClaim)?.Value is { } id ? Convert.FromHexString(id) : null;
}
