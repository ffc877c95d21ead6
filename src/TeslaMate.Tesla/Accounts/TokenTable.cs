using System.Security.Cryptography;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Encryption;

namespace TeslaMate.Tesla.Accounts;

/// <summary>What the table of tokens holds.</summary>
abstract record StoredTokens
{
    StoredTokens() { }

    public sealed record None : StoredTokens;

    /// <param name="Mark">Changes whenever somebody saves, whoever that is.</param>
    public sealed record Pair(TokenPair Tokens, string Mark) : StoredTokens;

    /// <summary>Written with another key, or not by this cipher at all.</summary>
    public sealed record Undecryptable(string Mark) : StoredTokens;

    /// <summary>More rows than there can be accounts.</summary>
    public sealed record TooMany(int Count) : StoredTokens;
}

/// <summary>Where tokens survive a restart. All members throw <see cref="System.Data.Common.DbException"/> while the database is away.</summary>
interface ITokenStore
{
    Task<StoredTokens> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Replaces whatever is stored.</summary>
    /// <returns>The mark of what is stored now.</returns>
    Task<string> SaveAsync(TokenPair tokens, CancellationToken cancellationToken);

    Task DeleteAsync(CancellationToken cancellationToken);

    /// <summary>Keeps other instances of this program from refreshing the same tokens until disposed.</summary>
    Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken);
}

/// <summary>Table <c>private.tokens</c> (spec tesla-api 7.1): none or one row, both columns encrypted as the reference does it.</summary>
sealed class TokenTable(NpgsqlDataSource database, EncryptionKey key, TimeProvider time) : ITokenStore
{
    public async Task<StoredTokens> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select access, refresh from private.tokens order by id
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<(byte[]? Access, byte[]? Refresh)>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add((reader.Bytes(0), reader.Bytes(1)));
        return rows switch
        {
            [] or [(null, _)] or [(_, null)] => new StoredTokens.None(),
            [({ } access, { } refresh)] => Decrypt(access, refresh),
            _ => new StoredTokens.TooMany(rows.Count),
        };
    }

    public async Task<string> SaveAsync(TokenPair tokens, CancellationToken cancellationToken)
    {
        var (access, refresh) = (key.Cipher.Encrypt(tokens.Access.Reveal()), key.Cipher.Encrypt(tokens.Refresh.Reveal()));
        return await SequenceCheck.RepairAndRetryAsync(database, () => SaveAsync(access, refresh, cancellationToken), cancellationToken);
    }

    async Task<string> SaveAsync(byte[] access, byte[] refresh, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            with updated as (
                update private.tokens set access = $1, refresh = $2, updated_at = $3 returning id)
            insert into private.tokens (access, refresh, inserted_at, updated_at)
            select $1, $2, $3, $3
            where not exists (select from updated)
            """);
        command.Parameters.Add(Value.Of(access));
        command.Parameters.Add(Value.Of(refresh));
        command.Parameters.Add(Value.Of(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancellationToken);
        return Mark(access, refresh);
    }

    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("delete from private.tokens");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            // Nobody but who may change the tokens can take this lock; it is in the way of nobody else, and the connection does nothing meanwhile.
            await using var command = new NpgsqlCommand("""
                set local idle_in_transaction_session_timeout = 0;
                lock table private.tokens in share update exclusive mode
                """, connection, transaction);
            // A refresh elsewhere ends by its own limits within this time.
            command.CommandTimeout = 130;
            await command.ExecuteNonQueryAsync(cancellationToken);
            return new TableLock(connection, transaction);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    StoredTokens Decrypt(byte[] access, byte[] refresh)
        => (key.Cipher.Decrypt(access),
            key.Cipher.Decrypt(refresh)) is (Decryption.Plain { Text.Length: > 0 } plainAccess, Decryption.Plain { Text.Length: > 0 } plainRefresh)
            ? new StoredTokens.Pair(new TokenPair(new Secret(plainAccess.Text), new Secret(plainRefresh.Text)), Mark(access, refresh))
            : new StoredTokens.Undecryptable(Mark(access, refresh));

    static string Mark(byte[] access, byte[] refresh) => Convert.ToHexString(SHA256.HashData([.. access, .. refresh]));

    sealed class TableLock(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await using (connection)
            {
                try
                {
                    await transaction.DisposeAsync();
                }
                catch (NpgsqlException)
                {
                    // The connection broke, and the lock with it.
                }
            }
        }
    }
}
