using System.Globalization;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Charging;

/// <summary>What the number entered as a cost means.</summary>
public enum CostMode
{
    Total,
    PerKwh,
    PerMinute,
}

/// <summary>The cost of a charging process as its owner enters it (spec, logbook 7.8).</summary>
public interface IChargingCosts
{
    /// <param name="entered">A decimal number with a dot; empty takes the cost away. May be negative.</param>
    Task<CostAnswer> ChangeAsync(ChargingProcessId process, CostMode mode, string? entered, CancellationToken cancellationToken);
}

/// <summary>What came of entering a cost. Closed.</summary>
public abstract record CostAnswer
{
    CostAnswer() { }

    /// <param name="Cost">As stored, in the owner's currency; null when it was taken away.</param>
    public sealed record Changed(decimal? Cost) : CostAnswer;

    public sealed record Refused(FieldError Error) : CostAnswer;

    public sealed record NotFound : CostAnswer;
}

sealed class ChargingCosts(NpgsqlDataSource database) : IChargingCosts
{
    const decimal Most = 999999999999.99m;

    public async Task<CostAnswer> ChangeAsync(ChargingProcessId process, CostMode mode, string? entered, CancellationToken cancellationToken)
    {
        decimal? number = null;
        if (!string.IsNullOrWhiteSpace(entered))
        {
            if (!decimal.TryParse(entered.Trim(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var parsed)
                || Math.Abs(parsed) > Most)
                return new CostAnswer.Refused(new("cost", Problem.Invalid));
            number = parsed;
        }

        // Without the factor that a mode needs the number is a total.
        await using var command = database.CreateCommand("""
            update charging_processes
            set cost = case when $2 is not null then least(greatest($2 * case $3
                    when 'PerKwh' then coalesce(greatest(charge_energy_added, charge_energy_used), 1)
                    when 'PerMinute' then coalesce(duration_min, 1)
                    else 1
                end, -999999999999.99), 999999999999.99) end
            where id = $1
            returning cost
            """);
        command.Parameters.Add(Value.Of(process.Value));
        command.Parameters.Add(Value.Of(number));
        command.Parameters.Add(Value.Of(mode.ToString()));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new CostAnswer.Changed(reader.Decimal(0)) : new CostAnswer.NotFound();
    }
}
