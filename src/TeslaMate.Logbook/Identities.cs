using System.Globalization;

namespace TeslaMate.Logbook;

// One type for each kind of number that must not be mistaken for another (a car's is CarId).

/// <summary>A value of <c>positions.id</c>.</summary>
public readonly record struct PositionId(int Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A value of <c>drives.id</c>.</summary>
public readonly record struct DriveId(int Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A value of <c>charging_processes.id</c>.</summary>
public readonly record struct ChargingProcessId(int Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A value of <c>updates.id</c>.</summary>
public readonly record struct UpdateId(int Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A value of <c>geofences.id</c>.</summary>
public readonly record struct GeofenceId(int Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A value of <c>addresses.id</c>.</summary>
public readonly record struct AddressId(int Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
