using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Feeds;

/// <summary>What cars send by themselves.</summary>
public interface ITelemetryFeeds
{
    /// <summary>Whether the car is told to send its data here; right after the start that takes until it is known.</summary>
    ValueTask<bool> IsConfiguredAsync(Car car, CancellationToken cancellationToken);

    /// <summary>
    /// Lets a car's records flow to its receiver, beginning with those that came before and were not applied yet. Nothing arrives after disposal.
    /// </summary>
    IAsyncDisposable Open(Car car, ITelemetryReceiver receiver);

    /// <summary>Asks for permission to send one request to Tesla for a car that streams: nothing is sent above the budget.</summary>
    /// <param name="reason">Why; kept in the ledger.</param>
    /// <returns>The request's number in the ledger; null when it must not be sent.</returns>
    ValueTask<long?> MaySendAsync(CarId car, TelemetryRequest request, string reason, CancellationToken cancellationToken);

    /// <summary>Writes down a request for the whole account, which no budget refuses.</summary>
    /// <param name="reason">Why; kept in the ledger.</param>
    /// <returns>The request's number in the ledger; null when it is not in there: no car streams, or the ledger cannot be written.</returns>
    ValueTask<long?> AskingAsync(AccountRequest request, string reason, CancellationToken cancellationToken);

    /// <summary>Writes down how a request ended.</summary>
    /// <param name="request">Its number in the ledger.</param>
    /// <param name="status">Of HTTP; 0 when there was no answer.</param>
    ValueTask AnsweredAsync(long request, int status, CancellationToken cancellationToken);
}

/// <summary>Requests that a streaming car still needs (spec fleet-telemetry 4.9).</summary>
public enum TelemetryRequest
{
    /// <summary>The vehicle object, which wakes nobody.</summary>
    Vehicle,

    /// <summary>The vehicle data of a car in contact.</summary>
    VehicleData,

    /// <summary>Either of them while polling stands in for a car that has stopped sending (spec fleet-telemetry 4.10); it has a ceiling of its own.
    /// </summary>
    Poll,
}

/// <summary>Requests that are for no car that is known yet.</summary>
public enum AccountRequest
{
    /// <summary>The list of the account's cars.</summary>
    List,

    /// <summary>The vehicle data of a car that the list shows for the first time.</summary>
    NewCar,
}

/// <summary>Where the records of one car go.</summary>
public interface ITelemetryReceiver
{
    /// <summary>A drive or a charge is open, so late records must be put in order first.</summary>
    bool IsBusy { get; }

    /// <summary>The car can be reached, or cannot any more.</summary>
    /// <param name="since">The server's clock when that began.</param>
    /// <param name="isTold">Somebody tells of the car's connections; otherwise the end of the contact is a guess from silence.</param>
    ValueTask ContactAsync(bool isUp, DateTimeOffset since, bool isTold, CancellationToken cancellationToken);

    /// <summary>Tesla says that nothing will come of the car by itself (spec fleet-telemetry 4.10).</summary>
    /// <param name="error">What the car reports of its attempts to reach us; null when it has not fetched its configuration, or has none any more.
    /// </param>
    ValueTask CutAsync(string? error, CancellationToken cancellationToken);

    /// <summary>Records in the order of the car's clock.</summary>
    ValueTask ArriveAsync(IReadOnlyList<TelemetryReading> readings, CancellationToken cancellationToken);

    /// <summary>What the car says right now, for pages and topics; its rows follow in order.</summary>
    ValueTask ShowAsync(VehicleData snapshot, CancellationToken cancellationToken);
}

/// <summary>One record of a car, laid upon what was known before it.</summary>
public sealed record TelemetryReading
{
    /// <summary>The car's clock.</summary>
    public required DateTimeOffset CarTime { get; init; }

    /// <summary>The car as it was at that time, in the form of an answer of Tesla's API.</summary>
    public required VehicleData Data { get; init; }

    /// <summary>It corrects what was not acknowledged before; not a point of a track.</summary>
    public bool IsResent { get; init; }

    /// <summary>It is older than what was applied before it; values that changed since are left out.</summary>
    public bool IsLate { get; init; }

    /// <summary>The record itself holds a place.</summary>
    public bool HasPlace { get; init; }

    /// <summary>The record itself tells a speed, a current or the odometer.</summary>
    public bool HasMotion { get; init; }

    /// <summary>The record itself tells the software version.</summary>
    public bool HasVersion { get; init; }

    /// <summary>Miles per hour as this record says; null when it does not, or when there is none to tell.</summary>
    public double? SpeedMph { get; init; }

    /// <summary>The record itself says that there is no speed, or a speed.</summary>
    public bool HasSpeed { get; init; }

    /// <summary>The car has told its gear at least once.</summary>
    public bool IsGearKnown { get; init; }

    /// <summary>The record itself says that the car is in P.</summary>
    public bool IsParked { get; init; }

    /// <summary>What is known about the charge beyond the answer.</summary>
    public ChargeFacts Charge { get; init; } = ChargeFacts.None;

    /// <summary>A change of gear that is told too late, with the drives of the time around it; null for all other records.</summary>
    public TelemetrySegments? Segments { get; init; }

    /// <summary>The record's numbers in the inbox; they are marked together with the rows that the record causes.</summary>
    public IReadOnlyList<long> Inbox { get; init; } = [];
}

/// <param name="IsStateKnown">The car tells its charging state; older ones do not, and power decides.</param>
/// <param name="PowerKw">Not rounded; null when unknown.</param>
/// <param name="IsChanged">The record changed a counter, the power, the level or the current.</param>
/// <param name="IsDirect">Direct current.</param>
/// <param name="UsedKwh">What the charger counted since the cable was plugged in; null when that is not known.</param>
public sealed record ChargeFacts(bool IsStateKnown, double? PowerKw, bool IsChanged, bool IsDirect, double? UsedKwh)
{
    public static readonly ChargeFacts None = new(IsStateKnown: false, null, IsChanged: false, IsDirect: false, null);
}

/// <summary>The time between the two known changes of gear around one that came late (spec fleet-telemetry 4.8).</summary>
/// <param name="Drives">When the car was in gear, in order.</param>
/// <param name="Track">The records of that time that hold a place.</param>
public sealed record TelemetrySegments(DateTimeOffset From, DateTimeOffset Until, IReadOnlyList<DriveSpan> Drives,
    IReadOnlyList<TelemetryReading> Track)
{
    /// <summary>When the drive that is still open began; null when there is none in that time.</summary>
    public DateTimeOffset? OpenSince { get; init; }
}
