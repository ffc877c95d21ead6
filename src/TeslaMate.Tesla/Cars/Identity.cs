using System.Globalization;

namespace TeslaMate.Tesla.Cars;

/// <summary>
/// Tesla's product <c>id</c> of a car (column <c>cars.eid</c>): the number in the path of every request. It can change when a car changes hands.
/// </summary>
public readonly record struct Eid(long Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Tesla's <c>vehicle_id</c> of a car (column <c>cars.vid</c>): the tag of its stream.</summary>
public readonly record struct Vid(long Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What the cloud says about a car as a whole. Light answers say nothing else.</summary>
public enum Availability
{
    /// <summary>Any other word (<c>waking</c>, <c>unknown</c>, …) or none: the answer is of no use, ask again soon.</summary>
    Unknown,
    Online,
    Asleep,
    Offline,
}

/// <summary>The selected gear, named as on the wire. <see cref="Other"/>: the car named one this program does not know.</summary>
public enum ShiftState
{
    P,
    D,
    R,
    N,
    Other,
}
