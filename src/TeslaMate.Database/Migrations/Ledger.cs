using Npgsql;
using NpgsqlTypes;

namespace TeslaMate.Database.Migrations;

/// <summary>Which of the two chains of versions a row belongs to.</summary>
enum Chain
{
    /// <summary>The reference's, in <c>public</c> and <c>private</c>.</summary>
    Reference,

    /// <summary>Our own, in schema <c>teslamate</c>.</summary>
    Own,
}

/// <summary>A row of a <c>changelog</c>.</summary>
readonly record struct ChangelogRow(long Version, string? Checksum, bool Success, DateTimeOffset At);

/// <summary>Everything the database remembers about its migrations, as one reading.</summary>
sealed record Ledger
{
    /// <summary>The versions in <c>schema_migrations</c>, which the reference reads, with their times.</summary>
    public required IReadOnlyDictionary<long, DateTimeOffset?> SchemaMigrations { get; init; }

    /// <summary>The versioned rows of Evolve's <c>changelog</c>.</summary>
    public required IReadOnlyList<ChangelogRow> Changelog { get; init; }

    public required IReadOnlyList<ChangelogRow> OwnChangelog { get; init; }

    /// <summary>The checksums of the repeatable migrations as they were run last, by the files' names.</summary>
    public required IReadOnlyDictionary<string, string?> Repeatables { get; init; }

    /// <summary>The checksums of the undo scripts that the database keeps.</summary>
    public required IReadOnlyDictionary<(Chain Chain, long Version), string> UndoScripts { get; init; }

    public required ServerFacts Server { get; init; }

    /// <summary>Reads whatever part of the tables is there.</summary>
    public static async Task<Ledger> ReadAsync(NpgsqlConnection connection, ServerFacts server, CancellationToken cancellationToken)
    {
        Dictionary<long, DateTimeOffset?> versions = [];
        Dictionary<(Chain, long), string> undoScripts = [];
        Dictionary<string, string?> repeatables = new(StringComparer.Ordinal);
        List<ChangelogRow> changelog = [], own = [];
        if (server.HasSchemaMigrations)
        {
            await foreach (var row in connection.RowsAsync("select version, inserted_at from schema_migrations", cancellationToken))
                versions[row.GetInt64(0)] = row.GetInstantOrNull(1);
        }

        if (server.HasChangelog)
            await ReadChangelogAsync("public.changelog", changelog);
        if (server.HasOwnTables)
        {
            await ReadChangelogAsync("teslamate.changelog", own);
            await foreach (var row in connection.RowsAsync("select name, checksum from teslamate.changelog where type = 4 and success order by installed_on, id", cancellationToken))
                repeatables[row.GetString(0)] = row.IsDBNull(1) ? null : row.GetString(1);
            await foreach (var row in connection.RowsAsync("select own, version, checksum from teslamate.undo_scripts", cancellationToken))
                undoScripts[(row.GetBoolean(0) ? Chain.Own : Chain.Reference, row.GetInt64(1))] = row.GetString(2);
        }

        return new Ledger
        {
            SchemaMigrations = versions,
            Changelog = changelog,
            OwnChangelog = own,
            Repeatables = repeatables,
            UndoScripts = undoScripts,
            Server = server,
        };

        async Task ReadChangelogAsync(string table, List<ChangelogRow> rows)
        {
            // Type 0 is a versioned migration; Evolve's other rows describe the schema itself.
            await foreach (var row in connection.RowsAsync($"""
                select version::bigint, checksum, success, installed_on from {table} where type = 0 and version ~ '^\d+$' order by id
                """, cancellationToken))
                rows.Add(new ChangelogRow(row.GetInt64(0), row.IsDBNull(1) ? null : row.GetString(1), row.GetBoolean(2), row.GetInstant(3)));
        }
    }

    /// <summary>Makes the tables that are missing.</summary>
    public static async Task CreateTablesAsync(NpgsqlConnection connection, ServerFacts server, CancellationToken cancellationToken)
    {
        List<string> missing = [];
        if (!server.HasSchemaMigrations)
        {
            missing.Add("""
                create table if not exists schema_migrations (version bigint constraint schema_migrations_pkey primary key, inserted_at timestamp(0))
                """);
        }

        if (!server.HasChangelog)
            missing.Add(ChangelogTable("public"));
        if (!server.HasOwnSchema)
            missing.Add("create schema if not exists teslamate");
        if (!server.HasOwnTables)
        {
            missing.Add(ChangelogTable("teslamate"));
            missing.Add("""
                create table if not exists teslamate.undo_scripts (
                    own boolean not null, version bigint not null, name text not null, checksum text not null, sql text not null, primary key (own, version))
                """);
        }

        if (missing.Count > 0)
            await connection.ExecuteAsync(string.Join(";\n", missing), cancellationToken);
    }

    /// <summary>
    /// Keeps programs of a role called like our schema out of it: without this, the reference, which goes by the search path, would look for its tables there,
    /// find none and make them anew. Holds for this database only.
    /// </summary>
    public static Task KeepNamesakeOutAsync(NpgsqlConnection connection, ServerFacts server, CancellationToken cancellationToken)
        => connection.ExecuteAsync($"alter role teslamate in database \"{server.Database.Replace("\"", "\"\"", StringComparison.Ordinal)}\" set search_path = public", cancellationToken);

    /// <summary>Removes what is ours when nothing of the reference's is left either; <c>schema_migrations</c> stays, empty, as the reference leaves it.</summary>
    public static Task DropTablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
        => connection.ExecuteAsync("""
            drop table public.changelog, teslamate.changelog, teslamate.undo_scripts;
            do $$
            begin
                drop schema teslamate;
            exception when dependent_objects_still_exist then
                null; -- somebody keeps things of their own in it
            end
            $$
            """, cancellationToken);

    /// <summary>Statements that record <paramref name="migrations"/> as applied and keep their undo scripts.</summary>
    /// <param name="times">When each was applied; null for now.</param>
    public static void AddRecords(NpgsqlBatch batch, Chain chain, IReadOnlyList<Migration> migrations, IReadOnlyList<DateTime>? times, DateTimeOffset now)
    {
        long[] versions = [.. migrations.Select(migration => migration.Version)];
        string[] up = [.. migrations.Select(migration => migration.Up.FileName)];
        var table = chain is Chain.Own ? "teslamate.changelog" : "public.changelog";
        var record = batch.Add($"""
            insert into {table} (type, version, description, name, checksum, installed_by, installed_on, success)
            select 0, version::text, description, name, checksum, current_user, coalesce(installed_on, now() at time zone 'utc'), true
            from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamp[]) as file (version, description, name, checksum, installed_on)
            """);
        record.Add(versions);
        record.Add<string[]>([.. migrations.Select(migration => migration.Description)]);
        record.Add(up);
        record.Add<string[]>([.. migrations.Select(migration => migration.Up.Checksum)]);
        record.Parameters.Add(new NpgsqlParameter { Value = times?.ToArray() ?? [], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Timestamp });
        if (chain is Chain.Reference)
        {
            var version = batch.Add("insert into schema_migrations (version, inserted_at) select version, $2 from unnest($1::bigint[]) as version on conflict do nothing");
            version.Add(versions);
            // The reference writes its own clock, cut to whole seconds.
            version.Parameters.Add(Timestamps.Parameter(now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond))));
        }

        AddUndoScripts(batch, chain, migrations);
    }

    public static void AddUndoScripts(NpgsqlBatch batch, Chain chain, IReadOnlyList<Migration> migrations)
    {
        var keep = batch.Add("""
            insert into teslamate.undo_scripts (own, version, name, checksum, sql)
            select $1, version, name, checksum, sql
            from unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) as file (version, name, checksum, sql)
            on conflict (own, version) do update set name = excluded.name, checksum = excluded.checksum, sql = excluded.sql
            """);
        keep.Add(chain is Chain.Own);
        keep.Add<long[]>([.. migrations.Select(migration => migration.Version)]);
        keep.Add<string[]>([.. migrations.Select(migration => migration.Down.FileName)]);
        keep.Add<string[]>([.. migrations.Select(migration => migration.Down.Checksum)]);
        keep.Add<string[]>([.. migrations.Select(migration => migration.Down.Text)]);
    }

    /// <summary>Statements that record <paramref name="file"/> as run.</summary>
    public static void AddRepeatable(NpgsqlBatch batch, RepeatableMigration file)
    {
        batch.Add("delete from teslamate.changelog where type = 4 and name = $1").Add(file.Script.FileName);
        var record = batch.Add("""
            insert into teslamate.changelog (type, version, description, name, checksum, installed_by, success) values (4, null, $1, $2, $3, current_user, true)
            """);
        record.Add(file.Description);
        record.Add(file.Script.FileName);
        record.Add(file.Script.Checksum);
        var names = batch.Add("""
            insert into teslamate.undo_scripts (own, version, name, checksum, sql) values (true, $1, 'R', '', $2)
            on conflict (own, version) do update set sql = undo_scripts.sql || E'\n' || excluded.sql
            """);
        names.Add(RepeatableMigration.Version);
        names.Add(string.Join('\n', file.Objects));
    }

    /// <summary>Statements that forget <paramref name="version"/>.</summary>
    public static void AddRemoval(NpgsqlBatch batch, Chain chain, long version)
    {
        if (chain is Chain.Reference)
            batch.Add("delete from schema_migrations where version = $1").Add(version);
        batch.Add($"delete from {(chain is Chain.Own ? "teslamate" : "public")}.changelog where type = 0 and version = $1::text").Add(version);
        var script = batch.Add("delete from teslamate.undo_scripts where own = $1 and version = $2");
        script.Add(chain is Chain.Own);
        script.Add(version);
    }

    // Evolve's table, column by column.
    static string ChangelogTable(string schema) => $"""
        create table if not exists {schema}.changelog (
            id serial primary key, type smallint, version varchar(50), description varchar(200) not null, name varchar(300) not null, checksum varchar(32),
            installed_by varchar(100) not null, installed_on timestamp not null default now(), success boolean not null)
        """;
}
