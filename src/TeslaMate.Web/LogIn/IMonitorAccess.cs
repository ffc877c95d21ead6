using Microsoft.AspNetCore.Http;
using Npgsql;

namespace TeslaMate.Web.LogIn;

/// <summary>Who may learn about the cars from the health check and the metrics, which no log-in protects.</summary>
public interface IMonitorAccess
{
    /// <summary>
    /// While the pages have no password, every request by a name that is ours; otherwise one that brings the token of the <c>PUT</c> routes. While the database is
    /// away, which knows the password, none.
    /// </summary>
    Task<bool> MayKnowAllAsync(HttpContext http);
}

sealed class MonitorAccess(WebSettings settings, WebAccess access, HostCheck hosts, BearerToken bearer) : IMonitorAccess
{
    public async Task<bool> MayKnowAllAsync(HttpContext http)
    {
        try
        {
            return settings.TrustedHeader is null && !await access.HasPasswordAsync(http.RequestAborted)
                ? await hosts.IsOursAsync(http)
                : (await bearer.TryAsync(http)).IsRight;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
