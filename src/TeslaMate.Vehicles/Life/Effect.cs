using TeslaMate.Logbook;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Vehicles.Life;

/// <summary>Something to do for one car; the loop carries it out and decides nothing. Closed.</summary>
abstract record Effect
{
    Effect()
    {
    }

    /// <summary>Everything that one event has to write, in one transaction; always the first effect.</summary>
    public sealed record Write(IReadOnlyList<LogbookEntry> Entries) : Effect;

    public sealed record Publish(Summary Summary) : Effect;

    /// <summary>Arms the one poll timer; an earlier one is replaced.</summary>
    public sealed record Poll(long Number, TimeSpan After) : Effect;

    /// <summary>Starts the one regular request.</summary>
    public sealed record Fetch(long Request, FetchPlan Plan) : Effect;

    /// <summary>Asks for an extra <c>vehicle</c>, answered by <see cref="VehicleEvent.AvailabilityProbed"/>.</summary>
    public sealed record AvailabilityProbe : Effect;

    /// <summary>Asks for the <c>vehicle_data</c> that a wish to suspend needs.</summary>
    public sealed record CheckForSuspend(long Ticket) : Effect;

    public sealed record Reply(long Ticket, SuspendAnswer Answer) : Effect;

    /// <summary>Opens a stream whose events carry this number.</summary>
    public sealed record ConnectStream(long Connection) : Effect;

    public sealed record DisconnectStream : Effect;

    /// <summary>(Re)starts the timer of positions.</summary>
    public sealed record ArmPositionTimer(TimeSpan After) : Effect;

    /// <summary>Tesla does not know the car any more: list the account's cars again, its number may have changed.</summary>
    public sealed record Rediscover : Effect;

    /// <summary>Asks Tesla about a car that streams if the budget allows it, answered by <see cref="VehicleEvent.TelemetryChecked"/>.</summary>
    public sealed record CheckTelemetry(TelemetryRequest Request, string Reason) : Effect;

    /// <summary>Something the journal should say.</summary>
    public sealed record Log(Note Note) : Effect;
}

/// <summary>How a regular request proceeds (spec vehicle 5.3).</summary>
enum FetchPlan
{
    /// <summary>Only <c>vehicle</c>, which never keeps a car awake.</summary>
    Vehicle,

    /// <summary><c>vehicle</c>; if it says online, <c>vehicle_data</c>.</summary>
    VehicleThenVehicleData,

    /// <summary><c>vehicle_data</c>; if the car is unavailable, <c>vehicle</c> says why.</summary>
    VehicleDataElseVehicle,
}
