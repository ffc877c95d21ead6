using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Charging;

/// <summary>What charging processes cost, as the owner enters it (spec logbook 7.8).</summary>
public interface IChargeCosts
{
    /// <summary>Stores the cost of a charging process: rounded to two decimals by the column, cleared by null.</summary>
    /// <returns>False when there is no such charging process.</returns>
    Task<bool> SetAsync(ChargingProcessId process, decimal? cost, CancellationToken cancellationToken);
}

sealed class ChargeCosts(NpgsqlDataSource database) : IChargeCosts
{
    public async Task<bool> SetAsync(ChargingProcessId process, decimal? cost, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("update public.charging_processes set cost = $2 where id = $1");
        command.Parameters.Add(Value.Of(process.Value));
        command.Parameters.Add(Value.Of(cost));
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
