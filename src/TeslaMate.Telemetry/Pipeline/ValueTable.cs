using Npgsql;
using TeslaMate.Logbook;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire.Generated;
using Value = TeslaMate.Database.Value;

namespace TeslaMate.Telemetry.Pipeline;

/// <summary>Numbers that have no column in the tables of drives and charges: one row for each record that holds some.</summary>
sealed class ValueTable(NpgsqlDataSource database)
{
    static readonly HashSet<int> Kept =
    [
        .. new[]
        {
            Field.PackVoltage, Field.PackCurrent, Field.IsolationResistance, Field.PedalPosition, Field.DiHeatsinkTr, Field.DiStatorTempR,
            Field.DiStatorTempF,
            Field.BrickVoltageMax, Field.BrickVoltageMin, Field.NumBrickVoltageMax, Field.NumBrickVoltageMin, Field.ModuleTempMax,
            Field.ModuleTempMin,
            Field.AcchargingEnergyIn, Field.EnergyRemaining, Field.LifetimeEnergyUsed, Field.LifetimeEnergyUsedDrive, Field.LifetimeEnergyGainedRegen,
            Field.CruiseSetSpeed, Field.DriverSeatBelt, Field.PassengerSeatBelt, Field.LateralAcceleration, Field.LongitudinalAcceleration,
            Field.BrakePedalPos,
            Field.MilesSinceReset, Field.SelfDrivingMilesSinceReset,
        }.Select(field => (int)field),
    ];

    /// <summary>Repeating it changes nothing.</summary>
    public async Task AddAsync(CarId car, IReadOnlyList<QueuedRecord> records, CancellationToken cancellationToken)
    {
        var rows = records
            .Select(record => (record.CarTime, Values: record.Record.Values.Where(datum => Kept.Contains(datum.Field))
                .Select(datum => (datum.Field, Number: NumberOf(datum.Value))).Where(value => value.Number is not null).ToList()))
            .Where(row => row.Values.Count > 0)
            .ToList();
        if (rows.Count == 0)
            return;
        await using var batch = database.CreateBatch();
        foreach (var (carTime, values) in rows)
        {
            var command = new NpgsqlBatchCommand(
                "insert into teslamate.telemetry_values (car_id, date, fields, numbers) values ($1, $2, $3, $4) on conflict do nothing");
            command.Parameters.Add(Value.Of(car.Value));
            command.Parameters.Add(Value.Of(carTime));
            command.Parameters.Add(Value.Array<short>([.. values.Select(value => (short)value.Field)]));
            command.Parameters.Add(Value.Array<float>([.. values.Select(value => (float)value.Number!.Value)]));
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    static double? NumberOf(TelemetryValue? value) => value switch
    {
        TelemetryValue.Flag(var flag) => flag ? 1 : 0,
        TelemetryValue.Code code => code.Value,
        _ => Reading.Number(value),
    };
}
