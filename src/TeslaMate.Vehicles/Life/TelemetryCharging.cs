using TeslaMate.Logbook;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Vehicles.Life;

/// <summary>Charges of a car that streams (spec fleet-telemetry 4), by its state or, where none is told, by power.</summary>
static class TelemetryCharging
{
    static readonly TimeSpan DirectRow = TimeSpan.FromSeconds(5);
    static readonly TimeSpan AlternatingRow = TimeSpan.FromSeconds(20);

    internal const double LeastPowerKw = 0.2;
    const double CounterToleranceKwh = 0.05;
    const double SamePlaceKm = 0.5;

    public static Turn OnCharging(Turn turn, VehiclePhase.Charging charging, TelemetryReading reading, Surroundings around)
    {
        var data = reading.Data;
        var last = turn.Vehicle.Telemetry.LastCharge;
        var isCharging = (reading.Charge.IsStateKnown ? data.ChargeState?.IsCharging == true : reading.Charge.PowerKw > LeastPowerKw)
            && data.DriveState?.ShiftState.IsInGear != true;
        var moved = Conversions.Kilometres(data.VehicleState?.OdometerMiles - last?.OdometerMiles, decimals: 6);
        // Rounded, since the counter has two decimals and a difference of doubles has not.
        var fell = Math.Round((double?)data.ChargeState?.ChargeEnergyAdded - last?.EnergyKwh ?? 0, 3) < -CounterToleranceKwh;
        if (isCharging && (fell || moved > SamePlaceKm))
        {
            turn = Complete(turn, charging, turn.Vehicle.Telemetry.LastCharge is null ? null : reading.Charge with { UsedKwh = null });
            turn = turn.Become(new VehiclePhase.Start());
            turn = PhaseTransitions.Raise(turn, data, around);
            return MarkCharge(turn, reading, isNew: true);
        }

        if (!isCharging)
        {
            turn = turn.Write(Positions.Entry(data, turn.Date, around));
            if (charging.HasRow && !(reading.CarTime <= last?.Date))
                turn = turn.Write(Row(reading));
            turn = Complete(turn, charging, reading.Charge).Become(new VehiclePhase.Start());
            return PhaseTransitions.Raise(turn, data, around);
        }

        turn = turn.Use();
        if (!charging.HasRow)
        {
            turn = Charging.Begin(turn, data, around);
            return MarkCharge(turn, reading);
        }

        var hasPower = reading.Charge.PowerKw is > 0 or < 0;
        var had = last?.PowerKw is > 0 or < 0;
        var interval = reading.Charge.IsDirect ? DirectRow : AlternatingRow;
        var isDue = hasPower != had || data.ChargeState?.ChargerPhases != last?.Phases
            || (reading.Charge.IsChanged && reading.CarTime - last?.Date >= interval);
        if ((last is null || isDue) && !(reading.CarTime <= last?.Date))
        {
            turn = turn.Write(Row(reading));
            turn = MarkCharge(turn, reading, isNew: true);
        }
        else if (data.ChargeState?.ChargeEnergyAdded is { } energy)
        {
            turn = turn.Know(state => state with { LastCharge = last is null ? null : last with { EnergyKwh = energy } });
        }

        return turn.Publish();
    }

    /// <summary>A charge without any range is no row, as the first one of its process has told.</summary>
    static LogbookEntry.InsertCharge? Row(TelemetryReading reading)
        => Readings.Charge(reading.Data, reading.CarTime) is { } charge && (charge.IdealRangeKm ?? charge.RatedRangeKm) is not null
        ? new LogbookEntry.InsertCharge(charge with { EnergyAddedKwh = charge.EnergyAddedKwh ?? 0, ChargerPowerKw = charge.ChargerPowerKw ?? 0 })
        : null;

    static Turn Complete(Turn turn, VehiclePhase.Charging charging, ChargeFacts? facts)
    {
        turn = turn.Know(state => state with { LastCharge = null, PowerSince = null });
        return turn.Write(charging.HasRow ? new LogbookEntry.CompleteCharging(turn.Date, facts?.UsedKwh) : null).Log(new Note.ChargingEnded());
    }

    public static Turn MarkCharge(Turn turn, TelemetryReading reading, bool isNew = false)
    {
        if (turn.Phase is not VehiclePhase.Charging { HasRow: true } || (!isNew && turn.Vehicle.Telemetry.LastCharge is not null))
            return turn;
        var charge = reading.Data.ChargeState;
        return turn.Know(state => state with
        {
            LastCharge = new ChargeMark(
                reading.CarTime, reading.Charge.PowerKw, charge?.ChargerPhases, charge?.ChargeEnergyAdded, reading.Data.VehicleState?.OdometerMiles),
        });
    }
}
