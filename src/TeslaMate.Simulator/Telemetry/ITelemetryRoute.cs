using TeslaMate.Simulator.Lives;
using TeslaMate.Telemetry.Records;

namespace TeslaMate.Simulator.Telemetry;

/// <summary>How a car's records reach the program.</summary>
interface ITelemetryRoute
{
    /// <summary>Opens a connection; null when there is nobody.</summary>
    /// <param name="network"><c>wifi</c> or <c>cellular</c>.</param>
    Task<ITelemetryConnection?> ConnectAsync(CarIdentity car, string network, CancellationToken cancellationToken);
}

/// <summary>One connection of a car.</summary>
interface ITelemetryConnection : IAsyncDisposable
{
    /// <summary>False when the other side has ended it.</summary>
    bool IsOpen { get; }

    /// <summary>Messages that were sent and not answered yet.</summary>
    int Unanswered { get; }

    /// <summary>Sends a record; false when the connection does not take it any more.</summary>
    /// <param name="txid">What its acknowledgement will name.</param>
    Task<bool> SendAsync(TelemetryRecord.Data record, string txid, CancellationToken cancellationToken);

    /// <summary>Takes the acknowledgements that have come since the last call.</summary>
    IReadOnlyList<string> TakeAcks();

    /// <summary>Ends without a word, as when the car drives into a tunnel.</summary>
    void Cut();
}
