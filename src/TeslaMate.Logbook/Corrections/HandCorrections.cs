using TeslaMate.Logbook.Charging;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Corrections;

sealed class HandCorrections(NpgsqlDataSource database, PostCommitEffects effects, TimeProvider time) : ICorrections
{
    static readonly TimeSpan CorrectionTimeout = TimeSpan.FromMinutes(10);

    public async Task<bool> CloseDriveAsync(DriveId drive, CancellationToken cancellationToken)
        => await CarOfAsync("drives", drive.Value, cancellationToken) is { } car
            && await RunAsync([DriveStatements.Close(car, drive, DriveEnd.Ended, lookUpAddresses: true)], cancellationToken);

    public async Task<bool> CompleteChargingAsync(ChargingProcessId process, CancellationToken cancellationToken)
        => await CarOfAsync("charging_processes", process.Value, cancellationToken) is { } car
            && await RunAsync([.. ChargingStatements.Complete(car, process, time.GetUtcNow())], cancellationToken);

    public Task<bool> DeleteDriveAsync(DriveId drive, CancellationToken cancellationToken)
        => ExecuteAsync("delete from public.drives where id = $1", Value.Of(drive.Value), cancellationToken);

    public Task<bool> DeleteChargingAsync(ChargingProcessId process, CancellationToken cancellationToken)
        => ExecuteAsync("delete from public.charging_processes where id = $1", Value.Of(process.Value), cancellationToken);

    async Task<CarId?> CarOfAsync(string table, int id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"select car_id from public.{table} where id = $1");
        command.Parameters.Add(Value.Of(id));
        return await command.ExecuteScalarAsync(cancellationToken) is short car ? new(car) : null;
    }

    async Task<bool> ExecuteAsync(string sql, NpgsqlParameter parameter, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = (int)CorrectionTimeout.TotalSeconds;
        command.Parameters.Add(parameter);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    async Task<bool> RunAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var outcome in await DatabaseWriter.RunAsync(connection, statements, CorrectionTimeout, cancellationToken))
            effects.Handle(outcome);
        return true;
    }
}
