using System.Security.Cryptography;
using TeslaMate.Logbook;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;

namespace TeslaMate.Telemetry.Inbox;

/// <summary>Where a record came from.</summary>
enum IntakePath
{
    Endpoint = 0,
    ZeroMq = 1,
    Mqtt = 2,
    Kafka = 3,
}

/// <summary>How a record is kept.</summary>
enum RecordForm
{
    Protobuf = 0,
    Json = 1,

    /// <summary>Kept as it came, and nothing more.</summary>
    Unreadable = 2,
}

/// <summary>A record on its way into the inbox.</summary>
/// <param name="Txid">Names the record where the path tells it; otherwise empty.</param>
/// <param name="CarTime">The car's clock, as far as it can be believed.</param>
/// <param name="IsApplied">It is kept, but makes no rows.</param>
/// <param name="Datums">What Tesla bills as signals.</param>
sealed record InboxRecord(
    CarId Car, RecordType Type, RecordForm Form, IntakePath Path, ReadOnlyMemory<byte> Txid, DateTimeOffset CarTime, DateTimeOffset ReceivedAt,
    bool IsResend, bool IsApplied, int Datums, ReadOnlyMemory<byte> Payload)
{
    static readonly TimeSpan FarthestAhead = TimeSpan.FromSeconds(10);
    static readonly TimeSpan Oldest = TimeSpan.FromDays(7);

    /// <summary>A record as it came.</summary>
    /// <param name="created">When the message around it was made; null when that is not told.</param>
    public static InboxRecord Of(
        CarId car, RecordType type, RecordForm form, IntakePath path, ReadOnlyMemory<byte> txid, TelemetryRecord? record, DateTimeOffset? created,
        DateTimeOffset receivedAt,
        ReadOnlyMemory<byte> payload)
    {
        var carTime = record?.CreatedAt ?? created ?? receivedAt;
        // The first record after a night may be stamped minutes ahead; a clock that is ahead of ours says nothing.
        if (carTime > receivedAt + FarthestAhead)
            carTime = receivedAt;
        var datums = (record as TelemetryRecord.Data)?.Values.Count ?? 0;
        return new InboxRecord(
            car, type, record is null ? RecordForm.Unreadable : form, path, txid, Microseconds(carTime), Microseconds(receivedAt),
            IsResend: record is TelemetryRecord.Data { IsResend: true },
            IsApplied: record is null || receivedAt - carTime > Oldest || datums > PayloadShape.MostDatums,
            datums,
            payload);
    }

    public long Digest { get; } = DigestOf(Payload.Span, Type);

    /// <summary>The beginning of a hash; equal bytes of one moment are the same record.</summary>
    static long DigestOf(ReadOnlySpan<byte> payload, RecordType type)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(payload, hash);
        return BitConverter.ToInt64(hash) ^ (long)type;
    }

    static DateTimeOffset Microseconds(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond)).ToUniversalTime();
}

/// <summary>What became of a record.</summary>
enum StoreResult
{
    /// <summary>Committed.</summary>
    Stored,

    /// <summary>It was there already.</summary>
    Duplicate,

    /// <summary>The database did not take it in time; the sender keeps it.</summary>
    NotStored,
}
