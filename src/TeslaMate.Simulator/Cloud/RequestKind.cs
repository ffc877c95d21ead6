namespace TeslaMate.Simulator.Cloud;

/// <summary>What is asked for.</summary>
public enum RequestKind
{
    /// <summary>The list of products.</summary>
    List,

    /// <summary><c>vehicle</c>: whether the car is online; does not keep it awake.</summary>
    Vehicle,

    /// <summary><c>vehicle_data</c>: everything about the car; keeps it awake.</summary>
    VehicleData,

    /// <summary>New tokens for old ones.</summary>
    Refresh,

    /// <summary>A subscription to a car's stream.</summary>
    Subscription,

    /// <summary>One message of the stream.</summary>
    StreamMessage,

    /// <summary>A place for coordinates.</summary>
    Geocoding,
}
