using TeslaMate.Logbook;

namespace TeslaMate.Vehicles;

/// <summary>The flow of data from one car.</summary>
/// <param name="State">What the car is doing, as published.</param>
/// <param name="Healthy">Neither of the car's error counters has tripped.</param>
/// <param name="LastGoodAnswer">When an answer was last accepted (full, or one that says asleep or offline), UTC; null when there was none in this
/// run.</param>
/// <param name="LastFullAnswer">When the car last told all about itself, UTC; null when it has not in this run.</param>
/// <param name="ErrorsInARow">Requests that failed since the last good answer.</param>
/// <param name="LastError">The kind of the newest failure since the last good answer, such as <c>timeout</c>; null when there is none.</param>
/// <param name="StreamConnected">The streaming connection exists.</param>
/// <param name="Restarts">How often the car's loop failed and was started again in this run.</param>
/// <param name="IsStandby">Another instance logs the car; this one takes over when that one ends.</param>
public sealed record VehicleHealth(
    CarId Car,
    VehicleStateName State,
    bool Healthy,
    DateTimeOffset? LastGoodAnswer,
    DateTimeOffset? LastFullAnswer,
    int ErrorsInARow,
    string? LastError,
    bool StreamConnected,
    int Restarts,
    bool IsStandby = false);
