using System.Diagnostics;
using TeslaMate.Mqtt.Broker;

namespace TeslaMate.Tests.Mqtt;

/// <summary>What a broker, or whoever may publish there, can do to the program: nothing that grows.</summary>
public sealed class HostileBrokerTests
{
    const long Megabyte = 1024 * 1024;

    /// <summary>The largest packet of MQTT: 256 MB.</summary>
    const int LargestLength = 268_435_455;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_384)]
    [InlineData(BoundedPacketStream.MaxPacketLength)]
    public async Task Packets_of_all_usual_sizes_pass_as_they_are(int length)
    {
        byte[] packet = [.. Header(3, length), .. Enumerable.Range(0, length).Select(i => (byte)i)];
        byte[] all = [.. packet, 0xd0, 0, .. packet];
        (await PassAsync(new MemoryStream(all), 1)).ShouldBe(all);
        (await PassAsync(new MemoryStream(all), 4096)).ShouldBe(all);
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_cut_and_the_next_packet_follows()
    {
        byte[] body = [.. Enumerable.Range(0, BoundedPacketStream.MaxPacketLength + 70_000).Select(i => (byte)i)];
        byte[] pong = [0xd0, 0];
        var passed = await PassAsync(new MemoryStream([.. Header(3, body.Length), .. body, .. pong]), 4096);
        passed.ShouldBe([.. Header(3, BoundedPacketStream.MaxPacketLength), .. body.AsSpan(0, BoundedPacketStream.MaxPacketLength), .. pong]);
    }

    [Fact]
    public async Task The_largest_message_of_all_takes_no_memory()
    {
        using var stream = new BoundedPacketStream(new Zeros(Header(3, LargestLength), LargestLength), new SemaphoreSlim(1));
        var buffer = new byte[4096];
        var before = GC.GetAllocatedBytesForCurrentThread();
        long passed = 0;
        // Everything is there already, so that all of it happens on this thread.
        for (var read = 1; read > 0; passed += read)
            read = await stream.ReadAsync(buffer, CancellationToken.None);
        passed.ShouldBe(BoundedPacketStream.MaxPacketLength + 4);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(16 * Megabyte);
        (await stream.ReadAsync(buffer, CancellationToken.None)).ShouldBe(0);
    }

    [Fact]
    public async Task Messages_wait_in_the_socket_until_earlier_ones_are_handled()
    {
        using var room = new SemaphoreSlim(2);
        byte[] message = [.. Header(3, 3), 1, 2, 3];
        using var stream = new BoundedPacketStream(new MemoryStream([.. message, .. message, .. message]), room);
        await stream.ReadExactlyAsync(new byte[2 * message.Length]);
        var third = stream.ReadExactlyAsync(new byte[message.Length]);
        third.IsCompleted.ShouldBeFalse();
        room.Release();
        await third;
    }

    [Theory]
    [InlineData(new byte[] { 0x30, 0xff, 0xff, 0xff, 0xff, 0x01 })]
    [InlineData(new byte[] { 0x90, 0xff, 0xff, 0xff, 0x7f })]
    public async Task What_is_no_packet_of_MQTT_ends_the_connection(byte[] header)
        => await Should.ThrowAsync<InvalidDataException>(async () => await PassAsync(new MemoryStream(header), 16));

    [SkippableFact]
    public async Task A_huge_message_of_another_client_is_acknowledged_and_passed_over()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var publisher = await Publisher.StartAsync(server, ("MQTT_HOME_ASSISTANT_DISCOVERY", "true"));
        publisher.Hub.Publish(ASummary.Online());
        await publisher.SettledAsync();
        var file = Path.Combine(server.Folder, "huge");
        await using (var huge = File.Create(file))
            huge.SetLength(200 * Megabyte);
        // More of them than a broker leaves without an acknowledgement, and one that every later connection gets.
        foreach (var retain in new[] { false, true })
        {
            using var sending = Process.Start(new ProcessStartInfo("mosquitto_pub",
                ["-h", "127.0.0.1", "-p", $"{server.Port}", "-q", "1", "-t", "homeassistant/status", "-f", file, .. retain ? new[] { "-r" } : []]))!;
            await sending.WaitForExitAsync();
            sending.ExitCode.ShouldBe(0);
        }

        publisher.Hub.Publish(ASummary.Online() with { Speed = 77 });
        await publisher.SettledAsync();
        (await server.RetainedAsync("teslamate/#"))["teslamate/cars/1/speed"].ShouldBe("77");
        await using var listener = await server.ListenAsync("homeassistant/device/#");
        await listener.UntilAsync(message => message.Retained);
        await server.PublishAsync("homeassistant/status", "online", retain: false);
        await listener.UntilAsync(message => message.Topic == "homeassistant/device/teslamate_1/config");
        publisher.Log.ShouldNotContain("dropped");
    }

    internal static byte[] Header(int type, int length)
    {
        var header = new List<byte> { (byte)(type << 4) };
        do
        {
            header.Add((byte)(length >= 0x80 ? (length & 0x7f) | 0x80 : length));
            length >>= 7;
        }
        while (length > 0);
        return [.. header];
    }

    static async Task<byte[]> PassAsync(Stream from, int chunk)
    {
        using var stream = new BoundedPacketStream(from, new SemaphoreSlim(100));
        using var passed = new MemoryStream();
        await stream.CopyToAsync(passed, chunk);
        return passed.ToArray();
    }

    /// <summary>A header and then zeros, without being them.</summary>
    sealed class Zeros(byte[] header, long length) : MemoryStream(header)
    {
        long _left = length;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < Length)
                return new ValueTask<int>(Read(buffer.Span));
            var read = (int)Math.Min(buffer.Length, _left);
            buffer.Span[..read].Clear();
            _left -= read;
            return new ValueTask<int>(read);
        }
    }
}
