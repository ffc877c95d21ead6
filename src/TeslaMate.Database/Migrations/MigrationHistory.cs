using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>Which of the two chains of versions a row belongs to.</summary>
enum Chain
{
    /// <summary>The reference's, in <c>public</c> and <c>private</c>.</summary>
    Reference,

    /// <summary>Our own, in schema <c>teslamate</c>.</summary>
    Own,
}

readonly record struct ChangelogRow(string? Checksum, DateTimeOffset? At);

/// <summary>Everything the database remembers about its migrations, as one reading; and how it is written there.</summary>
sealed class MigrationHistory(ServerFacts server)
{
    public ServerFacts Server => server;

    /// <summary>The versions in <c>schema_migrations</c>, which the reference reads, with their times.</summary>
    public Dictionary<long, DateTimeOffset?> SchemaMigrations { get; } = [];

    /// <summary>The versions that Evolve's <c>changelog</c> in schema <c>public</c> has as applied.</summary>
    public Dictionary<long, ChangelogRow> Changelog { get; } = [];

    /// <summary>The same in schema <c>teslamate</c>.</summary>
    public Dictionary<long, ChangelogRow> OwnChangelog { get; } = [];

    /// <summary>The checksums of the repeatable migrations as they were run last, by the files' names.</summary>
    public Dictionary<string, string?> Repeatables { get; } = new(StringComparer.Ordinal);

    /// <summary>The checksums of the undo scripts that the database keeps.</summary>
    public Dictionary<(Chain Chain, long Version), string> UndoScripts { get; } = [];

    /// <summary>Whether <c>changelog</c> tables hold rows that a killed run left, or that nobody could have meant.</summary>
    public bool NeedsSweep { get; private set; }

    /// <summary>When one of the reference's versions was applied; null where no row says it.</summary>
    public DateTimeOffset? TimeOf(long version) => SchemaMigrations.GetValueOrDefault(version) ?? Changelog.GetValueOrDefault(version).At;

    public bool IsStale(MigrationFile file) => Repeatables.GetValueOrDefault(file.FileName) != file.Checksum;

    /// <summary>Reads whatever part of the tables is there; people write into them too, so that every column may be null or absurd.</summary>
    public static async Task<MigrationHistory> ReadAsync(NpgsqlConnection connection, ServerFacts server, CancellationToken cancellationToken)
    {
        var history = new MigrationHistory(server);
        if (server.HasSchemaMigrations)
        {
            await foreach (var row in connection.RowsAsync(
                $"select version, {Plausible("inserted_at")} from public.schema_migrations", cancellationToken))
                history.SchemaMigrations[row.GetInt64(0)] = row.GetInstantOrNull(1);
        }

        if (server.HasChangelog)
            await ReadChangelogAsync("public.changelog", history.Changelog);
        if (server.HasOwnTables)
        {
            await ReadChangelogAsync("teslamate.changelog", history.OwnChangelog);
            await foreach (var row in connection.RowsAsync(
                "select name, checksum from teslamate.changelog where type = 4 and success and name is not null order by installed_on, id",
                cancellationToken))
                history.Repeatables[row.GetString(0)] = row.Text(1);
            await foreach (var row in connection.RowsAsync("select own, version, checksum from teslamate.undo_scripts", cancellationToken))
                history.UndoScripts[(row.GetBoolean(0) ? Chain.Own : Chain.Reference, row.GetInt64(1))] = row.GetString(2);
        }

        return history;

        async Task ReadChangelogAsync(string table, Dictionary<long, ChangelogRow> rows)
        {
            // Type 0 is a versioned migration; Evolve's other rows describe the schema itself.
            await foreach (var row in connection.RowsAsync($"""
                select version::bigint, nullif(trim(checksum), ''), {Plausible("installed_on")} from {table}
                where type = 0 and version ~ '^[0-9]+$' and char_length(version) <= 18 and success order by id
                """, cancellationToken))
                rows[row.GetInt64(0)] = new ChangelogRow(row.Text(1), row.GetInstantOrNull(2));
            history.NeedsSweep |= await connection.ScalarAsync<bool>(
                $"select exists (select from {table} where {Leftover(table)} or {Unreadable} or type = 0 and trim(checksum) = '')",
                cancellationToken);
        }
    }

    /// <summary>Makes the tables that are missing; what is there is not even asked for, which would take a right to make it.</summary>
    public static string TablesSql(ServerFacts server)
    {
        var tables = new (bool IsThere, string Sql)[]
        {
            (server.HasSchemaMigrations, """
                create table if not exists public.schema_migrations (
                    version bigint constraint schema_migrations_pkey primary key, inserted_at timestamp(0));
                """),
            (server.HasChangelog, ChangelogTable("public")),
            (server.HasOwnSchema, "create schema if not exists teslamate;"),
            (server.HasOwnTables, $"""
                {ChangelogTable("teslamate")}
                create table if not exists teslamate.undo_scripts (
                    own boolean not null, version bigint not null, name text not null, checksum text not null, sql text not null,
                    primary key (own, version));
                """),
        };
        return string.Join('\n', tables.Where(table => !table.IsThere).Select(table => table.Sql));
    }

    /// <summary>
    /// Keeps programs of a role called like our schema out of it: without this, the reference, which goes by the search path, would look for its
    /// tables there, find none and make them anew. Holds for this database only.
    /// </summary>
    public static Task KeepNamesakeOutAsync(NpgsqlConnection connection, ServerFacts server, CancellationToken cancellationToken)
        => connection.ExecuteAsync($"alter role teslamate in database \"{server.Database.Replace("\"", "\"\"", StringComparison.Ordinal)}\" set "
            + "search_path = public", cancellationToken);

    /// <summary>Removes what is ours with the last of the reference's; <c>schema_migrations</c> stays, empty, as the reference leaves it.</summary>
    public const string DropTablesSql = """
        drop table public.changelog, teslamate.changelog, teslamate.undo_scripts;
        do $$
        begin
            drop schema teslamate;
        exception when dependent_objects_still_exist then
            null; -- somebody keeps things of their own in it
        end
        $$
        """;

    public static void AddUndoScripts(NpgsqlBatch batch, IReadOnlyList<(Chain Chain, Migration Migration)> scripts) => batch.Add("""
        insert into teslamate.undo_scripts (own, version, name, checksum, sql)
        select * from unnest($1::boolean[], $2::bigint[], $3::text[], $4::text[], $5::text[])
        on conflict (own, version) do update set name = excluded.name, checksum = excluded.checksum, sql = excluded.sql
        """,
        Value.Array<bool>([.. scripts.Select(script => script.Chain is Chain.Own)]),
        Value.Array<long>([.. scripts.Select(script => script.Migration.Version)]),
        Value.Array<string>([.. scripts.Select(script => script.Migration.Down.FileName)]),
        Value.Array<string>([.. scripts.Select(script => script.Migration.Down.Checksum)]),
        Value.Array<string>([.. scripts.Select(script => script.Migration.Down.Text)]));

    /// <summary>Records a version in the reference's table, by the server's clock and cut to whole seconds as the reference does.</summary>
    public static string VersionSql(long version) => $"""
        insert into public.schema_migrations (version, inserted_at) values ({version}, date_trunc('second', clock_timestamp() at time zone 'utc'))
        on conflict do nothing
        """;

    /// <summary>Records a version in Evolve's table, as of now where no time is given.</summary>
    public static string RecordSql(string schema, Migration migration, DateTimeOffset? at = null) => $"""
        insert into {schema}.changelog (type, version, description, name, checksum, installed_by, installed_on, success)
        values (0, '{migration.Version}', '{migration.Up.Description}', '{migration.Up.FileName}', '{migration.Up.Checksum}', current_user,
            {(at is { } time ? $"'{Timestamps.ToColumn(time):O}'" : "default")}, true)
        """;

    /// <summary>Records a repeatable migration, and the names of what it made, by which any program can drop it.</summary>
    public static string RecordSql(MigrationFile file, bool isRecordedByEvolve) => $"""
        delete from teslamate.changelog where type = 4 and name = '{file.FileName}';
        insert into teslamate.undo_scripts (own, version, name, checksum, sql)
        values (true, {MigrationFile.RepeatableVersion}, 'R', '', '{string.Join('\n', file.Objects)}')
        on conflict (own, version) do update set sql = undo_scripts.sql || e'\n' || excluded.sql;
        {(isRecordedByEvolve ? "" : $"""
        insert into teslamate.changelog (type, description, name, checksum, installed_by, success)
        values (4, '{file.Description}', '{file.FileName}', '{file.Checksum}', current_user, true)
        """)}
        """;

    /// <summary>Forgets a version that was undone, and what Evolve wrote about the undo before it.</summary>
    public static string RemovalSql(PlannedRun run) => $"""
        {(run.Chain is Chain.Reference ? $"delete from public.schema_migrations where version = {run.Version};" : "")}
        delete from {run.Schema}.changelog where type = 0 and version = '{run.Version}' or {Undone};
        delete from teslamate.undo_scripts where own = {run.Chain is Chain.Own} and version = {run.Version}
        """;

    /// <summary>
    /// Removes what failures and undos have written to Evolve's table of a schema, and rows that Evolve cannot read; its versions are in the other
    /// table too.
    /// </summary>
    /// <param name="files">Whose checksums are filled in where somebody emptied them.</param>
    public static string SweepSql(string schema, MigrationFolder? files = null) => $"""
        {(files is null or { All.Count: 0 } ? "" : $"""
            update {schema}.changelog
            set checksum = coalesce(nullif(trim(changelog.checksum), ''), file.checksum), name = file.name, description = file.description
            from (values {string.Join(", ", files.All.Select(file =>
                $"('{file.Version}', '{file.Up.FileName}', '{file.Up.Checksum}', '{file.Up.Description}')"))})
                as file (version, name, checksum, description)
            where type = 0 and changelog.version = file.version
              and ({Unreadable} or trim(changelog.checksum) = '' or changelog.name <> file.name);
            """)}
        update {schema}.changelog
        set checksum = coalesce(checksum, ''), description = coalesce(nullif(description, ''), 'unknown'),
            installed_on = coalesce({Plausible("installed_on")}, now())
        where {Unreadable};
        delete from {schema}.changelog where {Leftover($"{schema}.changelog")}
        """;

    // What Evolve stumbles over.
    static readonly string Unreadable = $"(changelog.checksum is null or coalesce(changelog.description, '') = '' or "
        + $"{Plausible("changelog.installed_on")} is null)";

    const string Undone = @"type = 4 and name !~ '^R__\w'";

    // Null where a clock cannot have said it.
    static string Plausible(string time) => $"case when {time} between '2000-01-01' and '9000-01-01' then {time} end";

    static string Leftover(string table) => $$"""
        (success is not true or type is null or type not in (0, 1, 2, 4) or {{Undone}}
            or type <> 4 and coalesce(version, '') !~ '^\d{1,18}([._]\d{1,18})*$'
            or type = 0 and exists (select from {{table}} later where later.type = 0 and later.success and later.version = changelog.version
                and later.id > changelog.id))
        """;

    // Evolve's table, column by column.
    static string ChangelogTable(string schema) => $"""
        create table if not exists {schema}.changelog (
            id serial primary key, type smallint, version varchar(50), description varchar(200) not null, name varchar(300) not null,
            checksum varchar(32), installed_by varchar(100) not null, installed_on timestamp not null default now(), success boolean not null);
        """;
}
