using TeslaMate.Logbook.Cars;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Vehicles.Life;

/// <summary>Something that happened to one car or to its logger. Closed.</summary>
/// <param name="At">The server's clock when it happened, UTC; the machine has no other clock.</param>
abstract record VehicleEvent(DateTimeOffset At)
{
    /// <summary>The first event of every loop.</summary>
    /// <param name="Around">What is known about the place that the database has.</param>
    public sealed record Started(DateTimeOffset At, Surroundings? Around = null) : VehicleEvent(At);

    /// <summary>The poll timer fired.</summary>
    /// <param name="Poll">The number it was armed with; an older one was replaced meanwhile.</param>
    public sealed record PollDue(DateTimeOffset At, long Poll) : VehicleEvent(At);

    /// <summary>A regular request ended.</summary>
    public sealed record Answered(DateTimeOffset At, long Request, ApiAnswer<VehicleData> Answer, Surroundings Around) : VehicleEvent(At);

    /// <summary>The regular request was not sent: the car should send its data by itself, and the day's requests in its stead are used up.</summary>
    public sealed record NotAsked(DateTimeOffset At, long Request) : VehicleEvent(At);

    /// <summary>The extra light request of a suspended car ended (spec vehicle 7.3).</summary>
    public sealed record AvailabilityProbed(DateTimeOffset At, ApiAnswer<VehicleData> Answer, Surroundings Around) : VehicleEvent(At);

    /// <param name="Connection">The number the stream was connected with; others are of the past.</param>
    public sealed record Streamed(DateTimeOffset At, long Connection, StreamEvent Said, Surroundings Around) : VehicleEvent(At);

    /// <summary>The owner wants the car to be logged.</summary>
    public sealed record ResumeAsked(DateTimeOffset At) : VehicleEvent(At);

    /// <summary>The owner wants the car to be left alone.</summary>
    /// <param name="Ticket">Identifies who waits for the reply.</param>
    public sealed record SuspendAsked(DateTimeOffset At, long Ticket) : VehicleEvent(At);

    /// <summary>The <c>vehicle_data</c> request that a wish to suspend needs has ended.</summary>
    public sealed record SuspendChecked(DateTimeOffset At, long Ticket, ApiAnswer<VehicleData> Answer, Surroundings Around) : VehicleEvent(At);

    /// <summary>The car's row or settings were changed elsewhere.</summary>
    public sealed record CarChanged(DateTimeOffset At, Car Car) : VehicleEvent(At);

    /// <summary>The timer of positions fired.</summary>
    public sealed record PositionDue(DateTimeOffset At) : VehicleEvent(At);

    /// <summary>There are new tokens.</summary>
    public sealed record SignedIn(DateTimeOffset At) : VehicleEvent(At);

    /// <summary>A car that streams can be reached, or cannot any more.</summary>
    /// <param name="Since">The server's clock when that began.</param>
    public sealed record TelemetryContact(DateTimeOffset At, bool IsUp, DateTimeOffset Since) : VehicleEvent(At)
    {
        /// <summary>Somebody tells of the car's connections; otherwise the end of the contact is a guess from silence.</summary>
        public bool IsTold { get; init; } = true;
    }

    /// <summary>Tesla says that nothing will come of the car by itself.</summary>
    /// <param name="Error">What the car reports of its attempts to reach us; null when it has not fetched its configuration, or has none any more.
    /// </param>
    public sealed record TelemetryCut(DateTimeOffset At, string? Error) : VehicleEvent(At);

    /// <summary>What a car that streams says right now; its rows follow in order.</summary>
    public sealed record TelemetryShown(DateTimeOffset At, VehicleData Snapshot) : VehicleEvent(At);

    /// <summary>Records that a car sent by itself, in the order of its clock.</summary>
    public sealed record TelemetryArrived(DateTimeOffset At, IReadOnlyList<PlacedReading> Readings) : VehicleEvent(At);

    /// <summary>A request for a car that streams has ended.</summary>
    /// <param name="Answer">Null when the budget allowed none.</param>
    public sealed record TelemetryChecked(DateTimeOffset At, TelemetryRequest Request, ApiAnswer<VehicleData>? Answer) : VehicleEvent(At);
}

/// <summary>What is known about the place of a reading.</summary>
/// <param name="Geofence">The one that contains it; null also when the reading has no place.</param>
/// <param name="ElevationM">From the terrain model, for cars without a stream; null when unknown.</param>
sealed record Surroundings(SummaryGeofence? Geofence, int? ElevationM)
{
    public static readonly Surroundings Unknown = new(null, null);
}

/// <summary>A record and what is known about its place.</summary>
sealed record PlacedReading(TelemetryReading Reading, Surroundings Around);
