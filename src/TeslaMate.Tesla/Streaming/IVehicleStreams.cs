using TeslaMate.Tesla.Cars;

namespace TeslaMate.Tesla.Streaming;

/// <summary>Identifies one opening of a stream. Later openings have larger numbers, so an event of an earlier one can be told apart.</summary>
public readonly record struct StreamId(long Value);

/// <summary>What a stream says (spec tesla-api 10.4). Closed. Every event carries the opening that it came from.</summary>
public abstract record StreamEvent
{
    StreamEvent(StreamId stream) => Stream = stream;

    public StreamId Stream { get; init; }

    /// <summary>A sample.</summary>
    public sealed record Data(StreamId Stream, StreamReading Reading) : StreamEvent(Stream);

    /// <summary>Data came once, and the 5th (15th, 25th, …) wait for more in a row has passed in vain.</summary>
    public sealed record Inactive(StreamId Stream) : StreamEvent(Stream);

    /// <summary>Ten <c>vehicle_disconnected</c> in a row: the stream now waits to be closed or reopened.</summary>
    public sealed record TooManyDisconnects(StreamId Stream) : StreamEvent(Stream);

    /// <summary>
    /// Tesla did not accept the token. A refresh has been asked for; reopening waits for a new token, or ever longer, so it may be done at once.
    /// </summary>
    public sealed record TokensExpired(StreamId Stream) : StreamEvent(Stream);

    /// <summary>The stream says that the car is offline; REST decides.</summary>
    public sealed record VehicleOffline(StreamId Stream) : StreamEvent(Stream);
}

/// <summary>
/// A stream that was opened. It reconnects by itself until it is disposed, never throws, and while nobody is signed in it waits for that. Disposing
/// unsubscribes, closes, and is done within about a second; no event is delivered afterwards.
/// </summary>
public interface IVehicleStream : IAsyncDisposable
{
    StreamId Id { get; }

    /// <summary>Not disposed and not failed ("S(alive)" of spec vehicle 1); says nothing about data flowing.</summary>
    bool IsAlive { get; }
}

/// <summary>Opens streams, one a car.</summary>
public interface IVehicleStreams
{
    /// <summary>Returns at once; connecting happens in the background.</summary>
    /// <param name="vehicleId">The tag, unless the settings ask for the VIN.</param>
    /// <param name="vin">The tag where the settings ask for it; a car without one is tagged by its id.</param>
    /// <param name="receive">Called for one event after the other, never concurrently; while it waits, the stream is not read.</param>
    IVehicleStream Open(Vid vehicleId, string? vin, Func<StreamEvent, CancellationToken, ValueTask> receive);
}
