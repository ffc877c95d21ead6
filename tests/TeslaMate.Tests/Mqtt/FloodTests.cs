using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TeslaMate.Tests.Simulator.Clocks;

namespace TeslaMate.Tests.Mqtt;

/// <summary>The memory of the whole process is looked at, so these run alone.</summary>
[Collection(NonParallelCollection.Name)]
public sealed class FloodTests
{
    const long Megabyte = 1024 * 1024;

    /// <summary>The whole publisher, on a broker that floods it with what it listens for and with what it does not.</summary>
    [Fact]
    public async Task A_flood_of_messages_leaves_no_memory_behind_and_values_go_on_arriving()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var broker = new FloodingBroker();
        await using var server = await MosquittoServer.StartAsync();
        await using var publisher = await Publisher.StartAsync(
            server, ("MQTT_PORT", $"{broker.Port}"), ("MQTT_HOME_ASSISTANT_DISCOVERY", "true"));
        publisher.Hub.Publish(ASummary.Online());
        await publisher.UntilAsync(() => broker.Flooded > 300 * Megabyte);
        var published = broker.Published;
        publisher.Hub.Publish(ASummary.Online() with { Speed = 77 });
        await publisher.UntilAsync(() => broker.Published > published);
        // Whatever the flood said, it was answered by a few announcements and not one for one.
        broker.Announcements.ShouldBeLessThan(20);
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(100 * Megabyte);
    }

    /// <summary>Acknowledges what it gets and sends messages as fast as they are taken: births, farewells, huge ones, and ever new topics.</summary>
    sealed class FloodingBroker : IAsyncDisposable
    {
        readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        readonly CancellationTokenSource _end = new();
        readonly Task _serving;
        long _flooded;
        int _published;
        int _announcements;

        public FloodingBroker()
        {
            _listener.Start();
            _serving = ServeAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public long Flooded => Volatile.Read(ref _flooded);

        public int Published => Volatile.Read(ref _published);

        public int Announcements => Volatile.Read(ref _announcements);

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            _listener.Stop();
            await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task ServeAsync()
        {
            using var client = await _listener.AcceptTcpClientAsync(_end.Token);
            await using var stream = client.GetStream();
            using var writing = new SemaphoreSlim(1);
            await Task.WhenAny(AnswerAsync(stream, writing), FloodAsync(stream, writing));
        }

        async Task AnswerAsync(NetworkStream stream, SemaphoreSlim writing)
        {
            using var reader = new BufferedStream(stream, 64 * 1024);
            var fixedHeader = new byte[1];
            while (true)
            {
                await reader.ReadExactlyAsync(fixedHeader, _end.Token);
                var length = await ReadLengthAsync(reader);
                var body = new byte[length];
                await reader.ReadExactlyAsync(body, _end.Token);
                var topicLength = fixedHeader[0] >> 4 == 3 ? BinaryPrimitives.ReadUInt16BigEndian(body) : 0;
                byte[]? answer = (fixedHeader[0] >> 4) switch
                {
                    1 => [0x20, 2, 0, 0],
                    3 => [0x40, 2, .. body.AsSpan(2 + topicLength, 2)],
                    8 => [0x90, 3, body[0], body[1], 1],
                    10 => [0xb0, 2, body[0], body[1]],
                    12 => [0xd0, 0],
                    _ => null,
                };
                if (fixedHeader[0] >> 4 == 3)
                {
                    Interlocked.Increment(ref _published);
                    if (Encoding.UTF8.GetString(body, 2, topicLength).StartsWith("homeassistant/device", StringComparison.Ordinal))
                        Interlocked.Increment(ref _announcements);
                }

                if (answer is not null)
                    await WriteAsync(stream, writing, answer);
            }
        }

        async Task FloodAsync(NetworkStream stream, SemaphoreSlim writing)
        {
            while (Published == 0)
                await Task.Delay(10, _end.Token);
            var huge = Message("teslamate/availability", new byte[20 * (int)Megabyte]);
            for (var i = 0; !_end.IsCancellationRequested; i++)
            {
                byte[] flood =
                [
                    .. Message("homeassistant/status", "online"u8.ToArray()), .. Message("teslamate/availability", "offline"u8.ToArray()),
                    .. Message($"homeassistant/sensor/teslamate_1/{i}/config", new byte[2000]), .. Message($"{new string('x', 60_000)}{i}", [1]),
                ];
                await WriteAsync(stream, writing, i % 100 == 0 ? huge : flood);
            }
        }

        async Task WriteAsync(NetworkStream stream, SemaphoreSlim writing, byte[] bytes)
        {
            await writing.WaitAsync(_end.Token);
            try
            {
                await stream.WriteAsync(bytes, _end.Token);
            }
            finally
            {
                writing.Release();
            }

            Interlocked.Add(ref _flooded, bytes.Length);
        }

        static byte[] Message(string topic, byte[] payload)
        {
            var name = Encoding.UTF8.GetBytes(topic);
            return [.. HostileBrokerTests.Header(3, 2 + name.Length + payload.Length), (byte)(name.Length >> 8), (byte)name.Length, .. name,
                .. payload];
        }

        async Task<int> ReadLengthAsync(Stream reader)
        {
            var (length, one) = (0, new byte[1]);
            for (var shift = 0; ; shift += 7)
            {
                await reader.ReadExactlyAsync(one, _end.Token);
                length |= (one[0] & 0x7f) << shift;
                if (one[0] < 0x80)
                    return length;
            }
        }
    }
}
