using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using TeslaMate.Configuration;

namespace TeslaMate.Telemetry.Intakes;

/// <summary>
/// A subscriber of ZeroMQ, as much of the protocol as it takes (spec fleet-telemetry 1.6): one TCP connection, plain, to a publisher that binds.
/// Comes back after every loss, ever more slowly; what was published meanwhile is lost, as with any subscriber.
/// </summary>
sealed class ZmtpSubscriber(string host, int port, TimeProvider time)
{
    const int GreetingLength = 64;
    const int LongestFrame = 4 * 1024 * 1024;
    const byte More = 1;
    const byte Long = 2;
    const byte Command = 4;

    // Something that takes connections and says nothing is no publisher.
    static readonly TimeSpan GreetingTimeout = TimeSpan.FromSeconds(30);

    static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);
    static readonly TimeSpan PongTimeout = TimeSpan.FromSeconds(30);
    static readonly RetryPolicy Retries = new(First: TimeSpan.FromSeconds(1), Longest: TimeSpan.FromSeconds(30));

    // Command READY with the property Socket-Type: SUB.
    static readonly byte[] Ready = Convert.FromHexString("04190552454144590b536f636b65742d5479706500000003535542");

    // An empty prefix is every topic.
    static readonly byte[] SubscribeToAll = [0, 1, 1];

    /// <summary>Why the last connection ended; null while one is held.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>All messages, each as its frames, until cancelled.</summary>
    public async IAsyncEnumerable<IReadOnlyList<byte[]>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var failures = 0; !cancellationToken.IsCancellationRequested;)
        {
            using var client = new TcpClient { NoDelay = true };
            NetworkStream? stream = null;
            try
            {
                using var timeout = new CancellationTokenSource(GreetingTimeout, time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
                await client.ConnectAsync(host, port, either.Token);
                stream = client.GetStream();
                await GreetAsync(stream, either.Token);
                (LastFailure, failures) = (null, 0);
            }
            catch (Exception exception) when (IsLoss(exception, cancellationToken))
            {
                (LastFailure, stream) = (exception.Message, null);
            }

            while (stream is not null)
            {
                IReadOnlyList<byte[]> message;
                try
                {
                    message = await ReadMessageAsync(stream, cancellationToken);
                }
                catch (Exception exception) when (IsLoss(exception, cancellationToken))
                {
                    LastFailure = exception.Message;
                    break;
                }

                yield return message;
            }

            await Task.Delay(Retries.Pause(failures++, Random.Shared.NextDouble()), time, cancellationToken);
        }
    }

    static async Task GreetAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var greeting = new byte[GreetingLength];
        greeting[0] = 0xff;
        greeting[9] = 0x7f;
        greeting[10] = 3;
        "NULL"u8.CopyTo(greeting.AsSpan(12));
        await stream.WriteAsync(greeting, cancellationToken);
        var answer = new byte[GreetingLength];
        await stream.ReadExactlyAsync(answer, cancellationToken);
        if (answer[0] != 0xff || answer[9] != 0x7f || answer[10] < 3 || !answer.AsSpan(12, 4).SequenceEqual("NULL"u8) || answer[16] != 0)
            throw new InvalidDataException("The other side speaks no ZMTP 3 without encryption.");
        await stream.WriteAsync(Ready, cancellationToken);
        var (flags, ready) = await ReadFrameAsync(stream, cancellationToken);
        if ((flags & Command) == 0 || !ready.AsSpan().StartsWith("\u0005READY"u8))
            throw new InvalidDataException("The other side is not ready.");
        await stream.WriteAsync(SubscribeToAll, cancellationToken);
    }

    async Task<IReadOnlyList<byte[]>> ReadMessageAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        List<byte[]> frames = [];
        while (true)
        {
            var (flags, body) = await ReadOrPingAsync(stream, cancellationToken);
            if ((flags & Command) != 0)
            {
                // PING: a time to live of two bytes, then what to send back.
                if (body.AsSpan().StartsWith("\u0004PING"u8) && body.Length >= 7)
                    await stream.WriteAsync((byte[])[Command, (byte)(5 + body.Length - 7), 4, .. "PONG"u8, .. body.AsSpan(7)], cancellationToken);
                continue;
            }

            frames.Add(body);
            if ((flags & More) == 0)
                return frames;
            if (frames.Count > 16)
                throw new InvalidDataException("A message of too many parts.");
        }
    }

    /// <summary>A publisher may be silent for hours; whether it is still there is asked after a minute.</summary>
    async Task<(byte Flags, byte[] Body)> ReadOrPingAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var reading = ReadFrameAsync(stream, cancellationToken);
        if (await IsDoneAsync(reading, Silence, cancellationToken))
            return await reading;
        await stream.WriteAsync((byte[])[Command, 7, 4, .. "PING"u8, 0, 0], cancellationToken);
        return await IsDoneAsync(reading, PongTimeout, cancellationToken)
            ? await reading : throw new IOException("The publisher does not answer any more.");
    }

    async Task<bool> IsDoneAsync(Task reading, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var isDone = await Task.WhenAny(reading, Task.Delay(timeout, time, stop.Token)) == reading;
        await stop.CancelAsync();
        return isDone;
    }

    static async Task<(byte Flags, byte[] Body)> ReadFrameAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new byte[9];
        await stream.ReadExactlyAsync(head.AsMemory(0, 2), cancellationToken);
        ulong length = head[1];
        if ((head[0] & Long) != 0)
        {
            await stream.ReadExactlyAsync(head.AsMemory(2, 7), cancellationToken);
            length = BinaryPrimitives.ReadUInt64BigEndian(head.AsSpan(1));
        }

        if (length > LongestFrame)
            throw new InvalidDataException("A frame of more than 4 MiB.");
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, cancellationToken);
        return (head[0], body);
    }

    static bool IsLoss(Exception exception, CancellationToken cancellationToken) =>
        exception is IOException or SocketException or InvalidDataException or OperationCanceledException
        && !cancellationToken.IsCancellationRequested;
}
