namespace TeslaMate.Mqtt.Broker;

/// <summary>
/// The stream of a broker that may be hostile: MQTTnet allocates up to 256 MB for a packet that announces so much, and queues without limit the
/// messages that arrive faster than they are handled. Here a message that is too large is cut, so that it is acknowledged like any other, and
/// messages that come too fast wait in the socket.
/// </summary>
/// <param name="room">How many more messages MQTTnet may hold; released for each one that has been handled.</param>
sealed class BoundedPacketStream(Stream broker, SemaphoreSlim room) : Stream
{
    /// <summary>Holds the longest topic (64 KB) and more than any payload that is listened for.</summary>
    public const int MaxPacketLength = 96 * 1024;

    const int MaxHeaderLength = 5;
    const int PublishType = 3;

    readonly byte[] _buffer = new byte[16 * 1024];
    readonly byte[] _header = new byte[MaxHeaderLength];
    int _bufferAt;
    int _bufferEnd;
    int _headerAt;
    int _headerEnd;

    // Of the present packet: bytes still to be passed on, and bytes to be dropped after those.
    int _body;
    int _excess;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_headerAt == _headerEnd && _body == 0 && !await BeginPacketAsync(cancellationToken))
            return 0;
        if (_headerAt < _headerEnd)
        {
            var given = Math.Min(buffer.Length, _headerEnd - _headerAt);
            _header.AsMemory(_headerAt, given).CopyTo(buffer);
            _headerAt += given;
            return given;
        }

        if (_bufferAt == _bufferEnd && !await FillAsync(cancellationToken))
            return 0;
        var read = Math.Min(Math.Min(buffer.Length, _body), _bufferEnd - _bufferAt);
        _buffer.AsMemory(_bufferAt, read).CopyTo(buffer);
        _bufferAt += read;
        _body -= read;
        return read;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        => broker.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => broker.FlushAsync(cancellationToken);

    public override void Flush() => broker.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            broker.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Drops the rest of a cut message and reads the fixed header of the next packet.</summary>
    /// <returns>False at the end of the stream.</returns>
    async ValueTask<bool> BeginPacketAsync(CancellationToken cancellationToken)
    {
        while (_excess > 0)
        {
            if (_bufferAt == _bufferEnd && !await FillAsync(cancellationToken))
                return false;
            var dropped = Math.Min(_excess, _bufferEnd - _bufferAt);
            _bufferAt += dropped;
            _excess -= dropped;
        }

        var (at, length) = (0, 0);
        do
        {
            if (at == MaxHeaderLength)
                throw new InvalidDataException("The length of a packet takes more than four bytes.");
            if (_bufferAt == _bufferEnd && !await FillAsync(cancellationToken))
                return false;
            _header[at] = _buffer[_bufferAt++];
            if (at > 0)
                length |= (_header[at] & 0x7f) << (7 * (at - 1));
        }
        while (at++ == 0 || _header[at - 1] >= 0x80);

        var isPublish = _header[0] >> 4 == PublishType;
        if (length > MaxPacketLength && !isPublish)
            throw new InvalidDataException("A packet that is no message is larger than any of MQTT 3.1.1.");
        if (isPublish)
            await room.WaitAsync(cancellationToken);
        _body = Math.Min(length, MaxPacketLength);
        _excess = length - _body;
        (_headerAt, _headerEnd) = (0, WriteLength(_body));
        return true;
    }

    /// <returns>Where the header ends.</returns>
    int WriteLength(int length)
    {
        var at = 1;
        do
        {
            _header[at++] = (byte)(length >= 0x80 ? (length & 0x7f) | 0x80 : length);
            length >>= 7;
        }
        while (length > 0);
        return at;
    }

    async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        (_bufferAt, _bufferEnd) = (0, await broker.ReadAsync(_buffer, cancellationToken));
        return _bufferEnd > 0;
    }
}
