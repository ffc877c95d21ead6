using TeslaMate.Tesla.Cars;

namespace TeslaMate.Tesla.Streaming;

/// <summary>One sample of the stream in the wire's units (spec tesla-api 10.5). Null: the field was empty or no number.</summary>
/// <param name="Speed">Miles an hour.</param>
/// <param name="OdometerMiles">Miles.</param>
/// <param name="Soc">Percent.</param>
/// <param name="Elevation">Metres.</param>
/// <param name="EstHeading">Degrees; this is the heading that is shown.</param>
/// <param name="EstLat">Degrees.</param>
/// <param name="EstLng">Degrees.</param>
/// <param name="Power">kW. Null on a car that is not really awake (a check of its systems).</param>
/// <param name="Range">Miles.</param>
/// <param name="EstRange">Miles.</param>
/// <param name="Heading">Degrees.</param>
public sealed record StreamReading(
    DateTimeOffset Time, int? Speed, double? OdometerMiles, int? Soc, int? Elevation, int? EstHeading, double? EstLat, double? EstLng, int? Power,
    ShiftState? ShiftState, int? Range, int? EstRange, int? Heading);
