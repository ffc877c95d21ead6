using System.Net;
using System.Net.Sockets;
using System.Text;
using MQTTnet;
using TeslaMate.Simulator.Lives;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;

namespace TeslaMate.Simulator.Telemetry;

/// <summary>
/// Tesla's own server: cars connect to it, it acknowledges at once, and hands their records on by ZeroMQ or MQTT, with records of its own about
/// connections (spec fleet-telemetry 1.5 to 1.7). What it publishes while nobody listens is lost.
/// </summary>
sealed class TeslaServer(TimeProvider time) : ITelemetryRoute, IAsyncDisposable
{
    const string Namespace = "tesla_telemetry";

    readonly TimeProvider _time = time;

    ZeroMqPublisher? _publisher;
    IMqttClient? _broker;
    string _topics = "";
    bool _isJson;
    long _published;

    /// <summary>Messages that were published; they may still be on their way.</summary>
    public long Published => Interlocked.Read(ref _published);

    /// <summary>Publishes on ZeroMQ.</summary>
    /// <param name="isJson">As with <c>transmit_decoded_records</c>.</param>
    /// <returns>For <c>TELEMETRY_ZMQ</c>.</returns>
    public string BindZeroMq(bool isJson = false)
    {
        _isJson = isJson;
        _publisher = new ZeroMqPublisher();
        return $"tcp://127.0.0.1:{_publisher.Port}";
    }

    /// <summary>How many subscribers ZeroMQ has.</summary>
    public int Subscribers => _publisher?.Subscribers ?? 0;

    /// <summary>Publishes at a broker.</summary>
    /// <returns>For <c>TELEMETRY_MQTT</c>.</returns>
    public async Task<string> ConnectMqttAsync(int port, string topics = "telemetry", CancellationToken cancellationToken = default)
    {
        _topics = topics;
        _broker = new MqttClientFactory().CreateMqttClient();
        await _broker.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).Build(), cancellationToken);
        return $"mqtt://127.0.0.1:{port}/{topics}";
    }

    public async Task<ITelemetryConnection?> ConnectAsync(CarIdentity car, string network, CancellationToken cancellationToken)
    {
        var connection = new Connection(this, car, Guid.NewGuid().ToString(), network);
        await connection.SendStatusAsync(ConnectionStatus.Connected, cancellationToken);
        return connection;
    }

    /// <summary>Hands a record of a car on.</summary>
    public Task PublishAsync(TelemetryRecord.Data record, CancellationToken cancellationToken)
        => PublishAsync(RecordType.Data, record, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _publisher?.Dispose();
        if (_broker is not null)
            await _broker.DisconnectAsync();
        _broker?.Dispose();
    }

    async Task PublishAsync(RecordType type, TelemetryRecord record, CancellationToken cancellationToken)
    {
        if (_publisher is not null)
        {
            await _publisher.PublishAsync($"{Namespace}_{type.Topic()}", _isJson ? JsonForm.Write(record) : ProtobufForm.Write(record));
            Interlocked.Increment(ref _published);
        }

        if (_broker is null)
            return;
        foreach (var (topic, body) in MqttForm.Write(record))
        {
            await _broker.PublishAsync(new MqttApplicationMessageBuilder().WithTopic($"{_topics}/{record.Vin}/{topic}").WithPayload(body).Build(),
                cancellationToken);
            Interlocked.Increment(ref _published);
        }
    }

    sealed class Connection(TeslaServer server, CarIdentity car, string id, string network) : ITelemetryConnection
    {
        readonly Queue<string> _acks = new();

        public bool IsOpen { get; private set; } = true;

        public int Unanswered => 0;

        public async Task<bool> SendAsync(TelemetryRecord.Data record, string txid, CancellationToken cancellationToken)
        {
            await server.PublishAsync(RecordType.Data, record, cancellationToken);
            _acks.Enqueue(txid);
            return true;
        }

        public IReadOnlyList<string> TakeAcks()
        {
            List<string> acks = [.. _acks];
            _acks.Clear();
            return acks;
        }

        public void Cut()
        {
            // The server notices in its own time, which is that of the disposal here.
        }

        public Task SendStatusAsync(ConnectionStatus status, CancellationToken cancellationToken) => server.PublishAsync(
            RecordType.Connectivity,
            new TelemetryRecord.Connectivity(car.Vin, id, status, server._time.GetUtcNow(), status == ConnectionStatus.Connected ? network : ""),
            cancellationToken);

        public async ValueTask DisposeAsync()
        {
            if (!IsOpen)
                return;
            IsOpen = false;
            await SendStatusAsync(ConnectionStatus.Disconnected, CancellationToken.None);
        }
    }
}

/// <summary>The publishing side of ZeroMQ, as much of ZMTP 3 as it takes (spec fleet-telemetry 1.6).</summary>
sealed class ZeroMqPublisher : IDisposable
{
    // Command READY with the property Socket-Type: PUB.
    static readonly byte[] Ready = Convert.FromHexString("04190552454144590b536f636b65742d5479706500000003505542");

    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly Lock _lock = new();
    readonly List<NetworkStream> _subscribers = [];

    public ZeroMqPublisher()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    public int Subscribers
    {
        get
        {
            lock (_lock)
                return _subscribers.Count;
        }
    }

    public async Task PublishAsync(string topic, byte[] body)
    {
        byte[] message = [.. Frame(1, Encoding.ASCII.GetBytes(topic)), .. Frame(0, body)];
        NetworkStream[] subscribers;
        lock (_lock)
            subscribers = [.. _subscribers];
        foreach (var subscriber in subscribers)
        {
            try
            {
                await subscriber.WriteAsync(message);
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                lock (_lock)
                    _subscribers.Remove(subscriber);
            }
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_lock)
            _subscribers.ForEach(subscriber => subscriber.Dispose());
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                client.NoDelay = true;
                _ = ServeAsync(client.GetStream());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The server has ended.
        }
    }

    async Task ServeAsync(NetworkStream stream)
    {
        try
        {
            var greeting = new byte[64];
            (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
            "NULL"u8.CopyTo(greeting.AsSpan(12));
            await stream.WriteAsync(greeting);
            await stream.ReadExactlyAsync(new byte[64]);
            await ReadFrameAsync(stream);
            await stream.WriteAsync(Ready);
            // The subscription to all topics.
            await ReadFrameAsync(stream);
            lock (_lock)
                _subscribers.Add(stream);
            while (true)
            {
                var (flags, body) = await ReadFrameAsync(stream);
                if ((flags & 4) != 0 && body.AsSpan().StartsWith("\u0004PING"u8))
                    await stream.WriteAsync((byte[])[4, (byte)(5 + body.Length - 7), 4, .. "PONG"u8, .. body.AsSpan(7)]);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            lock (_lock)
                _subscribers.Remove(stream);
        }
    }

    static async Task<(byte Flags, byte[] Body)> ReadFrameAsync(NetworkStream stream)
    {
        var head = new byte[2];
        await stream.ReadExactlyAsync(head);
        var body = new byte[head[1]];
        await stream.ReadExactlyAsync(body);
        return (head[0], body);
    }

    static byte[] Frame(byte flags, byte[] body)
    {
        if (body.Length < 256)
            return [flags, (byte)body.Length, .. body];
        var head = new byte[9];
        head[0] = (byte)(flags | 2);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(head.AsSpan(1), (ulong)body.Length);
        return [.. head, .. body];
    }
}
