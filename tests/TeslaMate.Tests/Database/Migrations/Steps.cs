using Npgsql;
using TeslaMate.Database.Encryption;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>Runs the embedded files one by one on one connection, each in a transaction, without the engine around them.</summary>
sealed class Steps(TestDatabase database) : IAsyncDisposable
{
    readonly TokenCipher _cipher = new("correct-horse-battery-staple"u8);
    NpgsqlConnection? _connection;

    public TestDatabase Database => database;

    /// <summary>A database of its own, empty.</summary>
    public static async Task<Steps> OnEmptyDatabaseAsync(string server = PostgresServer.Installed)
        => new(await PostgresServer.CreateDatabaseAsync(server));

    /// <summary>A database of its own that stands at <paramref name="version"/>, with the sample rows recorded for it where there are some.</summary>
    public static async Task<Steps> LeftAtAsync(long version, string server = PostgresServer.Installed, bool withSamples = false)
    {
        var steps = await OnEmptyDatabaseAsync(server);
        await steps.UpAsync(0, version);
        if (withSamples)
            await steps.ExecuteAsync(TestFiles.Unzipped($"left-at/{version}/seed.sql.gz"));
        return steps;
    }

    /// <summary>
    /// Records the versions up to <paramref name="newest"/> as the reference does, which has no table but <c>schema_migrations</c> for that.
    /// </summary>
    public Task RecordAsync(long newest) => ExecuteAsync($"""
        create table schema_migrations (version bigint primary key, inserted_at timestamp(0));
        insert into schema_migrations
        select version, now() at time zone 'utc'
        from unnest(array[{string.Join(", ", RecordedSteps.Versions.Where(version => version <= newest))}]::bigint[]) as version
        """);

    /// <summary>Goes forward through the versions above <paramref name="from"/>, up to and including <paramref name="to"/>.</summary>
    public async Task UpAsync(long from = 0, long to = long.MaxValue)
    {
        foreach (var version in RecordedSteps.Versions.Where(version => version > from && version <= to))
            await RunAsync(MigrationFiles.Forward(version));
    }

    /// <summary>Undoes all versions from <paramref name="from"/> down to and including <paramref name="to"/>.</summary>
    public async Task DownAsync(long from = long.MaxValue, long to = 0)
    {
        foreach (var version in RecordedSteps.Versions.Where(version => version >= to && version <= from).Reverse())
            await RunAsync(MigrationFiles.Back(version));
    }

    /// <summary>Runs one file in one transaction; <paramref name="measure"/> looks at it before it is committed.</summary>
    public async Task RunAsync(string script, Func<NpgsqlConnection, Task>? before = null, Func<NpgsqlConnection, Task>? measure = null)
    {
        var connection = await ConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (before is not null)
            await before(connection);
        var rest = script;
        foreach (var (mark, step) in new (string, Func<NpgsqlConnection, Task>)[] { ("-- step: encrypt tokens\n", EncryptAsync),
            ("-- step: decrypt tokens\n", DecryptAsync) })
        {
            if (rest.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at)
            {
                await ExecuteAsync(rest[..at]);
                await step(connection);
                rest = rest[(at + mark.Length)..];
            }
        }

        await ExecuteAsync(rest);
        if (measure is not null)
            await measure(connection);
        await transaction.CommitAsync();
    }

    /// <summary>
    /// What <paramref name="query"/> finds when <paramref name="script"/> runs on <paramref name="given"/> rows; all of it is taken back.
    /// </summary>
    public async Task<List<string>> TryAsync(string given, string script, string query)
    {
        var connection = await ConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(given);
        await ExecuteAsync(script);
        return await LinesAsync(query);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, await ConnectionAsync());
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of every row, as text.</summary>
    public async Task<List<string>> LinesAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, await ConnectionAsync());
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
            lines.Add(reader.IsDBNull(0) ? "" : reader.GetFieldValue<object>(0).ToString() ?? "");
        return lines;
    }

    /// <summary>The schema, one fact a line.</summary>
    public Task<List<string>> SchemaAsync() => LinesAsync(TestFiles.Text("fingerprint.sql"));

    /// <summary>All rows, one a line, as <c>data.sql</c> prints them: its first statement writes those that print the tables.</summary>
    public async Task<List<string>> RowsAsync()
    {
        var script = TestFiles.Text("data.sql");
        var start = script.IndexOf("SELECT format", StringComparison.Ordinal);
        var lines = new List<string>();
        foreach (var statement in await LinesAsync(script[start..script.IndexOf("\\gexec", StringComparison.Ordinal)]))
            lines.AddRange(await LinesAsync(statement));
        return lines;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        await database.DisposeAsync();
    }

    async Task<NpgsqlConnection> ConnectionAsync() => _connection ??= await database.TestSource.OpenConnectionAsync();

    async Task EncryptAsync(NpgsqlConnection connection)
    {
        foreach (var (id, refresh, access) in await TokensAsync<string>(connection, "refresh, access"))
        {
            await using var update = new NpgsqlCommand("update tokens set encrypted_refresh = $2, encrypted_access = $3 where id = $1", connection)
            {
                Parameters = { new() { Value = id }, new() { Value = _cipher.Encrypt(refresh) }, new() { Value = _cipher.Encrypt(access) } },
            };
            await update.ExecuteNonQueryAsync();
        }
    }

    async Task DecryptAsync(NpgsqlConnection connection)
    {
        foreach (var (id, refresh, access) in await TokensAsync<byte[]>(connection, "encrypted_refresh, encrypted_access"))
        {
            await using var update = new NpgsqlCommand("update tokens set refresh = $2, access = $3 where id = $1", connection)
            {
                Parameters =
                {
                    new() { Value = id },
                    new() { Value = _cipher.Decrypt(refresh).ShouldBeOfType<Decryption.Plain>().Text },
                    new() { Value = _cipher.Decrypt(access).ShouldBeOfType<Decryption.Plain>().Text },
                },
            };
            await update.ExecuteNonQueryAsync();
        }
    }

    static async Task<List<(long Id, T Refresh, T Access)>> TokensAsync<T>(NpgsqlConnection connection, string columns)
    {
        await using var command = new NpgsqlCommand($"select id::bigint, {columns} from tokens", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<(long, T, T)>();
        while (await reader.ReadAsync())
            rows.Add((reader.GetInt64(0), reader.GetFieldValue<T>(1), reader.GetFieldValue<T>(2)));
        return rows;
    }
}
