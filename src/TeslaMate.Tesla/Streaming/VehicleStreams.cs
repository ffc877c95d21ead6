using Microsoft.Extensions.Logging;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Json;

namespace TeslaMate.Tesla.Streaming;

sealed class VehicleStreams(IAccess access, ITeslaAccount account, TeslaSettings settings, TimeProvider time, ILogger<VehicleStream> logger)
    : IVehicleStreams
{
    readonly RejectedTokens _rejectedTokens = new();
    readonly Reconnects _reconnects = new(time);
    readonly LogLimiter _logLimiter = new(time);
    long _lastId;

    public IVehicleStream Open(Vid vehicleId, string? vin, Func<StreamEvent, CancellationToken, ValueTask> receive)
    {
        var tag = settings.StreamUsesVin && !string.IsNullOrEmpty(vin) ? vin : vehicleId.ToString();
        var stream = new VehicleStream(
            new StreamId(Interlocked.Increment(ref _lastId)), vehicleId, tag, receive, access, account, _rejectedTokens, _reconnects, _logLimiter,
            settings, time, logger);
        stream.Start();
        return stream;
    }
}
