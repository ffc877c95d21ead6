using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace TeslaMate.Tests.Logbook;

/// <summary>Stands between a client and PostgreSQL's unix socket; on demand everything reaches the server, but no answer comes back.</summary>
sealed class LossyProxy : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stopping = new();
    readonly List<Socket> _clients = [];
    readonly UnixDomainSocketEndPoint _server;
    readonly Task _loop;

    public LossyProxy(string connectionString)
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        _server = new($"{server.Host}/.s.PGSQL.{server.Port}");
        _listener.Start();
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
        }.ConnectionString;
        _loop = RunAsync();
    }

    public string ConnectionString { get; }

    /// <summary>While set, nothing that the server answers arrives, and new connections are refused.</summary>
    public bool SwallowAnswers { get; set; }

    /// <summary>Cuts all connections; what was sent has to be at the server by then.</summary>
    public void Cut()
    {
        lock (_clients)
        {
            foreach (var client in _clients)
                client.Dispose();
            _clients.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _loop;
        _stopping.Dispose();
    }

    async Task RunAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
                connections.Add(RelayAsync(await _listener.AcceptSocketAsync(_stopping.Token)));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    async Task RelayAsync(Socket client)
    {
        using var _ = client;
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        if (SwallowAnswers)
            return;
        lock (_clients)
            _clients.Add(client);
        await server.ConnectAsync(_server, _stopping.Token);
        await Task.WhenAny(CopyAsync(client, server, answers: false), CopyAsync(server, client, answers: true));
    }

    async Task CopyAsync(Socket from, Socket to, bool answers)
    {
        var buffer = new byte[65536];
        try
        {
            while (await from.ReceiveAsync(buffer, _stopping.Token) is > 0 and var read)
            {
                if (answers && SwallowAnswers)
                    continue;
                await to.SendAsync(buffer.AsMemory(0, read), _stopping.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The connection is over.
        }
    }
}
