using Npgsql;
using NpgsqlTypes;
using TeslaMate.Database;

namespace TeslaMate.Web.LogIn;

/// <summary>Who may see the pages of a database that was loaded from a backup.</summary>
public static class RestoredAccess
{
    /// <summary>
    /// Ends every session in <paramref name="restored"/>, forgets the keys of its forms, and brings over the password and token of the database that
    /// it takes the place of: neither a password that was changed since, nor a session that was ended since, comes back with a backup. What the
    /// database before does not have stays as in the backup, so that no restore opens pages that were closed in either.
    /// </summary>
    /// <param name="before">The database whose place is taken; null when there was none.</param>
    /// <param name="restored">The loaded one, with all migrations of schema <c>teslamate</c>.</param>
    /// <param name="cancellationToken">Leaves everything as it is.</param>
    public static async Task CarryOverAsync(NpgsqlDataSource? before, NpgsqlDataSource restored, CancellationToken cancellationToken)
    {
        var access = before is null ? null : await ReadAsync(before, cancellationToken);
        await using var connection = await restored.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        foreach (var table in (string[])["teslamate.web_sessions", "teslamate.web_keys"])
        {
            await using var exists = new NpgsqlCommand("select to_regclass($1) is not null",
                connection)
            { Parameters = { new NpgsqlParameter<string> { TypedValue = table } } };
            if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
                continue;
            await using var empty = new NpgsqlCommand($"delete from {table}", connection);
            await empty.ExecuteNonQueryAsync(cancellationToken);
        }

        if (access is var (password, token, changedAt))
        {
            await using var write = new NpgsqlCommand("""
                insert into teslamate.web_access (password, api_token, changed_at) values ($1, $2, $3)
                on conflict (only_row) do update
                set password = coalesce(excluded.password, web_access.password), api_token = coalesce(excluded.api_token, web_access.api_token), changed_at = excluded.changed_at
                """, connection)
            {
                Parameters =
                {
                    new NpgsqlParameter { Value = (object?)password ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                    new NpgsqlParameter { Value = (object?)token ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea },
                    Timestamps.Parameter(changedAt),
                },
            };
            await write.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    static async Task<(string? Password, byte[]? Token, DateTimeOffset ChangedAt)?> ReadAsync(NpgsqlDataSource database,
        CancellationToken cancellationToken)
    {
        try
        {
            await using var command = database.CreateCommand("select password, api_token, changed_at from teslamate.web_access");
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken))
                return null;
            return (reader.Text(0), reader.Bytes(1), reader.GetInstant(2));
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return null;
        }
    }
}
