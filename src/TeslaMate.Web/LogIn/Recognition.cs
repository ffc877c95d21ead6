using System.Net;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.LogIn;

/// <summary>Tells who sends a request, and from where.</summary>
sealed class Recognition(WebSettings settings, WebAccess access)
{
    public async Task<(Visitor Visitor, bool HasPassword)> OfAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var (hasPassword, session) = await access.LookUpAsync(http.Request.Cookies[LogInPages.SessionCookie], cancellationToken);
        if (settings.TrustedHeader is { } header && settings.IsTrustedProxy(http.Connection.RemoteIpAddress) && http.Request.Headers[header].ToString() is { Length: > 0 } name)
            return (new Visitor.Vouched(name), hasPassword);
        if (!hasPassword && settings.TrustedHeader is null)
            return (new Visitor.Anybody(), hasPassword);
        return (session is null ? new Visitor.Stranger() : new Visitor.Session(session), hasPassword);
    }

    /// <summary>
    /// The address that a request comes from: the connection's, or, as far as trusted proxies tell, the one before them. Each of them adds at the end of
    /// <c>X-Forwarded-For</c> whom it heard; what stands before the first of them was written by anybody.
    /// </summary>
    public IPAddress? AddressOf(HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress;
        var heard = http.Request.Headers["X-Forwarded-For"].ToString().Split(',', StringSplitOptions.TrimEntries);
        for (var last = heard.Length - 1; last >= 0 && settings.IsTrustedProxy(address) && IPEndPoint.TryParse(heard[last], out var before); last--)
            address = before.Address;
        return address;
    }
}
