using System.Buffers.Binary;
using System.Text;
using TeslaMate.Telemetry.Wire;

namespace TeslaMate.Tests.Telemetry.Wire;

public class EnvelopeTests
{
    [Theory]
    [InlineData(1, "t00000001", "V", 204)]
    [InlineData(2, "t00000002", "V", 82)]
    [InlineData(6, "t00000006", "V", 76)]
    [InlineData(13, "t00000013", "alerts", 118)]
    [InlineData(15, "78ae54a58800468194dc95-000000397", "V", 42)]
    [InlineData(18, "t00000005", "V", 43)]
    public void A_captured_envelope_is_read(int vector, string txid, string topic, int payload)
    {
        var envelope = Envelope.TryRead(Vectors.Bytes(vector, "envelope")).ShouldNotBeNull();

        Encoding.ASCII.GetString(envelope.Txid.Span).ShouldBe(txid);
        Encoding.ASCII.GetString(envelope.Topic.Span).ShouldBe(topic);
        envelope.MessageType.ShouldBe(Envelope.StreamType);
        var stream = envelope.Stream.ShouldNotBeNull();
        stream.Payload.Length.ShouldBe(payload);
        Encoding.ASCII.GetString(stream.SenderId.Span).ShouldEndWith(Vectors.Vin);
        Encoding.ASCII.GetString(stream.DeviceType.Span).ShouldBe("vehicle_device");
        Encoding.ASCII.GetString(stream.DeviceId.Span).ShouldBe(Vectors.Vin);
    }

    [Fact]
    public void All_slots_are_read()
    {
        var envelope = Envelope.TryRead(Vectors.Bytes(15, "envelope")).ShouldNotBeNull();

        Encoding.ASCII.GetString(envelope.MessageId.Span).ShouldBe("m-1");
        Encoding.ASCII.GetString(envelope.Stream!.SenderId.Span).ShouldBe(Vectors.Vin);
        envelope.Stream.CreatedAt.ShouldBe((uint)Vectors.T.AddSeconds(13).ToUnixTimeSeconds());
        envelope.Stream.DeliveredAtMs.ShouldBe(0x0000019e82329490ul);
    }

    [Fact]
    public void Another_layout_has_the_same_content()
    {
        var other = Envelope.TryRead(Vectors.Bytes(18, "envelope")).ShouldNotBeNull();

        other.Stream!.Payload.ToArray().ShouldBe(Vectors.Bytes(5, "payload"));
        Encoding.ASCII.GetString(other.Stream.SenderId.Span).ShouldBe($"vehicle_device.{Vectors.Vin}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(6)]
    [InlineData(13)]
    [InlineData(15)]
    public void What_is_read_is_written_as_the_same_bytes(int vector)
    {
        var bytes = Vectors.Bytes(vector, "envelope");

        Convert.ToHexString(EnvelopeWriter.Stream(Envelope.TryRead(bytes)!)).ShouldBe(Convert.ToHexString(bytes));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(13)]
    [InlineData(15)]
    public void An_acknowledgement_has_the_bytes_of_Teslas_server(int vector)
    {
        var envelope = Envelope.TryRead(Vectors.Bytes(vector, "envelope"))!;

        Convert.ToHexString(EnvelopeWriter.Ack(envelope.Txid.Span, envelope.Topic.Span)).ShouldBe(Convert.ToHexString(Vectors.Bytes(vector, "ack")));
    }

    [Fact]
    public void An_error_reply_has_the_bytes_of_Teslas_server()
        => Convert.ToHexString(EnvelopeWriter.Error("t00000001"u8)).ShouldBe(Convert.ToHexString(Vectors.Bytes(17, "envelope")));

    [Fact]
    public void An_acknowledgement_is_an_envelope_of_its_own_type()
    {
        var envelope = Envelope.TryRead(Vectors.Bytes(1, "ack")).ShouldNotBeNull();

        envelope.MessageType.ShouldBe(Envelope.AckType);
        envelope.Stream.ShouldBeNull();
        Encoding.ASCII.GetString(envelope.Txid.Span).ShouldBe("t00000001");
    }

    public static TheoryData<string, byte[]> Refused => new()
    {
        { "nothing", [] },
        { "four zero bytes", new byte[4] },
        { "eight zero bytes", new byte[8] },
        { "cut short", Vectors.Bytes(2, "envelope")[..100] },
        { "another root", [0xff, .. Vectors.Bytes(2, "envelope")[1..]] },
        { "an absurd length", WithLength(Vectors.Bytes(2, "envelope"), 156, uint.MaxValue) },
        { "too long", new byte[Envelope.LongestBytes + 1] },
        { "an offset near the end of numbers", WithLength(Vectors.Bytes(2, "envelope"), 40, uint.MaxValue - 3) },
        { "a record without a place", WithLength(Vectors.Bytes(2, "envelope"), 28, 0) },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_is_no_envelope_is_refused(string what, byte[] bytes) => Envelope.TryRead(bytes).ShouldBeNull(what);

    [Fact]
    public void A_list_of_fields_may_stand_behind_its_table()
    {
        // The list of fields of the envelope is moved to the end; the table points forward to it.
        var bytes = Vectors.Bytes(2, "envelope");
        byte[] moved = [.. bytes, .. bytes[6..20]];
        BinaryPrimitives.WriteInt32LittleEndian(moved.AsSpan(20), 20 - bytes.Length);

        Envelope.TryRead(moved).ShouldNotBeNull().Stream!.Payload.ToArray().ShouldBe(Vectors.Payload(2));
    }

    [Fact]
    public void Mutated_envelopes_never_do_more_than_be_refused()
    {
        var random = new Random(18);
        int[] sources = [1, 2, 6, 13, 15, 18];
        var (read, records) = (0, 0);
        for (var i = 0; i < 10_000; i++)
        {
            var bytes = Mutate(Vectors.Bytes(sources[i % sources.Length], "envelope"), random);
            var envelope = Envelope.TryRead(bytes);
            Envelope.TxidOf(bytes).Length.ShouldBeLessThanOrEqualTo(128);
            if (envelope is null)
                continue;
            read++;
            EnvelopeWriter.Ack(envelope.Txid.Span, envelope.Topic.Span).Length.ShouldBeGreaterThan(60);
            if (envelope.Stream is not { } stream)
                continue;
            foreach (var type in Enum.GetValues<TeslaMate.Telemetry.Records.RecordType>())
            {
                if (ProtobufForm.TryRead(type, stream.Payload.Span) is not { } record)
                    continue;
                records++;
                ServerChanges.Apply(record, Vectors.Vin).Vin.ShouldBe(Vectors.Vin);
            }
        }

        // Most changes hit text, so both ways must have been gone often.
        read.ShouldBeInRange(1_000, 9_900);
        records.ShouldBeGreaterThan(500);
    }

    internal static byte[] Mutate(byte[] bytes, Random random)
    {
        var mutated = (byte[])bytes.Clone();
        switch (random.Next(4))
        {
            case 0:
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
                break;
            case 1:
                for (var i = 0; i < 8; i++)
                    mutated[random.Next(mutated.Length)] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                mutated = mutated[..random.Next(mutated.Length)];
                break;
            default:
                BinaryPrimitives.WriteUInt32LittleEndian(mutated.AsSpan(random.Next(mutated.Length - 4)), (uint)random.NextInt64(uint.MaxValue + 1L));
                break;
        }

        return mutated;
    }

    static byte[] WithLength(byte[] bytes, int at, uint value)
    {
        var changed = (byte[])bytes.Clone();
        BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(at), value);
        return changed;
    }
}
