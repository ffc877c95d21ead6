using System.Runtime.CompilerServices;
using Npgsql;

namespace TeslaMate.Database;

/// <summary>One statement over an open connection, in its transaction if it has one, with the connection's own limit of time.</summary>
public static class Sql
{
    extension(NpgsqlConnection connection)
    {
        /// <summary>Runs a statement, or several without parameters.</summary>
        public async Task ExecuteAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        /// <summary>The value of the first row; the type's default when there is no row or the value is null.</summary>
        public async Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
        }

        /// <summary>The reader, once per row.</summary>
        public async IAsyncEnumerable<NpgsqlDataReader> RowsAsync(
            string sql, [EnumeratorCancellation] CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                yield return reader;
        }
    }

    internal static void Add(this NpgsqlBatch batch, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(parameters);
        batch.BatchCommands.Add(command);
    }
}
