using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>CHARGING (spec vehicle 6.4).</summary>
static class Charging
{
    static readonly TimeSpan LongSilence = TimeSpan.FromMinutes(5);

    public static Turn Begin(Turn turn, VehicleData data, Surroundings around)
    {
        var began = Entries(turn, data, around);
        if (began.Length == 0)
            turn = turn.Log(new Note.NoPlace());
        return turn.Write(began)
            .Become(new VehiclePhase.Charging(HasRow: began.Length > 0))
            .DisconnectStream()
            .Since(turn.Date).Use()
            .Log(new Note.ChargingStarted())
            .Publish()
            .Poll(5)
            .Do(Positions.Arm);
    }

    public static Turn Online(Turn turn, VehiclePhase.Charging charging, VehicleData data, Surroundings around)
    {
        turn = turn.Use();
        if (data.ChargeState?.IsCharging == true)
        {
            // A place may come later than the first reading.
            var entries = charging.HasRow ? Charge(data, turn.Now) : Entries(turn, data, around);
            return turn.Write(entries)
                .Become(new VehiclePhase.Charging(HasRow: charging.HasRow || entries.Length > 0))
                .Publish()
                .Poll(turn.Polling.WhileCharging(data.ChargeState.ChargerPower));
        }

        turn = turn.Write(Positions.Entry(data, turn.Now, around));
        if (charging.HasRow)
            turn = turn.Write(Charge(data, turn.Now)).Write(new LogbookEntry.CompleteCharging(turn.Now));
        return PhaseTransitions.Raise(turn.Log(new Note.ChargingEnded()).Become(new VehiclePhase.Start()), data, around);
    }

    /// <summary>A car that was silent for long and charges again may charge elsewhere, or once more: that is another charging process.</summary>
    public static Turn NoticeSilence(Turn turn, VehicleData data)
    {
        if (turn is not { Phase: VehiclePhase.Charging { HasRow: true }, Vehicle.LastFullAnswer: { } last } || turn.Now - last < LongSilence
            || data.ChargeState?.IsCharging != true || Unfinished.From(turn.Vehicle, turn.Now).Charging?.IsSameSession(data) != false)
            return turn;
        return turn.Write(new LogbookEntry.CompleteCharging(turn.Now)).Log(new Note.ChargingEnded()).Become(new VehiclePhase.Start());
    }

    public static Turn FellAsleep(Turn turn, VehiclePhase.Charging charging, VehicleData data, Surroundings around) =>
        PhaseTransitions.Raise(
            turn.Log(new Note.ConnectionLost("charging"))
                .Write(charging.HasRow ? new LogbookEntry.CompleteCharging(turn.Now) : null)
                .Log(new Note.ChargingEnded())
                .Become(new VehiclePhase.Start()),
            data,
            around);

    /// <summary>The beginning of a charging process; nothing while no place is known.</summary>
    static LogbookEntry[] Entries(Turn turn, VehicleData data, Surroundings around) =>
        Readings.Position(data, turn.Now, around.ElevationM, elsewhere: turn.Vehicle.LastPlace) is { } position
            ? [new LogbookEntry.StartCharging(turn.Date, position, turn.Vehicle.Settings.LookUpAddresses), .. Charge(turn, data)]
            : [];

    static LogbookEntry[] Charge(VehicleData data, DateTimeOffset now) =>
        Readings.Charge(data, now) is { } charge ? [new LogbookEntry.InsertCharge(charge)] : [];

    /// <summary>A car that streams tells its counters when they change; before that they are zero.</summary>
    static LogbookEntry[] Charge(Turn turn, VehicleData data) => Charge(data, turn.Now) switch
    {
        [LogbookEntry.InsertCharge(var charge)] when turn.Vehicle.Telemetry.Leads =>
            [new LogbookEntry.InsertCharge(charge with { EnergyAddedKwh = charge.EnergyAddedKwh ?? 0, ChargerPowerKw = charge.ChargerPowerKw ?? 0 })],
        var entries => entries,
    };
}
