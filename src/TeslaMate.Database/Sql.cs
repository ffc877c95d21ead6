using System.Runtime.CompilerServices;
using Npgsql;

namespace TeslaMate.Database;

/// <summary>One statement over an open connection, in its transaction if it has one.</summary>
public static class Sql
{
    extension(NpgsqlConnection connection)
    {
        /// <summary>Runs a statement, or several without parameters, within the connection's own limit of time.</summary>
        /// <returns>How many rows it wrote.</returns>
        public Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
            => connection.ExecuteAsync(sql, null, cancellationToken, parameters);

        /// <summary>Runs a statement, or several without parameters.</summary>
        /// <param name="sql">The statement.</param>
        /// <param name="limit">How long it may take; zero: as long as it takes; null: the connection's own limit.</param>
        /// <param name="cancellationToken">Ends it.</param>
        /// <param name="parameters">Made for this call: a parameter belongs to one statement.</param>
        /// <returns>How many rows it wrote.</returns>
        public async Task<int> ExecuteAsync(string sql, TimeSpan? limit, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
        {
            await using var command = connection.Command(sql, limit, parameters);
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }

        /// <summary>The value of the first row; the type's default when there is no row or the value is null.</summary>
        public Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
            => connection.ScalarAsync<T>(sql, null, cancellationToken, parameters);

        /// <inheritdoc cref="ScalarAsync{T}(NpgsqlConnection, string, CancellationToken, NpgsqlParameter[])"/>
        public async Task<T?> ScalarAsync<T>(string sql, TimeSpan? limit, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
        {
            await using var command = connection.Command(sql, limit, parameters);
            return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
        }

        /// <summary>The reader, once per row.</summary>
        public IAsyncEnumerable<NpgsqlDataReader> RowsAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
            => connection.RowsAsync(sql, null, cancellationToken, parameters);

        /// <inheritdoc cref="RowsAsync(NpgsqlConnection, string, CancellationToken, NpgsqlParameter[])"/>
        public async IAsyncEnumerable<NpgsqlDataReader> RowsAsync(
            string sql, TimeSpan? limit, [EnumeratorCancellation] CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
        {
            await using var command = connection.Command(sql, limit, parameters);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                yield return reader;
        }

        NpgsqlCommand Command(string sql, TimeSpan? limit, NpgsqlParameter[] parameters)
        {
            var command = new NpgsqlCommand(sql, connection);
            if (limit is { } time)
                command.CommandTimeout = (int)time.TotalSeconds;
            command.Parameters.AddRange(parameters);
            return command;
        }
    }

    internal static void Add(this NpgsqlBatch batch, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(parameters);
        batch.BatchCommands.Add(command);
    }
}
