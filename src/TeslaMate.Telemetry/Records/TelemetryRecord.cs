namespace TeslaMate.Telemetry.Records;

/// <summary>One field and what the car says about it.</summary>
/// <param name="Field">The number on the wire; new ones come with new firmware.</param>
/// <param name="Value">Null when the datum has none.</param>
readonly record struct Datum(int Field, TelemetryValue? Value);

/// <summary>What one message of a car is about. Closed.</summary>
/// <param name="Vin">As the message claims; empty when it does not say. Never an identity.</param>
/// <param name="CreatedAt">The car's clock, to the microsecond; null when it does not say.</param>
abstract record TelemetryRecord(string Vin, DateTimeOffset? CreatedAt)
{
    /// <summary>Values of fields.</summary>
    /// <param name="IsResend">It repeats what was not acknowledged before.</param>
    public sealed record Data(string Vin, DateTimeOffset? CreatedAt, bool IsResend, IReadOnlyList<Datum> Values) : TelemetryRecord(Vin, CreatedAt);

    public sealed record Alerts(string Vin, DateTimeOffset? CreatedAt, IReadOnlyList<Alert> Items) : TelemetryRecord(Vin, CreatedAt);

    public sealed record Errors(string Vin, DateTimeOffset? CreatedAt, IReadOnlyList<CarError> Items) : TelemetryRecord(Vin, CreatedAt);

    /// <summary>
    /// A connection was opened or has ended; made by whoever holds it, so <see cref="TelemetryRecord.CreatedAt"/> is a server's clock.
    /// </summary>
    public sealed record Connectivity(string Vin, string ConnectionId, ConnectionStatus Status, DateTimeOffset? CreatedAt, string NetworkInterface)
        : TelemetryRecord(Vin, CreatedAt);
}

/// <param name="EndedAt">Null while it is active.</param>
sealed record Alert(string Name, IReadOnlyList<int> Audiences, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt);

sealed record CarError(DateTimeOffset? CreatedAt, string Name, IReadOnlyDictionary<string, string> Tags, string Body);

enum ConnectionStatus
{
    Unknown = 0,
    Connected = 1,
    Disconnected = 2,
}

/// <summary>The kinds of record, by the ending of their topic.</summary>
enum RecordType
{
    /// <summary>Topic <c>V</c>.</summary>
    Data,
    Alerts,
    Errors,
    Connectivity,
}

static class RecordTypes
{
    /// <summary>The type of a topic, also with a namespace before it; null for another one.</summary>
    public static RecordType? Of(string topic) => topic[(topic.LastIndexOf('_') + 1)..] switch
    {
        "V" => RecordType.Data,
        "alerts" => RecordType.Alerts,
        "errors" => RecordType.Errors,
        "connectivity" => RecordType.Connectivity,
        _ => null,
    };

    public static string Topic(this RecordType type) => type switch
    {
        RecordType.Data => "V",
        RecordType.Alerts => "alerts",
        RecordType.Errors => "errors",
        RecordType.Connectivity => "connectivity",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
