namespace TeslaMate.Vehicles;

/// <summary>What a car is doing, as pages and topics name it (spec vehicle 5.2).</summary>
public enum VehicleStateName
{
    /// <summary>Nothing was ever received from the car in this run.</summary>
    Unavailable,

    /// <summary>Between two states, or not signed in.</summary>
    Start,
    Online,
    Offline,
    Asleep,
    Suspended,
    Driving,
    Charging,
    Updating,
}

public static class VehicleStateNames
{
    extension(VehicleStateName state)
    {
        /// <summary>The lower-case word that MQTT publishes.</summary>
        public string Word => state switch
        {
            VehicleStateName.Unavailable => "unavailable",
            VehicleStateName.Start => "start",
            VehicleStateName.Online => "online",
            VehicleStateName.Offline => "offline",
            VehicleStateName.Asleep => "asleep",
            VehicleStateName.Suspended => "suspended",
            VehicleStateName.Driving => "driving",
            VehicleStateName.Charging => "charging",
            VehicleStateName.Updating => "updating",
            _ => throw new ArgumentOutOfRangeException(nameof(state)),
        };
    }
}
