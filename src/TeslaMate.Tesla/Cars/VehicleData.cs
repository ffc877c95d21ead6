namespace TeslaMate.Tesla.Cars;

/// <summary>
/// A car as Tesla's API describes it (spec tesla-api 9), in the units of the wire. Null means that the car did not say, or said something that cannot
/// be (wrong type, not finite, out of any possible range; the client logs that once a field). A section that is missing or null is null as a whole;
/// an empty one is present.
/// </summary>
public sealed record VehicleData
{
    public Eid? Id { get; init; }

    public Vid? VehicleId { get; init; }

    /// <summary>17 characters for real cars; not checked.</summary>
    public string? Vin { get; init; }

    /// <summary>The word of the wire; <c>unknown</c> when there was none.</summary>
    public string State { get; init; } = "unknown";

    public string? DisplayName { get; init; }

    public bool? InService { get; init; }

    public DriveState? DriveState { get; init; }

    public ChargeState? ChargeState { get; init; }

    public ClimateState? ClimateState { get; init; }

    public VehicleState? VehicleState { get; init; }

    public VehicleConfig? VehicleConfig { get; init; }

    public Availability Availability => State switch
    {
        "online" => Availability.Online,
        "asleep" => Availability.Asleep,
        "offline" => Availability.Offline,
        _ => Availability.Unknown,
    };

    /// <summary>FULL of spec vehicle 1: online, and all five sections are there. Decided by content, never by which request answered.</summary>
    public bool IsFull => Availability == Availability.Online
        && DriveState is not null && ChargeState is not null && ClimateState is not null && VehicleState is not null && VehicleConfig is not null;

    /// <summary>BARE of spec vehicle 1: online, but at least one section is missing.</summary>
    public bool IsBare => Availability == Availability.Online && !IsFull;

    /// <summary>The name given in the car wins over the account's.</summary>
    public string? Name => VehicleState?.VehicleName ?? DisplayName;
}

/// <summary>An entry of the product list that is a car: the three identities are present, or the entry was dropped with a warning.</summary>
/// <param name="Data">The entry itself; for a car that was online all sections, if they could be had.</param>
public sealed record VehicleListing(Eid Id, Vid VehicleId, string Vin, VehicleData Data)
{
    /// <summary>How the request for all sections ended, as <see cref="ApiAnswer{T}.HttpStatus"/>; null when there was none.</summary>
    public int? StateStatus { get; init; }
}
