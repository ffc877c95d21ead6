using System.Buffers;
using System.Threading.Channels;
using Npgsql;
using TeslaMate.Database;

namespace TeslaMate.Backups;

/// <summary>
/// Loads a dump into a new database that nobody else uses: definitions in their order, rows through several sessions at once, then indexes and
/// constraints likewise. A failure leaves a database that is thrown away.
/// </summary>
/// <param name="database">The new database.</param>
/// <param name="jobs">How many sessions work at once.</param>
/// <param name="memoryMegabytes">What each of them may take while it builds an index.</param>
sealed class DumpLoader(DatabaseSettings database, int jobs, int memoryMegabytes)
{
    const int MostInserts = 500;

    /// <summary>Stands in for the body of a function that is not run, whatever its language.</summary>
    const string NotRun = "$restore$begin raise exception 'This function came with the backup and is not run.'; end$restore$";

    const string TableOfVersions = "CREATE TABLE public.schema_migrations ";

    readonly List<string> _grants = [];
    readonly List<string> _inserts = [];
    readonly List<DumpStatement.Index> _indexes = [];
    readonly List<string> _held = [];
    bool _hasVersions;

    /// <summary>Rights that could not be given, because the roles they are for do not exist here.</summary>
    public int FailedGrants { get; private set; }

    /// <summary>
    /// Whether functions, triggers and the like are loaded that no migration makes. Otherwise what runs by itself is refused, and a function gets no
    /// body: it may be an older program's, and then a migration makes it anew.
    /// </summary>
    public bool WithCode { get; init; }

    /// <exception cref="RestoreException">The dump holds what no backup of this program's holds, or the server does not take it.</exception>
    public async Task LoadAsync(DumpReader dump, CancellationToken cancellationToken)
    {
        try
        {
            await LoadAllAsync(dump, cancellationToken);
        }
        catch (RestoreException exception) when (_held.Count > 0 && exception.InnerException is PostgresException)
        {
            throw new RestoreException(
                $"{exception.Message}\nIt may need code of its own, which was not loaded ({string.Join(", ", _held.Take(5))}). {Consent}", exception);
        }
    }

    /// <summary>What to do where a backup's own code is refused.</summary>
    public const string Consent = "Where you know that code and want it, which runs with the rights of the database's owner: --with-code";

    async Task LoadAllAsync(DumpReader dump, CancellationToken cancellationToken)
    {
        await using var source = database.CreateDataSource(connection =>
        {
            connection.ApplicationName = "teslamate-restore";
            connection.Pooling = false;
            connection.CommandTimeout = 0;
        });
        await using var main = await OpenAsync(source, cancellationToken);
        await EnsureHarmlessRoleAsync(main, cancellationToken);
        await using (var rows = new RowSessions(source, this, jobs, cancellationToken))
        {
            while (await dump.ReadAsync(cancellationToken) is { } item)
                await TakeAsync(item, dump, main, rows, cancellationToken);
            await rows.DrainAsync();
        }

        await FlushInsertsAsync(main, cancellationToken);
        await BuildIndexesAsync(source, cancellationToken);
        if (!dump.IsComplete)
            throw new RestoreException("it is incomplete: its end is missing.");
        foreach (var grant in _grants)
            await GrantAsync(main, grant, cancellationToken);
    }

    async Task TakeAsync(DumpItem item, DumpReader dump, NpgsqlConnection main, RowSessions rows, CancellationToken cancellationToken)
    {
        if (item is DumpItem.PsqlCommand(var line))
        {
            if (line.Split(' ', 2)[0] is not ("\\restrict" or "\\unrestrict" or "\\connect"))
                throw new RestoreException($"it holds a command for psql, which is not carried out: {DumpStatement.Printable(line)}");
            return;
        }

        var statement = DumpStatement.Of(((DumpItem.Statement)item).Text);
        // Said early, before hours of loading.
        if (statement is DumpStatement.Rows or DumpStatement.Insert && !_hasVersions)
            throw new RestoreException("it is a backup of something else: it holds no table schema_migrations.");
        if (statement is not (DumpStatement.Insert or DumpStatement.Ignored))
            await FlushInsertsAsync(main, cancellationToken);
        // Indexes and foreign keys wait for one another, everything else for both.
        if (_indexes.Count > 0 && statement is not (DumpStatement.Ignored or DumpStatement.Grant)
            && (statement is not DumpStatement.Index next || next.IsForeignKey != _indexes[0].IsForeignKey))
        {
            await rows.DrainAsync();
            await BuildIndexesAsync(rows.Source, cancellationToken);
        }

        switch (statement)
        {
            case DumpStatement.Ignored:
                break;
            case DumpStatement.Refused(var why):
                throw new RestoreException(why);
            case DumpStatement.Rows(var sql):
                await dump.ReadRowsAsync((portion, token) => rows.AddAsync(sql, portion, token), cancellationToken);
                break;
            case DumpStatement.Insert(var sql):
                _inserts.Add(sql);
                if (_inserts.Count >= MostInserts)
                    await FlushInsertsAsync(main, cancellationToken);
                break;
            case DumpStatement.SequenceValue value:
                await SetSequenceAsync(main, value, cancellationToken);
                break;
            case DumpStatement.Grant(var sql):
                _grants.Add(sql);
                break;
            case DumpStatement.Index index:
                _indexes.Add(index);
                break;
            case DumpStatement.Hook(var sql, var kind) when !WithCode:
                throw new RestoreException($"it brings a {kind} of its own: {DumpStatement.Printable(sql)}. {Consent}");
            case DumpStatement.Function { Body: null } function when !WithCode:
                throw new RestoreException($"it brings a function of its own: {DumpStatement.Printable(function.Sql)}. {Consent}");
            case DumpStatement.Function(_, var head, { } body) when !WithCode && !ForeignCode.IsKnown(body):
                _held.Add(DumpStatement.Printable(head));
                await DefineAsync(head + NotRun);
                break;
            case DumpStatement.Function(var sql, _, _):
                await DefineAsync(sql);
                break;
            case DumpStatement.Hook(var sql, _):
                await DefineAsync(sql);
                break;
            case DumpStatement.Definition(var sql):
                _hasVersions |= sql.StartsWith(TableOfVersions, StringComparison.Ordinal);
                await DefineAsync(sql);
                break;
        }

        async Task DefineAsync(string sql)
        {
            await rows.DrainAsync();
            await ExecuteAsync(main, [sql], cancellationToken);
        }
    }

    async Task<NpgsqlConnection> OpenAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        // As pg_restore has it; and a crash only means starting over: fewer waits for the disk.
        string[] settings =
        [
            "set search_path = ''", "set standard_conforming_strings = on", "set check_function_bodies = off", "set row_security = off",
            "set client_min_messages = error",
            "set statement_timeout = 0", "set lock_timeout = 0", "set idle_in_transaction_session_timeout = 0", "set synchronous_commit = off",
            "set xmloption = content",
            $"set maintenance_work_mem = '{memoryMegabytes}MB'",
        ];
        await ExecuteAsync(connection, settings, cancellationToken);
        return connection;
    }

    /// <summary>
    /// What a dump defines runs with the rights of the role that loads it: it must not reach files, programs and other roles of the server.
    /// </summary>
    async Task EnsureHarmlessRoleAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            select rolname from pg_roles
            where pg_has_role(current_user, oid, 'MEMBER')
                and (rolsuper or rolcreaterole or rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
            order by rolname = current_user desc, rolname
            limit 1
            """, connection);
        if (await command.ExecuteScalarAsync(cancellationToken) is string powerful)
        {
            throw new RestoreException($"The role {database.User} has the rights of {powerful}, which are those of the server's administrator, and "
                + $"what a backup defines would run with them. "
                + $"Let the database belong to a role of its own: CREATE ROLE teslamate_owner LOGIN CREATEDB PASSWORD '...'; and set DATABASE_USER "
                + $"to it, or: ALTER ROLE {database.User} NOSUPERUSER NOCREATEROLE;");
        }
    }

    async Task FlushInsertsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (_inserts.Count == 0)
            return;
        await ExecuteAsync(connection, _inserts, cancellationToken);
        _inserts.Clear();
    }

    async Task GrantAsync(NpgsqlConnection connection, string grant, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(connection, [grant], cancellationToken);
        }
        catch (RestoreException)
        {
            FailedGrants++;
        }
    }

    static async Task SetSequenceAsync(NpgsqlConnection connection, DumpStatement.SequenceValue value, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select pg_catalog.setval($1::text::regclass, $2, $3)", connection)
        {
            Parameters =
            {
                Value.Of(value.Sequence),
                Value.Of(value.Value),
                Value.Of(value.IsCalled),
            },
        };
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception)
        {
            throw Refused(exception, $"setval of {value.Sequence}");
        }
    }

    async Task BuildIndexesAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await IndexBuild.RunAsync(_indexes, jobs, async (sql, token) =>
        {
            await using var connection = await OpenAsync(source, token);
            await ExecuteAsync(connection, [sql], token);
        }, cancellationToken);
        _indexes.Clear();
    }

    /// <summary>
    /// Each text is one command for the server itself, which refuses a second one in it: a batch's commands are not taken apart on the way.
    /// </summary>
    static async Task ExecuteAsync(NpgsqlConnection connection, IReadOnlyList<string> commands, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        foreach (var command in commands)
            batch.BatchCommands.Add(new NpgsqlBatchCommand(command));
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception)
        {
            throw Refused(exception, exception.BatchCommand?.CommandText ?? commands[0]);
        }
    }

    static RestoreException Refused(PostgresException exception, string command)
        => new($"The server does not take it: {DumpStatement.Printable(exception.MessageText)}\n  at: {DumpStatement.Printable(command)}"
            + (exception.Where is { Length: > 0 } where ? $"\n  {DumpStatement.Printable(where)}" : ""), exception);

    /// <summary>Several sessions that take rows: what keeps a server busy is their taking, not their reading.</summary>
    sealed class RowSessions : IAsyncDisposable
    {
        readonly DumpLoader _loader;
        readonly int _jobs;
        readonly CancellationTokenSource _stop;
        Channel<Portion>? _portions;
        List<Task> _workers = [];

        public RowSessions(NpgsqlDataSource source, DumpLoader loader, int jobs, CancellationToken cancellationToken)
        {
            (Source, _loader, _jobs) = (source, loader, jobs);
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        }

        public NpgsqlDataSource Source { get; }

        /// <summary>Hands on some rows of one table; waits when the server is behind.</summary>
        public async ValueTask AddAsync(string copy, ReadOnlyMemory<byte> rows, CancellationToken cancellationToken)
        {
            _portions ??= Channel.CreateBounded<Portion>(new BoundedChannelOptions(2 * _jobs) { SingleWriter = true });
            if (_workers.Count < _jobs)
                _workers.Add(WorkAsync(_portions));
            var bytes = ArrayPool<byte>.Shared.Rent(rows.Length);
            rows.CopyTo(bytes);
            try
            {
                await _portions.Writer.WriteAsync(new Portion(copy, bytes, rows.Length), cancellationToken);
            }
            catch (ChannelClosedException)
            {
                // A worker has failed and closed it; its exception tells more.
                await DrainAsync();
            }
        }

        /// <summary>Waits until every row is in its table.</summary>
        public async Task DrainAsync()
        {
            if (_portions is null)
                return;
            _portions.Writer.TryComplete();
            try
            {
                await Task.WhenAll(_workers);
            }
            catch (OperationCanceledException) when (_workers.FirstOrDefault(worker => worker.IsFaulted) is { } failed)
            {
                // The others were cancelled because of it.
                await failed;
            }
            finally
            {
                (_portions, _workers) = (null, []);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _portions?.Writer.TryComplete();
            await Task.WhenAll(_workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        async Task WorkAsync(Channel<Portion> portions)
        {
            try
            {
                await CopyAsync(portions.Reader, _stop.Token);
            }
            catch (Exception exception)
            {
                portions.Writer.TryComplete(exception);
                await _stop.CancelAsync();
                throw;
            }
        }

        async Task CopyAsync(ChannelReader<Portion> portions, CancellationToken cancellationToken)
        {
            await using var connection = await _loader.OpenAsync(Source, cancellationToken);
            string? current = null;
            StreamWriter? copying = null;
            try
            {
                await foreach (var (copy, bytes, length) in portions.ReadAllAsync(cancellationToken))
                {
                    if (copy != current)
                    {
                        if (copying is not null)
                            await copying.DisposeAsync();
                        copying = (StreamWriter)await connection.BeginTextImportAsync(copy, cancellationToken);
                        current = copy;
                    }

                    // The rows are the server's own text already: no need to decode and encode them.
                    await copying!.BaseStream.WriteAsync(bytes.AsMemory(0, length), cancellationToken);
                    ArrayPool<byte>.Shared.Return(bytes);
                }

                if (copying is not null)
                    await copying.DisposeAsync();
                copying = null;
            }
            catch (PostgresException exception)
            {
                throw Refused(exception, current ?? "");
            }
            finally
            {
                // Never ended in good order, so that half a table does not look whole.
                if (copying?.BaseStream is NpgsqlRawCopyStream unfinished)
                    await unfinished.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        readonly record struct Portion(string Copy, byte[] Bytes, int Length);
    }
}
