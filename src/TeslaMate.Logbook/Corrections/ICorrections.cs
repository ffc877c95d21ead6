using TeslaMate.Logbook.Charging;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.States;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Corrections;

/// <summary>What an owner does by hand, and the import before and after its work (spec logbook 4 and 16).</summary>
public interface ICorrections
{
    /// <summary>Closes a drive at its last position, or computes it again; one that is too short is deleted.</summary>
    /// <returns>False when there is no such drive.</returns>
    Task<bool> CloseDriveAsync(DriveId drive, CancellationToken cancellationToken);

    /// <summary>Completes a charging process from its charges, or computes it again, its cost included.</summary>
    /// <returns>False when there is no such process.</returns>
    Task<bool> CompleteChargingAsync(ChargingProcessId process, CancellationToken cancellationToken);

    /// <summary>Deletes a drive; its positions stay.</summary>
    /// <returns>False when there is no such drive.</returns>
    Task<bool> DeleteDriveAsync(DriveId drive, CancellationToken cancellationToken);

    /// <summary>Deletes a charging process and its charges.</summary>
    /// <returns>False when there is no such process.</returns>
    Task<bool> DeleteChargingAsync(ChargingProcessId process, CancellationToken cancellationToken);

    /// <summary>Ends the open state of a car where its next one begins, or after a second when there is none.</summary>
    Task CompleteStateAsync(CarId car, CancellationToken cancellationToken);

    /// <summary>Opens the latest state of a car again, unless one is open.</summary>
    Task ReopenStateAsync(CarId car, CancellationToken cancellationToken);

    /// <summary>When the first state of a car began; null when it has none.</summary>
    Task<DateTimeOffset?> EarliestStateAsync(CarId car, CancellationToken cancellationToken);
}

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

    public Task CompleteStateAsync(CarId car, CancellationToken cancellationToken) => ExecuteAsync(
        """
        update public.states
        set end_date = coalesce(
            (select min(later.start_date) from public.states later where later.car_id = states.car_id and later.start_date > states.start_date),
            states.start_date + interval '1 second')
        where car_id = $1 and end_date is null
        """,
        Value.Of(car.Value), cancellationToken);

    public Task ReopenStateAsync(CarId car, CancellationToken cancellationToken) => ExecuteAsync(
        """
        update public.states
        set end_date = null
        where id = (select id from public.states where car_id = $1 order by start_date desc, id desc limit 1)
            and not exists (select from public.states where car_id = $1 and end_date is null)
        """,
        Value.Of(car.Value), cancellationToken);

    public async Task<DateTimeOffset?> EarliestStateAsync(CarId car, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(StateStatements.Earliest);
        command.Parameters.Add(Value.Of(car.Value));
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime date ? Timestamps.FromColumn(date) : null;
    }

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
