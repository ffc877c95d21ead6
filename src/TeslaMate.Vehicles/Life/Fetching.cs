using TeslaMate.Logbook;

namespace TeslaMate.Vehicles.Life;

/// <summary>When and what a car is asked (spec vehicle 5.3).</summary>
static class Fetching
{
    static readonly TimeSpan JustNow = TimeSpan.FromMinutes(5);

    public static Turn Begin(Turn turn, Surroundings? around)
    {
        turn = turn.With(turn.Vehicle with { Geofence = around?.Geofence });
        return turn.Fetch(Plan(turn.Vehicle, turn.Now));
    }

    public static Turn OnDue(Turn turn, long poll)
    {
        if (turn.Vehicle.Poll != poll)
            return turn;
        turn = turn.With(turn.Vehicle with { Poll = null });
        if (turn.Vehicle.Telemetry.Leads)
            return TelemetryContacts.OnDue(turn);
        // A signed-out car is asked nothing; while a request is under way, its answer arms the timer again.
        return turn.Vehicle.IsSignedOut ? turn : turn.Fetch(Plan(turn.Vehicle, turn.Now));
    }

    /// <summary>The budget allows no request; whether it does again is looked at as often as the car would be asked.</summary>
    public static Turn OnNotAsked(Turn turn, long request)
    {
        if (turn.Vehicle.Request != request)
            return turn;
        turn = turn.With(turn.Vehicle with { Request = null });
        return turn.Poll(turn.Polling.Default);
    }

    public static FetchPlan Plan(Vehicle vehicle, DateTimeOffset now) => (vehicle.Phase, vehicle.Car.Settings.UseStreamingApi) switch
    {
        (VehiclePhase.Online or VehiclePhase.Driving or VehiclePhase.Charging or VehiclePhase.Updating, _) => FetchPlan.VehicleDataElseVehicle,
        // What was left open needs a full answer. `vehicle_data` does not wake a car, and one that was in use a moment ago is awake anyway.
        (VehiclePhase.Start, _) when !vehicle.Unfinished.IsNothing || WasAwakeJustNow(vehicle, now) => FetchPlan.VehicleDataElseVehicle,
        (VehiclePhase.Start, true) => FetchPlan.Vehicle,
        (VehiclePhase.Asleep or VehiclePhase.Offline, true)
            => vehicle.PreOnline == PreOnline.ConfirmedReal ? FetchPlan.VehicleDataElseVehicle : FetchPlan.Vehicle,
        (VehiclePhase.Suspended suspended, true)
            => Suspending.MayLookWithoutStream(vehicle, suspended, now) ? FetchPlan.VehicleThenVehicleData : FetchPlan.Vehicle,
        (VehiclePhase.Suspended suspended, false) => Suspending.IsOver(suspended, now) ? FetchPlan.VehicleThenVehicleData : FetchPlan.Vehicle,
        (VehiclePhase.Start or VehiclePhase.Asleep or VehiclePhase.Offline, false) => FetchPlan.VehicleThenVehicleData,
        _ => throw new System.Diagnostics.UnreachableException($"no plan for {vehicle.Phase}"),
    };

    /// <summary>The program was restarted while the car was in use: nobody has to ask the stream first whether it is really awake.</summary>
    static bool WasAwakeJustNow(Vehicle vehicle, DateTimeOffset now) =>
        vehicle is { LastGoodAnswer: null, OpenState.Activity: CarActivity.Online, StoredPosition.Date: var last }
            && (now - last).Duration() < JustNow;
}
