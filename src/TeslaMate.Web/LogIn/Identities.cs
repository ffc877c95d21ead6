using System.Globalization;
using System.Security.Claims;
using TeslaMate.Logbook;

namespace TeslaMate.Web.LogIn;

/// <summary>The identities that the schemes give out. Their subject also binds the tokens of forms.</summary>
public static class Identities
{
    const string SubjectClaim = "sub";
    const string TokenClaim = "token";
    const string CarClaim = "car";

    /// <summary>The owner, known by a scheme.</summary>
    /// <param name="scheme">One of <see cref="Schemes"/>.</param>
    /// <param name="subject">Differs for every session and person.</param>
    /// <param name="name">What the owner is called where sessions are listed; never shown to others.</param>
    internal static ClaimsPrincipal Owner(string scheme, string subject, string name)
        => new(new ClaimsIdentity([new(SubjectClaim, subject), new(ClaimTypes.Name, name), new(Scopes.ClaimType, Scopes.Owner)], scheme));

    /// <summary>A program, known by a token that is not in the table.</summary>
    internal static ClaimsPrincipal Program(string subject, string name, params IEnumerable<string> scopes)
        => new(new ClaimsIdentity(
            [new(SubjectClaim, subject), new(ClaimTypes.Name, name), .. scopes.Select(scope => new Claim(Scopes.ClaimType, scope))], Schemes.Bearer));

    /// <summary>A program, known by its token.</summary>
    internal static ClaimsPrincipal Program(StoredToken token)
    {
        var id = token.Id.ToString(CultureInfo.InvariantCulture);
        var program = Program($"token:{id}", token.Name, token.Scopes);
        ((ClaimsIdentity)program.Identity!).AddClaims(
            [new(TokenClaim, id), .. (token.Cars ?? []).Select(car => new Claim(CarClaim, car.ToString()))]);
        return program;
    }

    /// <summary>
    /// The cars that somebody may see and change; null for all. A program's token may be for some only. Lists leave the others out, and the number
    /// of another car is answered as one that no car has.
    /// </summary>
    public static IReadOnlyList<CarId>? Cars(this ClaimsPrincipal user)
        => user.IsOwner() || user.FindAll(CarClaim).ToList() is not { Count: > 0 } cars
            ? null
            : [.. cars.Select(claim => CarId.Parse(claim.Value, CultureInfo.InvariantCulture))];

    /// <summary>Whether somebody may see and change this car; see <see cref="Cars"/>.</summary>
    public static bool MaySee(this ClaimsPrincipal user, CarId car) => user.Cars() is not { } cars || cars.Contains(car);

    /// <summary>The name of the token that a program came in by; null for who came in otherwise.</summary>
    public static string? TokenName(this ClaimsPrincipal user) => user.Program()?.Name;

    /// <summary>Whether somebody may see more than the log-in page.</summary>
    internal static bool IsOwner(this ClaimsPrincipal user) => user.Has(Scopes.Owner);

    /// <summary>By which scheme the first of the identities is known.</summary>
    internal static string? Scheme(this ClaimsPrincipal user)
        => user.Identity is { IsAuthenticated: true, AuthenticationType: var scheme } ? scheme : null;

    /// <summary>The session that somebody came in by; null for others.</summary>
    internal static byte[]? SessionId(this ClaimsPrincipal user)
        => user.Identities.FirstOrDefault(identity => identity.AuthenticationType == Schemes.Session)?.FindFirst(SubjectClaim)?.Value is { } id
            ? Convert.FromHexString(id) : null;

    /// <summary>
    /// The number of the token that a program came in by; null for others, also for programs with a token that is not in the table.
    /// </summary>
    internal static int? TokenId(this ClaimsPrincipal user)
        => user.Program()?.FindFirst(TokenClaim)?.Value is { } id ? int.Parse(id, CultureInfo.InvariantCulture) : null;

    /// <summary>What tells this person or program from others; null for strangers.</summary>
    internal static string? Subject(this ClaimsPrincipal user) => user.FindFirst(SubjectClaim)?.Value;

    static ClaimsIdentity? Program(this ClaimsPrincipal user)
        => user.Identities.FirstOrDefault(identity => identity.AuthenticationType == Schemes.Bearer);
}
