using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;

namespace TeslaMate.Telemetry.Endpoint;

/// <summary>
/// One WebSocket of one car: records in, acknowledgements out, each after the commit of its record and in order. While much waits for a commit
/// nothing is read, so a flood waits at the car.
/// </summary>
sealed partial class CarConnection(
    WebSocket socket, CarId car, string vin, string connectionId, InboxWriter inbox, EndpointCounters counters, TimeProvider time, ILogger logger)
{
    const int MostWaiting = 1_000;
    const int MostWaitingBytes = 4 * 1024 * 1024;
    const int MostErrors = 10;

    const int UsualBytes = 2 * 1024;

    static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(10);

    readonly Channel<Reply> _replies =
        Channel.CreateBounded<Reply>(new BoundedChannelOptions(MostWaiting) { SingleReader = true, SingleWriter = true });
    readonly AsyncAutoResetEvent _room = new();
    long _waitingBytes;
    int _errorsInARow;

    /// <summary>Serves the car until it goes, the program stops or the database does not take its records.</summary>
    /// <param name="stop">Ends it; also cancelled when it has ended by itself.</param>
    public async Task RunAsync(string network, CancellationTokenSource stop)
    {
        var replying = ReplyAsync(stop);
        counters.Open();
        try
        {
            await StoreStatusAsync(ConnectionStatus.Connected, network, stop.Token);
            await ReadAsync(stop.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or IOException or ChannelClosedException)
        {
            // The car has gone, or is made to go.
        }
        finally
        {
            _replies.Writer.TryComplete();
            await replying;
            await StoreStatusAsync(ConnectionStatus.Disconnected, "", CancellationToken.None);
            counters.Close();
        }
    }

    async Task ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // Cars are silent most of the time, and there may be thousands of them: a buffer is had for a message alone.
            var beginning = await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
            // A close frame or a text ends it.
            if (beginning.MessageType != WebSocketMessageType.Binary || await ReceiveAsync(beginning, cancellationToken) is not { } message
                || !await TakeAsync(message, cancellationToken))
                return;
            while (Interlocked.Read(ref _waitingBytes) > MostWaitingBytes)
                await _room.WaitAsync(cancellationToken);
        }
    }

    /// <returns>The message that is beginning; null when the connection is to end.</returns>
    async ValueTask<byte[]?> ReceiveAsync(ValueWebSocketReceiveResult part, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(UsualBytes);
        try
        {
            var length = 0;
            while (!part.EndOfMessage)
            {
                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                part = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
                length += part.Count;
                if (part.MessageType != WebSocketMessageType.Binary)
                    return null;
                // More than any car sends.
                if (length > Envelope.LongestBytes)
                {
                    counters.CountUnreadable();
                    await _replies.Writer.WriteAsync(new Reply(EnvelopeWriter.Error([]), null, 0), cancellationToken);
                    return null;
                }
            }

            return buffer.AsSpan(0, length).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>False when the connection is to end.</returns>
    async ValueTask<bool> TakeAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        if (Envelope.TryRead(message) is not { } envelope)
            return await RefuseAsync(Envelope.TxidOf(message), cancellationToken);
        if (envelope.Stream is not { } stream)
            return await PassOverAsync(envelope, cancellationToken);

        // What is told of connections is made by servers, never by a car.
        if (RecordTypes.Of(Encoding.ASCII.GetString(envelope.Topic.Span)) is not { } type || type is RecordType.Connectivity)
        {
            return IsSender(stream.SenderId.Span)
                ? await PassOverAsync(envelope, cancellationToken) : await RefuseAsync(envelope.Txid, cancellationToken);
        }

        _errorsInARow = 0;
        counters.CountRecord();
        var record = ProtobufForm.TryRead(type, stream.Payload.Span);
        if (record is null)
            counters.CountUnparsed();
        else if ((record.Vin.Length > 0 && record.Vin != vin) || !IsSender(stream.SenderId.Span))
            counters.CountOtherVin();
        var created = stream.CreatedAt == 0 ? (DateTimeOffset?)null : DateTimeOffset.FromUnixTimeSeconds(stream.CreatedAt);
        var row = InboxRecord.Of(car, type, RecordForm.Protobuf, IntakePath.Endpoint, envelope.Txid, record, created, time.GetUtcNow(),
            stream.Payload);
        await AckAsync(envelope, inbox.StoreAsync(row, cancellationToken).AsTask(), message.Length, cancellationToken);
        return true;
    }

    async ValueTask AckAsync(Envelope envelope, Task<StoreResult>? stored, int bytes, CancellationToken cancellationToken)
    {
        Interlocked.Add(ref _waitingBytes, bytes);
        await _replies.Writer.WriteAsync(new Reply(EnvelopeWriter.Ack(envelope.Txid.Span, envelope.Topic.Span), stored, bytes), cancellationToken);
    }

    /// <summary>A readable message that nothing is kept of; acknowledged, so that it does not come again.</summary>
    async ValueTask<bool> PassOverAsync(Envelope envelope, CancellationToken cancellationToken)
    {
        counters.CountWithoutSink();
        _errorsInARow = 0;
        await AckAsync(envelope, null, 0, cancellationToken);
        return true;
    }

    async ValueTask<bool> RefuseAsync(ReadOnlyMemory<byte> txid, CancellationToken cancellationToken)
    {
        counters.CountUnreadable();
        await _replies.Writer.WriteAsync(new Reply(EnvelopeWriter.Error(txid.Span), null, 0), cancellationToken);
        return ++_errorsInARow < MostErrors;
    }

    /// <summary>Sends replies in the order of their messages.</summary>
    async Task ReplyAsync(CancellationTokenSource stop)
    {
        try
        {
            await foreach (var reply in _replies.Reader.ReadAllAsync(CancellationToken.None))
            {
                if (reply.Stored is { } stored && await stored is StoreResult.NotStored)
                {
                    // The car keeps what is not acknowledged, and comes back.
                    Log.NotStored(logger, car.Value);
                    break;
                }

                using var timeout = new CancellationTokenSource(WriteTimeout, time);
                await socket.SendAsync(reply.Bytes, WebSocketMessageType.Binary, WebSocketMessageFlags.EndOfMessage, timeout.Token);
                if (reply.Waiting > 0 && Interlocked.Add(ref _waitingBytes, -reply.Waiting) <= MostWaitingBytes)
                    _room.Set();
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // It does not read, or has gone.
        }
        finally
        {
            _replies.Writer.TryComplete();
            await stop.CancelAsync();
        }

        try
        {
            using var timeout = new CancellationTokenSource(WriteTimeout, time);
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, timeout.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // Closed already.
        }
    }

    bool IsSender(ReadOnlySpan<byte> sender)
    {
        var text = Encoding.ASCII.GetString(sender);
        return text == vin || text == $"vehicle_device.{vin}";
    }

    async Task StoreStatusAsync(ConnectionStatus status, string network, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var record = new TelemetryRecord.Connectivity(vin, connectionId, status, now, network);
        var row = InboxRecord.Of(car, RecordType.Connectivity, RecordForm.Protobuf, IntakePath.Endpoint, default, record, null, now,
            ProtobufForm.Write(record));
        try
        {
            await inbox.StoreAsync(row, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Data tell as much.
        }
    }

    /// <param name="Stored">What must be known before it may go; null for what needs no commit.</param>
    sealed record Reply(byte[] Bytes, Task<StoreResult>? Stored, int Waiting);

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId} is disconnected, because the database does not take its records; it keeps "
            + "them and comes back")]
        public static partial void NotStored(ILogger logger, short carId);
    }
}
