namespace TeslaMate.Backups;

/// <summary>
/// Makes indexes and constraints several at a time, in their order as far as their tables' locks allow, so that no session waits for another.
/// </summary>
static class IndexBuild
{
    public static async Task RunAsync(
        IReadOnlyList<DumpStatement.Index> indexes, int jobs, Func<string, CancellationToken, Task> execute, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waiting = indexes.ToList();
        // A list: tasks that end at once may all be the same object.
        var running = new List<(Task Task, DumpStatement.Index Index)>();
        try
        {
            while (waiting.Count > 0 || running.Count > 0)
            {
                while (running.Count < jobs && waiting.FirstOrDefault(candidate => running.All(other => Agree(candidate, other.Index))) is { } next)
                {
                    waiting.Remove(next);
                    running.Add((execute(next.Sql, stop.Token), next));
                }

                var ended = await Task.WhenAny(running.Select(build => build.Task));
                running.RemoveAt(running.FindIndex(build => build.Task == ended));
                await ended;
            }
        }
        catch
        {
            await stop.CancelAsync();
            await Task.WhenAll(running.Select(build => build.Task)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    static bool Agree(DumpStatement.Index one, DumpStatement.Index other) => (one.IsShared && other.IsShared)
        || !one.Tables.Intersect(other.Tables).Any();
}
