using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace TeslaMate.Web.LogIn;

/// <summary>What the database says about the access to the pages, and about the session that a request brings.</summary>
sealed record AccessState(bool HasPassword, bool HasApiToken, StoredSession? Session)
{
    /// <summary>Whether there is a way to log in, by password or provider.</summary>
    public bool HasLogIn { get; private init; }

    /// <summary>For the request under way; asked for once, in one round trip.</summary>
    public static async ValueTask<AccessState> OfAsync(HttpContext http)
    {
        if (http.Features.Get<AccessState>() is { } known)
            return known;
        var access = http.RequestServices.GetRequiredService<WebAccess>();
        var state = await access.LookUpAsync(http.Request.Cookies[SessionCookie.Name], http.RequestAborted);
        http.Features.Set(state = state with
        {
            HasLogIn = state.HasPassword
            || http.RequestServices.GetRequiredService<WebSettings>().Oidc is not null
        });
        return state;
    }
}

/// <param name="Id">The hash of what the cookie holds.</param>
/// <param name="Subject">Who came in.</param>
/// <param name="Method"><c>password</c> or <c>oidc</c>.</param>
/// <param name="RenewedAt">When its end was last put off.</param>
public sealed record StoredSession(byte[] Id, string Subject, string Method, DateTimeOffset StartedAt, DateTimeOffset RenewedAt,
    DateTimeOffset ExpiresAt, DateTimeOffset? ConfirmedAt)
{
    public string? Address { get; init; }

    public string? Agent { get; init; }

    public DateTimeOffset UsedAt { get; init; }
}
