using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Web.Requests;

/// <summary>
/// What proxies on the way tell: the address that a request comes from, and whether it came by https. Each of them adds at the end of
/// <c>X-Forwarded-For</c> whom it heard; what stands before the first trusted one was written by anybody.
/// </summary>
public static class Forwarding
{
    const string IsUsed = "TeslaMate.Forwarding";

    /// <summary>
    /// Reads the headers of trusted proxies, once, however often it is called; what answers before the pages and needs the address goes behind it.
    /// </summary>
    public static void UseForwarding(this IApplicationBuilder app)
    {
        if (!app.Properties.TryAdd(IsUsed, true))
            return;
        var settings = app.ApplicationServices.GetRequiredService<WebSettings>();
        app.Use((http, next) =>
        {
            http.Features.Set(new Peer(http.Connection.RemoteIpAddress));
            if (HasReadableHost(http.Request))
                return next(http);
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return Task.CompletedTask;
        });
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = null
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in settings.TrustedProxies)
            options.KnownIPNetworks.Add(network);
        // An empty list would mean everybody.
        if (options.KnownIPNetworks.Count == 0)
            options.KnownProxies.Add(IPAddress.None);
        app.UseForwardedHeaders(options);
        // A proxy may keep the prefix or strip it.
        if (settings.UrlPath.Length > 0)
            app.UsePathBase(settings.UrlPath);
    }

    // A name that begins with xn-- and is none throws where it is first looked at.
    static bool HasReadableHost(HttpRequest request)
    {
        try
        {
            return request.Host.Host is not null;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
