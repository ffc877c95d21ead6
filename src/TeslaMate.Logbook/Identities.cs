using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace TeslaMate.Logbook;

// One type for each kind of number that must not be mistaken for another (a car's is CarId). All parse plain digits, so that they bind in routes.

/// <summary>A value of <c>positions.id</c>.</summary>
public readonly record struct PositionId(int Value) : IParsable<PositionId>
{
    public static PositionId Parse(string s, IFormatProvider? provider) => new(int.Parse(s, NumberStyles.None, CultureInfo.InvariantCulture));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out PositionId result)
    {
        var parsed = int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        result = new(value);
        return parsed;
    }

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A value of <c>drives.id</c>.</summary>
public readonly record struct DriveId(int Value) : IParsable<DriveId>
{
    public static DriveId Parse(string s, IFormatProvider? provider) => new(int.Parse(s, NumberStyles.None, CultureInfo.InvariantCulture));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out DriveId result)
    {
        var parsed = int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        result = new(value);
        return parsed;
    }

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A value of <c>charging_processes.id</c>.</summary>
public readonly record struct ChargingProcessId(int Value) : IParsable<ChargingProcessId>
{
    public static ChargingProcessId Parse(string s, IFormatProvider? provider) => new(int.Parse(s, NumberStyles.None, CultureInfo.InvariantCulture));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ChargingProcessId result)
    {
        var parsed = int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        result = new(value);
        return parsed;
    }

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A value of <c>updates.id</c>.</summary>
public readonly record struct UpdateId(int Value) : IParsable<UpdateId>
{
    public static UpdateId Parse(string s, IFormatProvider? provider) => new(int.Parse(s, NumberStyles.None, CultureInfo.InvariantCulture));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out UpdateId result)
    {
        var parsed = int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        result = new(value);
        return parsed;
    }

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A value of <c>geofences.id</c>.</summary>
public readonly record struct GeofenceId(int Value) : IParsable<GeofenceId>
{
    public static GeofenceId Parse(string s, IFormatProvider? provider) => new(int.Parse(s, NumberStyles.None, CultureInfo.InvariantCulture));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out GeofenceId result)
    {
        var parsed = int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        result = new(value);
        return parsed;
    }

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A value of <c>addresses.id</c>.</summary>
public readonly record struct AddressId(int Value) : IParsable<AddressId>
{
    public static AddressId Parse(string s, IFormatProvider? provider) => new(int.Parse(s, NumberStyles.None, CultureInfo.InvariantCulture));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out AddressId result)
    {
        var parsed = int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        result = new(value);
        return parsed;
    }

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
