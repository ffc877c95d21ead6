using System.Buffers.Binary;
using System.Numerics;
using System.Text.Json;
using TeslaMate.Configuration;

namespace TeslaMate.Logbook.Spooling;

/// <summary>What waited on disk under one number.</summary>
sealed record SpooledBatch(long Number, IReadOnlyList<LogbookEntry> Entries);

/// <summary>
/// The batches of one car that wait for the database: a file that only grows until it is emptied as a whole. Each record is complete or does not
/// count, so that a power cut at any byte costs at most what nobody was told is safe. Not thread-safe.
/// </summary>
/// <remarks>
/// Header: 8 bytes magic, 16 bytes epoch. Record: length of the text, CRC-32C of number and text (both 32 bit), number (64 bit), text (JSON). Little
/// endian.
/// </remarks>
sealed class SpoolFile : IDisposable
{
    const int HeaderLength = 24;
    const int RecordHeaderLength = 16;

    static readonly byte[] Magic = "TMSPOOL1"u8.ToArray();

    readonly string _path;
    readonly long _limit;
    FileStream _file;

    // Where the first batch that is not yet written begins.
    long _head = HeaderLength;
    long _end;

    SpoolFile(string path, long limit, FileStream file)
    {
        (_path, _limit, _file) = (path, limit, file);
    }

    public bool IsEmpty => _head == _end;

    /// <summary>The number of the newest batch in the file; 0 when it is empty.</summary>
    public long LastNumber { get; private set; }

    /// <summary>Bytes that wait.</summary>
    public long Length => _end - _head;

    /// <summary>
    /// Opens or creates the file. What it holds from another epoch is moved to <paramref name="abandoned"/>: another instance has logged the car
    /// since, and entries that speak of "the open drive" would now hit another one.
    /// </summary>
    /// <param name="limit">Bytes beyond which positions are thinned out.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static SpoolFile Open(string path, Guid epoch, long limit, out string? abandoned)
    {
        abandoned = PutAside(path, epoch);

        // An interrupted thinning; the file itself is whole.
        File.Delete(path + ".new");
        var file = PrivateFiles.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            var spool = new SpoolFile(path, limit, file);
            if (file.Length < HeaderLength)
                spool.WriteHeader(epoch);
            spool._end = HeaderLength;
            while (spool.TryReadRecord(spool._end, out var number, out _, out var next))
                (spool._end, spool.LastNumber) = (next, number);
            // A torn last record would make everything appended behind it unreadable.
            if (file.Length > spool._end)
                file.SetLength(spool._end);
            return spool;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Moves what a file holds from another epoch than this out of the way.</summary>
    /// <returns>Where to, or null when there was nothing.</returns>
    public static string? PutAside(string path, Guid epoch)
    {
        if (!File.Exists(path) || EpochOf(path) is var found && found == epoch)
            return null;
        if (new FileInfo(path).Length <= HeaderLength)
        {
            File.Delete(path);
            return null;
        }

        var aside = $"{path}.{found ?? Guid.Empty:N}.abandoned";
        File.Move(path, aside, overwrite: true);
        PrivateFiles.Open(aside, FileMode.Open, FileAccess.Read, FileShare.ReadWrite).Dispose();
        return aside;
    }

    /// <returns>Null when it is no spool.</returns>
    public static Guid? EpochOf(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> header = stackalloc byte[HeaderLength];
        return file.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false) == HeaderLength && header[..8].SequenceEqual(Magic)
            ? new Guid(header[8..]) : null;
    }

    /// <summary>Appends a batch and waits until the disk has it.</summary>
    /// <returns>False when there is no room left even after thinning; nothing is written then.</returns>
    /// <exception cref="IOException">The disk refuses; nothing counts as written.</exception>
    public bool TryAppend(SpooledBatch batch)
    {
        var record = Record(batch);
        if (_end + record.Length > _limit)
        {
            Thin();
            // Starts and ends are worth more than positions: they may use as much again.
            var room = batch.Entries.All(IsOneOfMany) ? _limit : 2 * _limit;
            if (_end + record.Length > room)
                return false;
        }

        try
        {
            RandomAccess.Write(_file.SafeFileHandle, record, _end);
            _file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Whatever arrived of it must not be found by the next start: the caller was told that it is lost.
            TryTruncate();
            throw;
        }

        _end += record.Length;
        LastNumber = batch.Number;
        return true;
    }

    /// <summary>The oldest batches, at least one unless the file is empty.</summary>
    /// <param name="most">How many at most.</param>
    /// <param name="unreadable">Records whose text is no longer understood, as text; they are skipped.</param>
    public IReadOnlyList<SpooledBatch> Peek(int most, out long next, out IReadOnlyList<string> unreadable)
    {
        List<SpooledBatch> batches = [];
        List<string> strange = [];
        next = _head;
        while (batches.Count < most && next < _end && TryReadRecord(next, out var number, out var text, out var following))
        {
            next = following;
            try
            {
                batches.Add(new(number, JsonSerializer.Deserialize(text, LogbookJson.Default.LogbookEntryArray) ?? []));
            }
            catch (Exception exception) when (exception is JsonException or NotSupportedException)
            {
                strange.Add(System.Text.Encoding.UTF8.GetString(text));
            }
        }

        unreadable = strange;
        return batches;
    }

    /// <summary>Forgets everything before <paramref name="next"/>, a position that <see cref="Peek"/> gave.</summary>
    public void Forget(long next)
    {
        _head = next;
        if (!IsEmpty)
            return;
        // Only a whole file is emptied: what was written already is recognized by its number should this be interrupted.
        _file.SetLength(HeaderLength);
        _head = _end = HeaderLength;
    }

    public void Dispose() => _file.Dispose();

    static bool IsOneOfMany(LogbookEntry entry)
        => entry is LogbookEntry.InsertPosition or LogbookEntry.InsertDrivePosition or LogbookEntry.InsertCharge;

    static byte[] Record(SpooledBatch batch)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes([.. batch.Entries], LogbookJson.Default.LogbookEntryArray);
        var record = new byte[RecordHeaderLength + text.Length];
        BinaryPrimitives.WriteInt32LittleEndian(record, text.Length);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(8), batch.Number);
        text.CopyTo(record, RecordHeaderLength);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), Checksum(record.AsSpan(8)));
        return record;
    }

    static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var checksum = uint.MaxValue;
        while (bytes.Length >= 8)
        {
            checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var rest in bytes)
            checksum = BitOperations.Crc32C(checksum, rest);
        return ~checksum;
    }

    void WriteHeader(Guid epoch)
    {
        var header = new byte[HeaderLength];
        Magic.CopyTo(header, 0);
        epoch.TryWriteBytes(header.AsSpan(8));
        _file.SetLength(0);
        RandomAccess.Write(_file.SafeFileHandle, header, 0);
        _file.Flush(flushToDisk: true);
    }

    bool TryReadRecord(long at, out long number, out byte[] text, out long next)
    {
        (number, text, next) = (0, [], at);
        Span<byte> header = stackalloc byte[RecordHeaderLength];
        if (ReadFully(header, at) < RecordHeaderLength)
            return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length < 0 || at + RecordHeaderLength + length > _file.Length)
            return false;
        var body = new byte[8 + length];
        if (ReadFully(body, at + 8) < body.Length || Checksum(body) != BinaryPrimitives.ReadUInt32LittleEndian(header[4..]))
            return false;
        (number, text, next) = (BinaryPrimitives.ReadInt64LittleEndian(body), body[8..], at + RecordHeaderLength + length);
        return true;
    }

    int ReadFully(Span<byte> buffer, long at)
    {
        var read = 0;
        while (read < buffer.Length && RandomAccess.Read(_file.SafeFileHandle, buffer[read..], at + read) is > 0 and var more)
            read += more;
        return read;
    }

    void TryTruncate()
    {
        try
        {
            _file.SetLength(_end);
        }
        catch (IOException)
        {
            // The next append overwrites it.
        }
    }

    /// <summary>
    /// Makes room: of the positions (and of the charges) between two other entries every second one goes, but never the first or the last. Done
    /// again as often as the limit is reached, so that a long outage keeps its whole course at a falling resolution.
    /// </summary>
    void Thin()
    {
        var batches = Peek(int.MaxValue, out _, out _);
        var flat = batches.SelectMany(batch => batch.Entries.Select(entry => (batch.Number, Entry: entry))).ToList();
        List<(long Number, LogbookEntry Entry)> kept = [];
        for (var i = 0; i < flat.Count;)
        {
            var end = i;
            while (end < flat.Count && IsOneOfMany(flat[i].Entry) && flat[end].Entry.GetType() == flat[i].Entry.GetType())
                end++;
            end = Math.Max(end, i + 1);
            for (var n = i; n < end; n++)
                if (n == i || n == end - 1 || (n - i) % 2 == 0)
                    kept.Add(flat[n]);
            i = end;
        }

        var temporary = _path + ".new";
        using (var copy = PrivateFiles.Open(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            Span<byte> header = stackalloc byte[HeaderLength];
            ReadFully(header, 0);
            copy.Write(header);
            foreach (var batch in kept.GroupBy(pair => pair.Number))
                copy.Write(Record(new(batch.Key, [.. batch.Select(pair => pair.Entry)])));
            copy.Flush(flushToDisk: true);
        }

        File.Move(temporary, _path, overwrite: true);
        _file.Dispose();
        _file = PrivateFiles.Open(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        (_head, _end) = (HeaderLength, _file.Length);
    }
}
