using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;

namespace TeslaMate.Vehicles.Life;

/// <summary>
/// What a gear on the stream is worth while the API's answers say that the car is parked. One of the two is wrong, and nobody knows which.
/// </summary>
/// <param name="Contradictions">How many answers, since the last one in gear, called the car parked while the stream showed a gear.</param>
/// <param name="IsContradicted">The last answer did; the stream has not shown P since.</param>
/// <param name="IsAsking">The stream shows a gear and the API has not been heard yet.</param>
/// <param name="Against">The reading that was not believed; what moves is measured from here.</param>
sealed record GearDoubt(int Contradictions, bool IsContradicted, bool IsAsking, StreamReading? Against)
{
    public static readonly GearDoubt None = new(0, false, false, null);

    /// <summary>The shortest time between two requests that a stream causes.</summary>
    public static readonly TimeSpan Floor = TimeSpan.FromSeconds(5);

    static readonly TimeSpan LongestFloor = TimeSpan.FromMinutes(5);

    // Finer than what the stream rounds to, coarser than a parked car's position wavers.
    const double MovedMiles = 0.005;
    const double MovedKm = 0.01;

    /// <summary>The floor grows with every answer that contradicts the stream.</summary>
    public TimeSpan PollFloor
        => Floor * Math.Pow(2, Math.Clamp(Contradictions - 1, 0, 10)) is var longer && longer < LongestFloor ? longer : LongestFloor;

    /// <summary>Whether a reading shows that the car moves. A speed alone is believed once.</summary>
    public bool Moves(StreamReading reading) =>
        (reading.Speed > 0 && Contradictions < 2)
        || reading.OdometerMiles - Against?.OdometerMiles > MovedMiles
        || (reading is { EstLat: { } latitude, EstLng: { } longitude } && Against is { EstLat: { } fromLatitude, EstLng: { } fromLongitude }
            && Conversions.DistanceKm(new Coordinates(fromLatitude, fromLongitude), new Coordinates(latitude, longitude)) > MovedKm);

    /// <summary>After a full answer.</summary>
    /// <param name="streamed">The last sample, if it showed a gear.</param>
    public GearDoubt After(VehicleData data, StreamReading? streamed) => (data.DriveState?.ShiftState.IsParked != false, streamed) switch
    {
        (false, _) => None,
        (true, null) => this,
        (true, _) => new GearDoubt(Math.Min(Contradictions + 1, 100), IsContradicted: true, IsAsking: false, Against ?? streamed),
    };

    /// <summary>After any end of a request: who did not answer cannot contradict either, but what moves need not wait for him.</summary>
    public GearDoubt AfterAsking() => IsAsking ? this with { IsContradicted = true, IsAsking = false } : this;

    /// <summary>After a streamed P: both agree. The end of a drive may look like one contradiction; more are none.</summary>
    public GearDoubt Settled() => Contradictions <= 1 ? None : this with { IsContradicted = false, IsAsking = false, Against = null };
}
