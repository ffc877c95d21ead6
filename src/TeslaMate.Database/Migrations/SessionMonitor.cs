using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Looks over the shoulder of a working session from a second connection, so that nobody sits before a silent screen: every two seconds it says what
/// is being done, how far it is, or who is waited for.
/// </summary>
sealed class SessionMonitor : IAsyncDisposable
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

    readonly NpgsqlDataSource _database;
    readonly int _process;
    readonly IProgress<MigrationProgress> _progress;
    readonly TimeProvider _time;
    readonly CancellationTokenSource _stop = new();
    readonly Task _loop;
    Work? _current;
    string? _lastBlockers;

    /// <param name="process">The session to watch.</param>
    public SessionMonitor(NpgsqlDataSource database, int process, IProgress<MigrationProgress> progress, TimeProvider time)
    {
        _database = database;
        _process = process;
        _progress = progress;
        _time = time;
        _loop = RunAsync();
    }

    /// <summary>Says what the session does from now on.</summary>
    public void Begin(string what)
    {
        Volatile.Write(ref _lastBlockers, null);
        Volatile.Write(ref _current, new Work(what, _time.GetTimestamp()));
    }

    /// <summary>Whom the session waited for when it was last looked at since <see cref="Begin"/>, in words; null when for nobody.</summary>
    public string? LastBlockers => Volatile.Read(ref _lastBlockers);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Tick, _time);
        var reported = _time.GetTimestamp();
        NpgsqlConnection? connection = null;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                if (Volatile.Read(ref _current) is not { } work || _time.GetElapsedTime(work.Since) is var elapsed && elapsed < Tick)
                    continue;
                string doing;
                try
                {
                    connection ??= await _database.OpenConnectionAsync(_stop.Token);
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

                if (!ReferenceEquals(work, Volatile.Read(ref _current)) || elapsed < Interval || _time.GetElapsedTime(reported) < Interval)
                    continue;
                reported = _time.GetTimestamp();
                _progress.Report(new MigrationProgress.Working(work.What, elapsed, doing));
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
            $"select {DescriptionOfSessions} from pg_stat_activity where pid = any (pg_blocking_pids($1))", cancellationToken, Value.Of(_process))
            is { } blockers)
        {
            Volatile.Write(ref _lastBlockers, blockers);
            return $"waits for {blockers}";
        }

        return (await connection.ScalarAsync<string>("""
            select coalesce(
                (select format('builds index %s on %s: %s%s', coalesce(index_relid::regclass::text, ''), relid::regclass, phase,
                               case when blocks_total > 0 then format(', %s %%', 100 * blocks_done / blocks_total)
                                    when tuples_total > 0 then format(', %s %%', 100 * tuples_done / tuples_total)
                                    else '' end)
                 from pg_stat_progress_create_index where pid = $1),
                (select case when state = 'active' then left(regexp_replace(query, '(^|\n)\s*--[^\n]*|\s+', ' ', 'g'),
                    120) else 'between two statements' end
                 from pg_stat_activity where pid = $1),
                'the session is gone')
            """, cancellationToken, Value.Of(_process)) ?? "").Trim();
    }

    sealed record Work(string What, long Since);
}
