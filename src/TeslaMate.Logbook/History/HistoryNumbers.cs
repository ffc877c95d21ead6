
namespace TeslaMate.Logbook.History;

/// <summary>Where the numbers of new rows come from.</summary>
/// <param name="isRehearsal">
/// The rows will be taken back, so their numbers are below zero and the sequences, which no transaction takes back, are left alone.
/// </param>
sealed class HistoryNumbers(bool isRehearsal)
{
    int _last;

    /// <summary>As many numbers as asked for, ascending.</summary>
    public async Task<int[]> TakeAsync(NpgsqlConnection connection, string sequence, int count, CancellationToken cancellationToken)
    {
        if (count == 0)
            return [];
        if (isRehearsal)
        {
            // Still ascending within one call.
            _last -= count;
            return [.. Enumerable.Range(_last, count)];
        }

        await using var command = new NpgsqlCommand("select array_agg(nextval(format('public.%I', $1)::regclass)::integer) from "
            + "generate_series(1, $2)", connection);
        command.Parameters.Add(Value.Of(sequence));
        command.Parameters.Add(Value.Of(count));
        command.CommandTimeout = 0;
        return (int[])(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
