namespace TeslaMate.Logbook;

/// <summary>What an earlier run left open for one car, and the last values known; null where there is nothing.</summary>
/// <param name="State">The state row without an end.</param>
/// <param name="LatestPosition">The newest position that has an ideal range (spec logbook 5.3).</param>
/// <param name="LatestUpdate">The newest update by start, then number; may be the open one.</param>
public sealed record OpenEntries(
    OpenState? State, OpenDrive? Drive, OpenCharging? Charging, OpenUpdate? Update, PositionReading? LatestPosition, LoggedUpdate? LatestUpdate);

public sealed record OpenState(CarActivity Activity, DateTimeOffset Since);

/// <summary>A drive without an end.</summary>
/// <param name="Start">The provisional start.</param>
/// <param name="First">Its first position by date; null when it has none.</param>
/// <param name="Last">Its last position by date; null when it has none.</param>
/// <param name="LastWithRange">Its last position with an ideal range and an odometer, which only polled readings have.</param>
public sealed record OpenDrive(DriveId Id, DateTimeOffset Start, PositionReading? First, PositionReading? Last, PositionReading? LastWithRange);

/// <summary>A charging process without an end.</summary>
/// <param name="Start">The provisional start.</param>
/// <param name="Place">The position it was begun at.</param>
/// <param name="First">Its first charge by date; null when it has none.</param>
/// <param name="Last">Its last charge by date; null when it has none.</param>
public sealed record OpenCharging(
    ChargingProcessId Id, DateTimeOffset Start, PositionReading Place, GeofenceId? Geofence, ChargeReading? First, ChargeReading? Last);

/// <summary>A software update without an end.</summary>
/// <param name="VersionBefore">The version of the newest update that has one: what the car runs if this update did not happen. Null when there is
/// none.</param>
public sealed record OpenUpdate(UpdateId Id, DateTimeOffset Start, string? VersionBefore);

/// <summary>A row of <c>updates</c>; without an end it is the open one.</summary>
public sealed record LoggedUpdate(UpdateId Id, DateTimeOffset Start, DateTimeOffset? End, string? Version);
