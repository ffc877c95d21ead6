namespace TeslaMate.Logbook.Writing;

/// <summary>
/// One statement of a transaction. It returns exactly one result set, whose rows <see cref="Read"/> turns into what is to happen after the commit.
/// </summary>
/// <param name="Sql">Text with parameters <c>$1</c>, <c>$2</c>, ...</param>
/// <param name="Read">Called for each row; null when the rows say nothing of interest.</param>
/// <param name="Missing">What it means when there is no row; null when that is fine.</param>
sealed record Statement(string Sql, NpgsqlParameter[] Parameters, Func<NpgsqlDataReader, Outcome?>? Read = null, Outcome? Missing = null)
{
    public NpgsqlBatchCommand ToBatchCommand()
    {
        var command = new NpgsqlBatchCommand(Sql);
        foreach (var parameter in Parameters)
            command.Parameters.Add(parameter.Collection is null ? parameter : parameter.Clone());
        return command;
    }
}
