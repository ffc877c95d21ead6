using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using TeslaMate.Api;

namespace TeslaMate.Hosting;

/// <summary>Opens the listener that the settings ask for.</summary>
static class Listener
{
    /// <summary>The reference's limit for one request header, in bytes; the total leaves room for some of them.</summary>
    const int LongestHeaders = 64 * 1024;

    const long LongestBody = 8_000_000;

    /// <summary>To be called before the program starts.</summary>
    /// <param name="app">The program.</param>
    /// <param name="settings">Where the pages are.</param>
    /// <param name="apiPort">Where the interfaces for programs are once more, for the same addresses; a unix socket's is for this machine. Null for
    /// nowhere.</param>
    public static void ListenOn(this WebApplication app, ListenerSettings settings, int? apiPort = null)
    {
        var kestrel = app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value;
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = LongestHeaders;
        kestrel.Limits.MaxRequestBodySize = LongestBody;
        switch (settings)
        {
            case ListenerSettings.Everywhere(var port):
                kestrel.ListenAnyIP(port);
                break;
            case ListenerSettings.Loopback(var port):
                kestrel.ListenLocalhost(port);
                break;
            case ListenerSettings.Address(var endPoint):
                kestrel.Listen(endPoint);
                break;
            case ListenerSettings.UnixSocket(var path, _):
                RemoveStale(path);
                kestrel.ListenUnixSocket(path);
                break;
        }

        if (apiPort is not { } programs)
            return;
        switch (settings)
        {
            case ListenerSettings.Everywhere:
                kestrel.ListenAnyIP(programs, OnlyPrograms);
                break;
            case ListenerSettings.Address(var endPoint):
                kestrel.Listen(new IPEndPoint(endPoint.Address, programs), OnlyPrograms);
                break;
            default:
                kestrel.ListenLocalhost(programs, OnlyPrograms);
                break;
        }
    }

    static void OnlyPrograms(ListenOptions listener) => listener.Use(next => connection =>
    {
        connection.Features.Set(new ApiListener());
        return next(connection);
    });

    /// <summary>To be called once the server listens: the socket's mode.</summary>
    public static void Opened(ListenerSettings settings)
    {
        if (settings is ListenerSettings.UnixSocket(var path, var mode))
            File.SetUnixFileMode(path, mode);
    }

    /// <summary>Removes a socket that a crash left behind: one that nobody accepts on.</summary>
    static void RemoveStale(string path)
    {
        if (!File.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // Only a socket refuses; a plain file somebody put there gives another error and is left alone.
            File.Delete(path);
        }
        catch (SocketException)
        {
            // Binding will say what is wrong.
        }
    }
}
