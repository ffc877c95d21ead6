using System.Buffers.Binary;
using System.Text;

namespace TeslaMate.Telemetry.Wire;

/// <summary>Writes envelopes in the layout of Tesla's server, byte for byte (spec fleet-telemetry 1.3).</summary>
static class EnvelopeWriter
{
    static readonly byte[] FormatError = Encoding.ASCII.GetBytes("incorrect message format");

    /// <summary>The acknowledgement of one record.</summary>
    public static byte[] Ack(ReadOnlySpan<byte> txid, ReadOnlySpan<byte> topic)
    {
        var writer = new Writer(Length(txid, topic, []) + 8);
        writer.Head(Envelope.AckType, txid, topic, []);
        // The message of an acknowledgement is an empty vector.
        writer.PointHere(28);
        writer.Vector([]);
        return writer.ToArray();
    }

    /// <summary>The answer to a message that cannot be read, and to one from another sender than it may have.</summary>
    public static byte[] Error(ReadOnlySpan<byte> txid) =>
        Stream(new Envelope(txid.ToArray(), default, Envelope.StreamType, default, new StreamMessage(0, default, FormatError, default, default, 0)));

    /// <summary>A record as a car sends it.</summary>
    public static byte[] Stream(Envelope envelope)
    {
        var stream = envelope.Stream ?? throw new ArgumentException("The envelope has no record.", nameof(envelope));
        var writer = new Writer(Length(envelope.Txid.Span, envelope.Topic.Span, envelope.MessageId.Span) + stream.Payload.Length
            + stream.SenderId.Length + stream.DeviceType.Length + stream.DeviceId.Length + 128);
        writer.Head(envelope.MessageType, envelope.Txid.Span, envelope.Topic.Span, envelope.MessageId.Span);

        // The slots in the order of their places in the table; those of value zero are left out.
        var at = 4;
        Span<ushort> slots = stackalloc ushort[6];
        if (stream.DeliveredAtMs != 0)
            (slots[5], at) = ((ushort)at, at + 8);
        (slots[4], slots[3], slots[2], at) = ((ushort)at, (ushort)(at + 4), (ushort)(at + 8), at + 12);
        if (stream.CreatedAt != 0)
            (slots[0], at) = ((ushort)at, at + 4);
        (slots[1], at) = ((ushort)at, at + 4);
        var count = stream.DeliveredAtMs != 0 ? 6 : 5;
        var size = (ushort)(4 + (2 * count));
        var table = writer.Table(size, (ushort)at, slots[..count], isWide: stream.DeliveredAtMs != 0);
        writer.Point(28, table);
        if (stream.CreatedAt != 0)
            writer.UInt32(table + slots[0], stream.CreatedAt);
        if (stream.DeliveredAtMs != 0)
            writer.UInt64(table + slots[5], stream.DeliveredAtMs);
        writer.PointHere(table + slots[4]);
        writer.Vector(stream.DeviceId.Span);
        writer.PointHere(table + slots[3]);
        writer.Vector(stream.DeviceType.Span);
        writer.PointHere(table + slots[2]);
        writer.Vector(stream.Payload.Span);
        writer.PointHere(table + slots[1]);
        writer.Vector(stream.SenderId.Span);
        return writer.ToArray();
    }

    static int Length(ReadOnlySpan<byte> txid, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> id) => 44 + 24 + txid.Length + topic.Length + id.Length;

    sealed class Writer(int capacity)
    {
        byte[] _bytes = new byte[capacity];
        int _end = 44;

        /// <summary>The envelope's own table and its three vectors; the message follows.</summary>
        public void Head(byte type, ReadOnlySpan<byte> txid, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> id)
        {
            UInt32(0, 20);
            ReadOnlySpan<ushort> fields = [14, 24, 20, 16, 15, 8, 4];
            for (var i = 0; i < fields.Length; i++)
                BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(6 + (2 * i)), fields[i]);
            UInt32(20, 14);
            _bytes[35] = type;
            PointHere(24);
            Vector(id);
            PointHere(36);
            Vector(topic);
            PointHere(40);
            Vector(txid);
        }

        /// <summary>An offset at <paramref name="at"/> to what is written next.</summary>
        public void PointHere(int at) => Point(at, _end);

        public void Point(int at, int target) => UInt32(at, (uint)(target - at));

        /// <summary>A length, the bytes, one zero byte, zeros up to a multiple of four.</summary>
        public void Vector(ReadOnlySpan<byte> bytes)
        {
            Grow(_end + bytes.Length + 8);
            UInt32(_end, (uint)bytes.Length);
            bytes.CopyTo(_bytes.AsSpan(_end + 4));
            _end += 4 + bytes.Length + 1;
            _end = (_end + 3) & ~3;
        }

        /// <summary>A table right after its list of fields.</summary>
        /// <param name="isWide">It has a number of eight bytes behind its first four.</param>
        public int Table(ushort size, ushort length, ReadOnlySpan<ushort> slots, bool isWide)
        {
            // The padding behind the last vector may hold the list of fields.
            var table = LastVectorEnd + size;
            while (isWide ? table % 8 != 4 : table % 4 != 0)
                table++;
            Grow(table + length + 8);
            var fields = table - size;
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(fields), size);
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(fields + 2), length);
            for (var i = 0; i < slots.Length; i++)
                BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(fields + 4 + (2 * i)), slots[i]);
            UInt32(table, size);
            _end = table + length;
            return table;
        }

        public void UInt32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), value);

        public void UInt64(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(at), value);

        public byte[] ToArray() => _bytes[.._end];

        int LastVectorEnd
        {
            get
            {
                var vector = 40 + (int)BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(40));
                return vector + 4 + (int)BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(vector)) + 1;
            }
        }

        void Grow(int length)
        {
            if (length > _bytes.Length)
                Array.Resize(ref _bytes, Math.Max(length, _bytes.Length * 2));
        }
    }
}
