using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TeslaMate.Tests.Mqtt;

/// <summary>A packet from the program to the broker, by its MQTT 3.1.1 type.</summary>
/// <param name="Topic">Of a PUBLISH; else null.</param>
readonly record struct ClientPacket(int Type, string? Topic)
{
    public bool IsConnect => Type == 1;

    public bool IsPublish => Type == 3;
}

/// <summary>What becomes of a packet.</summary>
enum Fate
{
    Arrives,

    /// <summary>As if the broker had forgotten it: no answer ever comes.</summary>
    IsLost,

    /// <summary>It is lost and the connection ends with it.</summary>
    Cuts,
}

/// <summary>A line to a broker on loopback with the troubles of a test: cut as if a cable were pulled, slow, or losing packets.</summary>
sealed class FaultyLine : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _end = new();
    readonly ConcurrentQueue<string> _published = [];
    readonly Task _accepting;
    readonly int _target;
    CancellationTokenSource _cut = new();
    int _connections;

    public FaultyLine(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The topics of all PUBLISH packets of the program, also of those that were lost.</summary>
    public IReadOnlyList<string> Published => [.. _published];

    public Func<ClientPacket, Fate> Decide { get; set; } = _ => Fate.Arrives;

    /// <summary>Of each direction.</summary>
    public TimeSpan Delay { get; set; }

    public void Cut() => Interlocked.Exchange(ref _cut, new CancellationTokenSource()).Cancel();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
    }

    async Task AcceptAsync()
    {
        var lines = new List<Task>();
        try
        {
            while (true)
                lines.Add(ForwardAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
        }

        await Task.WhenAll(lines);
    }

    async Task ForwardAsync(TcpClient near)
    {
        Interlocked.Increment(ref _connections);
        using var far = new TcpClient();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, _cut.Token);
        using (near)
        {
            await far.ConnectAsync(IPAddress.Loopback, _target);
            await Task.WhenAny(ToBrokerAsync(near.GetStream(), far.GetStream(), end.Token),
                ToProgramAsync(far.GetStream(), near.GetStream(), end.Token));
        }
    }

    async Task ToProgramAsync(NetworkStream from, NetworkStream to, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            await Task.Delay(Delay, cancellationToken);
            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }

    async Task ToBrokerAsync(NetworkStream from, NetworkStream to, CancellationToken cancellationToken)
    {
        var waiting = Array.Empty<byte>();
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            await Task.Delay(Delay, cancellationToken);
            waiting = [.. waiting, .. buffer.AsSpan(0, read)];
            while (LengthOfFirst(waiting) is { } length && length <= waiting.Length)
            {
                var packet = Read(waiting.AsSpan(0, length));
                if (packet.Topic is { } topic)
                    _published.Enqueue(topic);
                switch (Decide(packet))
                {
                    case Fate.Arrives:
                        await to.WriteAsync(waiting.AsMemory(0, length), cancellationToken);
                        break;
                    case Fate.Cuts:
                        return;
                }

                waiting = waiting[length..];
            }
        }
    }

    /// <returns>Null while the fixed header is incomplete.</returns>
    static int? LengthOfFirst(ReadOnlySpan<byte> bytes)
    {
        var length = 0;
        for (var at = 1; at < bytes.Length && at < 5; at++)
        {
            length |= (bytes[at] & 0x7f) << (7 * (at - 1));
            if (bytes[at] < 0x80)
                return at + 1 + length;
        }

        return null;
    }

    static ClientPacket Read(ReadOnlySpan<byte> packet)
    {
        var type = packet[0] >> 4;
        if (type != 3)
            return new ClientPacket(type, Topic: null);
        var body = packet[1..];
        while (body[0] >= 0x80)
            body = body[1..];
        body = body[1..];
        return new ClientPacket(type, Encoding.UTF8.GetString(body.Slice(2, BinaryPrimitives.ReadUInt16BigEndian(body))));
    }
}
