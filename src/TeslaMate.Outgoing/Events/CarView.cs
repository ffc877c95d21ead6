using TeslaMate.Vehicles;

namespace TeslaMate.Outgoing.Events;

/// <summary>A car as it is when it is looked at.</summary>
/// <param name="Summary">The newest, of a car that is polled or that sends its data by itself.</param>
/// <param name="Health">How its data flows; null when it is not known.</param>
/// <param name="WatchedSince">When this program began to look at the car.</param>
/// <param name="BatteryLowPct">The owner's limit, in per cent.</param>
public sealed record CarView(Summary Summary, VehicleHealth? Health, DateTimeOffset WatchedSince, int BatteryLowPct);
