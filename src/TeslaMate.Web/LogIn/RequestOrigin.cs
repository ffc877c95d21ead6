using System.Net;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.LogIn;

/// <summary>Where a request comes from: the address, as far as trusted proxies tell, and what the browser calls itself.</summary>
sealed record RequestOrigin(IPAddress? Address, string? Agent)
{
    const int LongestAgent = 300;

    public static RequestOrigin Of(HttpContext http)
        => new(http.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : http.Connection.RemoteIpAddress,
            http.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent
                ? new string([.. agent.Take(LongestAgent).Where(letter => !char.IsControl(letter))]) : null);

    public override string ToString() => Address?.ToString() ?? "a unix socket";
}

/// <summary>The other end of the connection itself, whomever it speaks for; null is a unix socket.</summary>
sealed record Peer(IPAddress? Address)
{
    public static IPAddress? Of(HttpContext http) => http.Features.Get<Peer>() is { } peer ? peer.Address : http.Connection.RemoteIpAddress;
}
