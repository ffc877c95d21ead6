using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>
/// What one car is doing (spec vehicle 5.2). Closed: a new case is added here and gets its rules in <see cref="PhaseTransitions.Raise"/>.
/// </summary>
abstract record VehiclePhase
{
    VehiclePhase()
    {
    }

    /// <summary>Nothing is known yet, or something has ended and the next answer tells what comes.</summary>
    public sealed record Start : VehiclePhase;

    public sealed record Online : VehiclePhase;

    /// <param name="Step">The pause before the next look but one; shorter than the steady interval for a while after the owner asked to
    /// resume.</param>
    public sealed record Asleep(TimeSpan Step) : VehiclePhase;

    /// <inheritdoc cref="Asleep"/>
    public sealed record Offline(TimeSpan Step) : VehiclePhase;

    /// <summary>Left alone so that it can fall asleep.</summary>
    /// <param name="Until">Before this moment the car is asked nothing that could keep it awake.</param>
    public sealed record Suspended(DateTimeOffset Until) : VehiclePhase;

    /// <param name="HasRow">There is an open row of <c>drives</c>; not after a timeout, nor while no place is known that it could begin at.</param>
    public sealed record Driving(Contact Contact, bool HasRow) : VehiclePhase;

    /// <param name="HasRow">There is an open row of <c>charging_processes</c>; not while no place is known that it could begin at.</param>
    public sealed record Charging(bool HasRow) : VehiclePhase;

    public sealed record Updating : VehiclePhase;
}

/// <summary>Whether a driving car can be reached. Closed.</summary>
abstract record Contact
{
    Contact()
    {
    }

    public sealed record Available : Contact;

    /// <param name="Misses">Offline answers after the first, 0 to 15.</param>
    public sealed record Unavailable(int Misses) : Contact;

    /// <summary>Offline for longer than a tunnel.</summary>
    /// <param name="Last">The last answer before; null when there was none.</param>
    public sealed record Lost(VehicleData? Last) : Contact;
}
