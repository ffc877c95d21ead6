using System.Net;
using Microsoft.AspNetCore.Http;
using TeslaMate.Logbook.Settings;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// Without a password, being able to reach this machine's own interface is what lets a visitor in, and a browser on this machine can be led here by a foreign name
/// that was pointed at 127.0.0.1 (DNS rebinding): that page then reads and changes everything. So only names that nobody else can hold are served: addresses,
/// <c>localhost</c>, names without a dot, <c>VIRTUAL_HOST</c>, the hosts of <c>CHECK_ORIGIN</c>, and the pages' own address in the settings, which is how a proxy that passes
/// its name on has always been known there.
/// </summary>
sealed class HostCheck(WebSettings settings, IGlobalSettings global)
{
    public async ValueTask<bool> IsOursAsync(HttpContext http)
    {
        // Whoever opened another interface, or a socket that no browser reaches, decided who comes near.
        if (http.Connection.LocalIpAddress is not { } local || !IPAddress.IsLoopback(local))
            return true;
        var host = http.Request.Host.Host;
        return IsSafe(host) || IsOf(global.Current, host) || IsOf(await global.ReadAsync(http.RequestAborted), host);
    }

    bool IsSafe(string host)
        => host.Length == 0
        || !host.Contains('.', StringComparison.Ordinal)
        || IPAddress.TryParse(host.Trim('[', ']'), out _)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || string.Equals(host, settings.VirtualHost, StringComparison.OrdinalIgnoreCase)
        || settings.Origins.Names(host);

    static bool IsOf(GlobalSettings stored, string host)
        => Uri.TryCreate(stored.BaseUrl, UriKind.Absolute, out var address) && string.Equals(address.Host, host, StringComparison.OrdinalIgnoreCase);
}
