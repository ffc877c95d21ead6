using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.WebSockets;
using System.Text;
using TeslaMate.Simulator.Lives;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;

namespace TeslaMate.Simulator.Telemetry;

/// <summary>The car's own connection: a WebSocket over mutual TLS, one envelope a message (spec fleet-telemetry 1.1).</summary>
/// <param name="address">Where the endpoint is, <c>wss://...</c>.</param>
/// <param name="authority">Who signs the cars' certificates.</param>
sealed class EndpointRoute(Uri address, CarAuthority authority) : ITelemetryRoute
{
    static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    readonly ConcurrentDictionary<string, SslStreamCertificateContext> _certificates = new(StringComparer.Ordinal);

    /// <summary>Makes the certificate of a car, which its first connection does otherwise.</summary>
    public void Prepare(CarIdentity car) => CertificateOf(car);

    public async Task<ITelemetryConnection?> ConnectAsync(CarIdentity car, string network, CancellationToken cancellationToken)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificateContext = CertificateOf(car),
#pragma warning disable CA5359 // A simulated car trusts whom it is told to call.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            },
        };
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("X-TXID", Guid.NewGuid().ToString());
        socket.Options.SetRequestHeader("X-Network-Interface", network);
        socket.Options.SetRequestHeader("Version", "1.2.0");
        var invoker = new HttpMessageInvoker(handler);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(CallTimeout);
        try
        {
            await socket.ConnectAsync(address, invoker, timeout.Token);
            return new Connection(socket, invoker, car);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            invoker.Dispose();
            return null;
        }
    }

    SslStreamCertificateContext CertificateOf(CarIdentity car) => _certificates.GetOrAdd(car.Vin,
        vin => SslStreamCertificateContext.Create(authority.Car(vin), [authority.Intermediate], offline: true));

    sealed class Connection : ITelemetryConnection
    {
        readonly ClientWebSocket _socket;
        readonly HttpMessageInvoker _invoker;
        readonly CarIdentity _car;
        readonly ConcurrentQueue<string> _acks = new();
        readonly Task _reading;

        public Connection(ClientWebSocket socket, HttpMessageInvoker invoker, CarIdentity car)
        {
            (_socket, _invoker, _car) = (socket, invoker, car);
            _reading = ReadAsync();
        }

        int _unanswered;

        public int Unanswered => Volatile.Read(ref _unanswered);

        public bool IsOpen => _socket.State == WebSocketState.Open && !_reading.IsCompleted;

        public async Task<bool> SendAsync(TelemetryRecord.Data record, string txid, CancellationToken cancellationToken)
        {
            var envelope = EnvelopeWriter.Stream(new Envelope(
                Encoding.ASCII.GetBytes(txid), "V"u8.ToArray(), Envelope.StreamType, default,
                new StreamMessage(
                    (uint)record.CreatedAt!.Value.ToUnixTimeSeconds(), Encoding.ASCII.GetBytes($"vehicle_device.{_car.Vin}"),
                    ProtobufForm.Write(record), default, default, 0)));
            Interlocked.Increment(ref _unanswered);
            try
            {
                await _socket.SendAsync(envelope, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
                return true;
            }
            catch (Exception exception) when (exception is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // Also a cancellation: so the library calls a connection that the other side has cut.
                return false;
            }
        }

        public IReadOnlyList<string> TakeAcks()
        {
            List<string> acks = [];
            while (_acks.TryDequeue(out var txid))
                acks.Add(txid);
            return acks;
        }

        public void Cut() => _socket.Abort();

        public async ValueTask DisposeAsync()
        {
            try
            {
                using var timeout = new CancellationTokenSource(CallTimeout);
                if (_socket.State == WebSocketState.Open)
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, timeout.Token);
                // The other side reads what was sent before it ends, too.
                await _reading.WaitAsync(timeout.Token);
            }
            catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
            {
                // Gone already.
            }

            _socket.Abort();
            await _reading;
            _socket.Dispose();
            _invoker.Dispose();
        }

        async Task ReadAsync()
        {
            var buffer = new byte[4096];
            try
            {
                while (true)
                {
                    var received = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                    if (received.MessageType == WebSocketMessageType.Close)
                        return;
                    Interlocked.Decrement(ref _unanswered);
                    if (Envelope.TryRead(buffer.AsMemory(0, received.Count).ToArray()) is { MessageType: Envelope.AckType } ack)
                        _acks.Enqueue(Encoding.ASCII.GetString(ack.Txid.Span));
                }
            }
            catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
            {
                // The other side has gone.
            }
        }
    }
}
