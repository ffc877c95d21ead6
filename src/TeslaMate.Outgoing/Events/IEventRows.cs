using System.Text.Json.Nodes;

namespace TeslaMate.Outgoing.Events;

/// <summary>Rows as the API shows them (spec api 2.2), which is how events tell of them.</summary>
public interface IEventRows
{
    /// <returns>Null when there is no such drive.</returns>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    Task<JsonObject?> DriveAsync(DriveId drive, CancellationToken cancellationToken);

    /// <returns>Null when there is no such charging process.</returns>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    Task<JsonObject?> ChargingProcessAsync(ChargingProcessId process, CancellationToken cancellationToken);
}
