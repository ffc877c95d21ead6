using Npgsql;
using TeslaMate.Database;

namespace TeslaMate.Backups;

/// <summary>
/// What opens the pages is not the backup's to decide: password, tokens and keys of the running installation are carried over, and sessions end. A
/// backup
/// must not bring back a password that was changed or a token that was revoked, nor open pages that have a password.
/// </summary>
static class AccessTables
{
    /// <summary>The password, which is one row.</summary>
    const string Password = "web_access";

    /// <summary>Tables of schema <c>teslamate</c> whose rows are those of the running installation.</summary>
    internal static readonly IReadOnlyList<string> CarriedOver = [Password, "web_keys", "api_tokens"];

    /// <summary>Tables of schema <c>teslamate</c> that are empty after a restore: who is logged in.</summary>
    internal static readonly IReadOnlyList<string> Emptied = ["web_sessions"];

    /// <param name="present">The database in use, which may not exist or be another program's.</param>
    /// <param name="restored">The new one, of this program's version.</param>
    public static async Task CarryOverAsync(DatabaseSettings present, DatabaseSettings restored, CancellationToken cancellationToken)
    {
        await using var to = Source(restored);
        foreach (var table in Emptied)
        {
            if (await HasAsync(to, table, cancellationToken))
                await ExecuteAsync(to, $"delete from teslamate.{table}", cancellationToken);
        }

        await using var from = Source(present);
        foreach (var table in CarriedOver)
        {
            if (await RowsAsync(from, table, cancellationToken) is { } rows && await HasAsync(to, table, cancellationToken))
                await ReplaceAsync(to, table, rows, cancellationToken);
        }

        // The rows brought their numbers along.
        await SequenceCheck.RepairAsync(to, cancellationToken);
    }

    static NpgsqlDataSource Source(DatabaseSettings settings) => settings.CreateDataSource(connection =>
    {
        connection.ApplicationName = "teslamate-restore";
        connection.Pooling = false;
    });

    static async Task ReplaceAsync(NpgsqlDataSource database, string table, string rows, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // A backup's password is better than none.
        var keptPassword = table != Password ? null : await ScalarAsync(connection,
            "select jsonb_build_object('password', password, 'changed_at', changed_at)::text from teslamate.web_access where password is not null",
            null, cancellationToken);
        await ScalarAsync(connection, $"delete from teslamate.{table}", null, cancellationToken);
        await ScalarAsync(connection, $"insert into teslamate.{table} select * from jsonb_populate_recordset(null::teslamate.{table}, $1::jsonb)",
            rows, cancellationToken);
        if (keptPassword is not null)
        {
            await ScalarAsync(connection, """
                with kept as (select * from jsonb_to_record($1::jsonb) as r (password text, changed_at timestamp))
                insert into teslamate.web_access (password, changed_at) select password, changed_at from kept
                on conflict (only_row) do update set password = excluded.password, changed_at = excluded.changed_at where web_access.password is null
                """, keptPassword, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The rows of a table as JSON; null where there is no such table.</summary>
    static async Task<string?> RowsAsync(NpgsqlDataSource database, string table, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            return await ScalarAsync(connection, $"select coalesce(jsonb_agg(to_jsonb(t)), '[]')::text from teslamate.{table} t", null,
                cancellationToken);
        }
        catch (PostgresException exception)
            when (exception.SqlState is PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.UndefinedTable
                or PostgresErrorCodes.InvalidSchemaName)
        {
            return null;
        }
    }

    static async Task<bool> HasAsync(NpgsqlDataSource database, string table, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await ScalarAsync(connection, "select to_regclass('teslamate.' || $1)::text", table, cancellationToken) is not null;
    }

    static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static async Task<string?> ScalarAsync(NpgsqlConnection connection, string sql, string? parameter, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (parameter is not null)
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = parameter });
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }
}
