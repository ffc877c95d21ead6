using System.Net;
using System.Net.Sockets;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>
/// Hands each connection on to the first of some ports where somebody listens, byte by byte, as a balancer does that does not end TLS.
/// </summary>
sealed class TcpBalancer : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly IReadOnlyList<int> _ports;
    readonly Task _accepting;

    public TcpBalancer(params IReadOnlyList<int> ports)
    {
        _ports = ports;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    async Task AcceptAsync()
    {
        List<Task> carrying = [];
        try
        {
            while (true)
                carrying.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(carrying);
        }
    }

    async Task CarryAsync(TcpClient client)
    {
        using (client)
        {
            foreach (var port in _ports)
            {
                using var server = new TcpClient();
                try
                {
                    await server.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
                }
                catch (SocketException)
                {
                    continue;
                }
                catch (OperationCanceledException)
                {
                    return;
                }

                // Whichever side ends, the other one hears of it at once.
                await Task.WhenAny(CopyAsync(client, server), CopyAsync(server, client));
                return;
            }
        }
    }

    async Task CopyAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream(), _stop.Token);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or InvalidOperationException)
        {
            // One of them has gone.
        }
    }
}
