using System.Net;
using System.Net.Sockets;

namespace TeslaMate.SystemTests.Machines;

/// <summary>Leads connections from a unix socket, which a machine can be given, to a port of the machine that runs the tests.</summary>
sealed class CloudBridge : IAsyncDisposable
{
    readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    readonly CancellationTokenSource _stop = new();
    readonly Task _accepting;

    public CloudBridge(int port)
    {
        Folder = Directory.CreateTempSubdirectory("teslamate-cloud-").FullName;
        File.SetUnixFileMode(Folder, (UnixFileMode)0b111_101_101);
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(Folder, "socket")));
        File.SetUnixFileMode(Path.Combine(Folder, "socket"), (UnixFileMode)0b110_110_110);
        _listener.Listen();
        _accepting = AcceptAsync(port);
    }

    /// <summary>The folder with the socket, called <c>socket</c>.</summary>
    public string Folder { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    async Task AcceptAsync(int port)
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ForwardAsync(await _listener.AcceptAsync(_stop.Token), port));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    async Task ForwardAsync(Socket from, int port)
    {
        using var to = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using (from)
        {
            try
            {
                await to.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
                await Task.WhenAny(PumpAsync(from, to), PumpAsync(to, from));
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // One side has gone; so does the other.
            }
        }
    }

    async Task PumpAsync(Socket from, Socket to)
    {
        try
        {
            var buffer = new byte[16 * 1024];
            while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and var count)
                await to.SendAsync(buffer.AsMemory(0, count), _stop.Token);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // As above.
        }
    }
}
