using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>The versions this program was written for, read off the names of their files: for questions that are asked every few seconds.</summary>
public static class KnownVersions
{
    static readonly MigrationFolder OwnFolder = MigrationFolder.Embedded("teslamate/");

    /// <summary>The reference's, oldest first; <c>public.schema_migrations</c> has them all.</summary>
    public static IReadOnlyList<long> Reference { get; } = [.. MigrationFolder.Embedded("").All.Select(migration => migration.Version)];

    /// <summary>Those of schema <c>teslamate</c>, oldest first; <c>teslamate.changelog</c> has them all.</summary>
    public static IReadOnlyList<long> Own { get; } = [.. OwnFolder.All.Select(migration => migration.Version)];

    /// <summary>SQL: how many of these versions and repeatable migrations a database lacks, for the parameters of <see cref="AddTo"/>.</summary>
    public const string PendingSql = """
        (select count(*) from unnest($1) known (version) where not exists (select from public.schema_migrations applied
            where applied.version = known.version))
            + (select count(*) from unnest($2) known (version)
                where not exists (select from teslamate.changelog applied where applied.version = known.version::text and applied.success))
            + (select count(*) from unnest($3, $4) known (name, checksum)
                where known.checksum is distinct from (select applied.checksum from teslamate.changelog applied
                    where applied.type = 4 and applied.success and applied.name = known.name order by applied.installed_on desc, applied.id desc
                        limit 1))
        """;

    /// <summary>Adds the parameters <c>$1</c> to <c>$4</c> of <see cref="PendingSql"/>.</summary>
    public static void AddTo(NpgsqlParameterCollection parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.Add(Value.Array<long>([.. Reference]));
        parameters.Add(Value.Array<long>([.. Own]));
        parameters.Add(Value.Array<string>([.. OwnFolder.Repeatables.Select(file => file.FileName)]));
        parameters.Add(Value.Array<string>([.. OwnFolder.Repeatables.Select(file => file.Checksum)]));
    }

    /// <summary>
    /// Whether the database has exactly these versions and nothing left to do, by one short question: what a start asks. False says no more than that
    /// <see cref="Migrator.StateAsync(CancellationToken)"/> has to look.
    /// </summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public static async Task<bool> AreAllOfAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            select {PendingSql} = 0
                and not exists (select from public.schema_migrations where version > $5)
                and not exists (select from teslamate.changelog where type = 0 and version <> all ($2::text[]))
            """);
        AddTo(command.Parameters);
        command.Parameters.Add(Value.Of(Reference[^1]));
        try
        {
            return await command.ExecuteScalarAsync(cancellationToken) is true;
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName
            or PostgresErrorCodes.InsufficientPrivilege)
        {
            return false;
        }
    }
}
