using System.Data.Common;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.LogIn;

/// <summary>Whether somebody who came in a while ago may still be inside.</summary>
sealed class SessionWatch(WebSettings settings, WebAccess access, ApiTokens tokens)
{
    /// <summary>Ends with the next change of who may come in.</summary>
    public Task Changed => access.Changed;

    public async Task<bool> IsStillInsideAsync(HttpContext http, CancellationToken cancellationToken)
    {
        try
        {
            return http.User.Scheme() switch
            {
                Schemes.Proxy => true,
                Schemes.Session => (await access.LookUpAsync(http.Request.Cookies[SessionCookie.Name], cancellationToken)).Session is not null,
                Schemes.Open => settings is { TrustedHeader: null, Oidc: null }
                    && !(await access.LookUpAsync(cookie: null, cancellationToken)).HasPassword,
                Schemes.Bearer => await tokens.IsStillInForceAsync(http.User, cancellationToken),
                _ => false,
            };
        }
        catch (DbException)
        {
            // Cars are shown also while the database is away.
            return true;
        }
    }
}
