using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Looks over the shoulder of a working session from a second connection, so that nobody sits before a silent screen: every two seconds it says what
/// is being done, how far it is, or who is waited for.
/// </summary>
/// <param name="process">The session to watch.</param>
sealed class SessionMonitor(NpgsqlDataSource database, int process, IProgress<MigrationProgress> progress, TimeProvider time) : IAsyncDisposable
{
    /// <summary>An aggregate over <c>pg_stat_activity</c> that says who these sessions are and what they do.</summary>
    public const string DescriptionOfSessions = """
        string_agg(format('process %s (%s%s%s, %s)', pid,
                          coalesce(nullif(application_name, ''), 'unnamed program'),
                          coalesce(' of ' || usename, ''),
                          coalesce(' on ' || host(client_addr), ''),
                          case when state = 'active' then coalesce('running for ' || date_trunc('second', now() - query_start) || ': '
                                                                   || left(regexp_replace(query, '\s+', ' ', 'g'), 80), 'busy')
                               else coalesce(state || ' for ' || date_trunc('second', now() - state_change),
                                   'its state is not shown to this role') end),
                   ', ' order by pid)
        """;

    static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    readonly CancellationTokenSource _stop = new();
    Task _loop = Task.CompletedTask;
    volatile Work? _current;
    volatile string? _lastBlockers;

    /// <summary>Says what the session does from now on.</summary>
    public void Begin(string what)
    {
        _lastBlockers = null;
        var isFirst = _current is null;
        _current = new Work(what, time.GetTimestamp());
        if (isFirst)
            _loop = RunAsync();
    }

    /// <summary>Whom the session waited for when it was last looked at since <see cref="Begin"/>, in words; null when for nobody.</summary>
    public string? LastBlockers => _lastBlockers;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Tick, time);
        var reported = time.GetTimestamp();
        NpgsqlConnection? connection = null;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                if (_current is not { } work || time.GetElapsedTime(work.Since) is var elapsed && elapsed < Tick)
                    continue;
                string doing;
                try
                {
                    connection ??= await database.OpenConnectionAsync(_stop.Token);
                    doing = await DescribeAsync(connection, _stop.Token);
                }
                catch (NpgsqlException exception)
                {
                    // No second connection to be had; the work itself may still go on.
                    doing = $"the server cannot be asked what it does: {exception.Message}";
                    if (connection is not null)
                        await connection.DisposeAsync();
                    connection = null;
                }

                if (work != _current || elapsed < Interval || time.GetElapsedTime(reported) < Interval)
                    continue;
                reported = time.GetTimestamp();
                progress.Report(new MigrationProgress.Working(work.What, elapsed, doing));
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
        finally
        {
            if (connection is not null)
                await connection.DisposeAsync();
        }
    }

    async Task<string> DescribeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await connection.ScalarAsync<string>(
            $"select {DescriptionOfSessions} from pg_stat_activity where pid = any (pg_blocking_pids({process}))", cancellationToken) is { } blockers)
        {
            _lastBlockers = blockers;
            return $"waits for {blockers}";
        }

        return (await connection.ScalarAsync<string>(
            MigrationFolder.Text("queries/session_progress.sql"), cancellationToken, Value.Of(process)) ?? "").Trim();
    }

    sealed record Work(string What, long Since);
}
