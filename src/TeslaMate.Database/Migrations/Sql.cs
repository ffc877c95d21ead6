using System.Runtime.CompilerServices;
using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>The few shapes in which the engine talks to the server.</summary>
static class Sql
{
    extension(NpgsqlConnection connection)
    {
        public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        /// <summary>The value of the first row; the type's default when there is no row or the value is null.</summary>
        public async Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
        }

        /// <summary>The reader, once per row.</summary>
        public async IAsyncEnumerable<NpgsqlDataReader> RowsAsync(string sql, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                yield return reader;
        }
    }

    extension(NpgsqlBatch batch)
    {
        public NpgsqlBatchCommand Add(string sql)
        {
            var command = new NpgsqlBatchCommand(sql);
            batch.BatchCommands.Add(command);
            return command;
        }
    }
}
