using Microsoft.Extensions.Logging;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;

namespace TeslaMate.Telemetry.Intakes;

/// <summary>
/// Takes the records that Tesla's own server hands on, whole, in either form (spec fleet-telemetry 1.5, 1.8); the VIN stands only in the record.
/// </summary>
sealed partial class RecordIntake(TelemetryCars cars, InboxWriter inbox, TimeProvider time, ILogger<RecordIntake> logger)
{
    long _taken;
    long _strangers;
    long _unreadable;

    /// <summary>Records that came, of whatever kind.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Records of cars that are not ours.</summary>
    public long Strangers => Interlocked.Read(ref _strangers);

    public long Unreadable => Interlocked.Read(ref _unreadable);

    /// <summary>
    /// Stores a record; true once it is safe, or when it can be of no use to anybody. Right after the start that takes until it is known whose
    /// records are ours.
    /// </summary>
    /// <param name="topic">Its ending tells the kind, whatever the namespace.</param>
    public async Task<bool> TakeAsync(IntakePath path, string topic, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> txid,
        CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _taken);
        if (RecordTypes.Of(topic) is not { } type)
            return true;
        var isJson = body.Length > 0 && body.Span[0] == (byte)'{';
        var record = isJson ? JsonForm.TryRead(type, body) : ProtobufForm.TryRead(type, body.Span);
        if (record is null || await cars.FindAsync(record.Vin, cancellationToken) is not { } car)
        {
            // Without a VIN nobody knows whose it is.
            if (record is null)
                Interlocked.Increment(ref _unreadable);
            else
                Interlocked.Increment(ref _strangers);
            Log.NotTaken(logger, path, topic);
            return true;
        }

        var row = InboxRecord.Of(car, type, isJson ? RecordForm.Json : RecordForm.Protobuf, path, txid, record, null, time.GetUtcNow(), body);
        return await inbox.StoreAsync(row, cancellationToken) is not StoreResult.NotStored;
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "A record from {Path} on {Topic} is of no car that streams here")]
        public static partial void NotTaken(ILogger logger, IntakePath path, string topic);
    }
}
