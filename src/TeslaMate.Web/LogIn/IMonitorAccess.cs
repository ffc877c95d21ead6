using Microsoft.AspNetCore.Http;
using Npgsql;

namespace TeslaMate.Web.LogIn;

/// <summary>Who may learn about the cars from the health check and the metrics, which no log-in protects.</summary>
public interface IMonitorAccess
{
    /// <summary>
    /// While the pages have no password, every request by a name that is ours; otherwise one that brings the token of the <c>PUT</c> routes. While
    /// the database is away, which knows the password, none.
    /// </summary>
    Task<bool> MayKnowAllAsync(HttpContext http);
}

sealed class MonitorAccess(WebSettings settings, WebAccess access, KnownHosts hosts, ApiTokens tokens) : IMonitorAccess
{
    public async Task<bool> MayKnowAllAsync(HttpContext http)
    {
        try
        {
            return settings is { TrustedHeader: null, Oidc: null } && !await access.HasPasswordAsync(http.RequestAborted)
                ? OpenHandler.MayReach(settings, Peer.Of(http)) && await hosts.IsOursAsync(http)
                : (await tokens.TryAsync(http)).Program?.Has(Scopes.Monitor) == true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
