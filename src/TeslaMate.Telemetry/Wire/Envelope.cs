using System.Buffers.Binary;

namespace TeslaMate.Telemetry.Wire;

/// <summary>
/// One message of the car's own connection (spec fleet-telemetry 1.2): a FlatBuffers table that carries one record. Read by hand, because each step
/// must be checked against the end of a message that anybody may have written, which the library's accessors do not do.
/// </summary>
/// <param name="Txid">1 to 128 opaque bytes that name the record in its acknowledgement; may be empty.</param>
/// <param name="MessageType"><see cref="StreamType"/> for a record of a car.</param>
sealed record Envelope(ReadOnlyMemory<byte> Txid, ReadOnlyMemory<byte> Topic, byte MessageType, ReadOnlyMemory<byte> MessageId, StreamMessage? Stream)
{
    public const byte StreamType = 4;
    public const byte AckType = 5;

    /// <summary>The largest message that is taken.</summary>
    public const int LongestBytes = 1_000_000;

    const int LongestTxid = 128;

    /// <summary>Reads a message.</summary>
    /// <returns>Null when a step leads outside of it; it is no envelope then.</returns>
    public static Envelope? TryRead(ReadOnlyMemory<byte> message)
    {
        var buffer = new Buffer(message);
        if (message.Length > LongestBytes || !buffer.TryUInt32(0, out var root) || Table.TryAt(buffer, root) is not { } table)
            return null;
        if (!table.TryVector(0, out var txid) || !table.TryVector(1, out var topic) || !table.TryByte(2, out var type)
            || !table.TryVector(4, out var id))
            return null;
        if (txid.Length > LongestTxid)
            return null;
        if (!table.TryTable(3, out var inner))
            return null;
        if (type != StreamType)
            return new Envelope(txid, topic, type, id, null);
        if (inner is not { } stream)
            return null;
        return stream.TryUInt32(0, out var createdAt) && stream.TryVector(1, out var sender) && stream.TryVector(2, out var payload)
            && stream.TryVector(3, out var deviceType) && stream.TryVector(4, out var deviceId) && stream.TryUInt64(5, out var deliveredAt)
            ? new Envelope(txid, topic, type, id, new StreamMessage(createdAt, sender, payload, deviceType, deviceId, deliveredAt))
            : null;
    }

    /// <summary>The identity of the record in a message that cannot be read otherwise; empty when that cannot be read either.</summary>
    public static ReadOnlyMemory<byte> TxidOf(ReadOnlyMemory<byte> message)
    {
        var buffer = new Buffer(message);
        return message.Length <= LongestBytes && buffer.TryUInt32(0, out var root) && Table.TryAt(buffer, root) is { } table
            && table.TryVector(0, out var txid) && txid.Length <= LongestTxid
            ? txid
            : default;
    }

    /// <summary>Bytes with bounds; offsets are 64-bit so that no sum wraps around.</summary>
    readonly struct Buffer(ReadOnlyMemory<byte> bytes)
    {
        public bool TryUInt16(long at, out ushort value)
        {
            value = Has(at, 2) ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span[(int)at..]) : (ushort)0;
            return Has(at, 2);
        }

        public bool TryUInt32(long at, out uint value)
        {
            value = Has(at, 4) ? BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[(int)at..]) : 0u;
            return Has(at, 4);
        }

        public bool TryUInt64(long at, out ulong value)
        {
            value = Has(at, 8) ? BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[(int)at..]) : 0ul;
            return Has(at, 8);
        }

        public bool TryByte(long at, out byte value)
        {
            value = Has(at, 1) ? bytes.Span[(int)at] : (byte)0;
            return Has(at, 1);
        }

        public bool TrySlice(long at, long length, out ReadOnlyMemory<byte> slice)
        {
            slice = Has(at, length) ? bytes.Slice((int)at, (int)length) : default;
            return Has(at, length);
        }

        bool Has(long at, long length) => at >= 0 && length >= 0 && at + length <= bytes.Length;
    }

    readonly struct Table
    {
        readonly Buffer _buffer;
        readonly long _at;
        readonly long _fields;
        readonly int _size;

        Table(Buffer buffer, long at, long fields, int size) => (_buffer, _at, _fields, _size) = (buffer, at, fields, size);

        public static Table? TryAt(Buffer buffer, long at)
        {
            if (at <= 0 || !buffer.TryUInt32(at, out var back))
                return null;
            var fields = at - (int)back;
            return buffer.TryUInt16(fields, out var size) && size >= 4 ? new Table(buffer, at, fields, size) : null;
        }

        public bool TryVector(int slot, out ReadOnlyMemory<byte> vector)
        {
            vector = default;
            if (!TrySlot(slot, out var at))
                return false;
            if (at is not { } pointer)
                return true;
            return _buffer.TryUInt32(pointer, out var offset) && offset != 0 && _buffer.TryUInt32(pointer + offset, out var length)
                && _buffer.TrySlice(pointer + offset + 4, length, out vector);
        }

        public bool TryTable(int slot, out Table? table)
        {
            table = null;
            if (!TrySlot(slot, out var at))
                return false;
            if (at is not { } pointer)
                return true;
            // The message of an acknowledgement is an empty vector at Tesla's server, so what is there is only read where a table is needed.
            table = _buffer.TryUInt32(pointer, out var offset) && offset != 0 ? TryAt(_buffer, pointer + offset) : null;
            return true;
        }

        public bool TryByte(int slot, out byte value)
        {
            value = 0;
            return TrySlot(slot, out var at) && (at is not { } place || _buffer.TryByte(place, out value));
        }

        public bool TryUInt32(int slot, out uint value)
        {
            value = 0;
            return TrySlot(slot, out var at) && (at is not { } place || _buffer.TryUInt32(place, out value));
        }

        public bool TryUInt64(int slot, out ulong value)
        {
            value = 0;
            return TrySlot(slot, out var at) && (at is not { } place || _buffer.TryUInt64(place, out value));
        }

        /// <returns>False when the table's layout leads outside; <paramref name="place"/> is null for a slot that is absent.</returns>
        bool TrySlot(int slot, out long? place)
        {
            place = null;
            var entry = 4 + (2 * slot);
            if (entry + 2 > _size)
                return true;
            if (!_buffer.TryUInt16(_fields + entry, out var offset))
                return false;
            if (offset != 0)
                place = _at + offset;
            return true;
        }
    }
}

/// <summary>The record inside an envelope.</summary>
/// <param name="CreatedAt">Seconds since 1970 when the message was made; 0 when it does not say.</param>
/// <param name="DeliveredAtMs">Set by servers; 0 from a car.</param>
sealed record StreamMessage(
    uint CreatedAt,
    ReadOnlyMemory<byte> SenderId,
    ReadOnlyMemory<byte> Payload,
    ReadOnlyMemory<byte> DeviceType,
    ReadOnlyMemory<byte> DeviceId,
    ulong DeliveredAtMs);
