using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// The one migration that SQL cannot do: the tokens are encrypted by a cipher that PostgreSQL does not have (migrations, D15). Everything happens inside the
/// version's transaction, between two parts of its script.
/// </summary>
sealed class TokenSteps(Variables variables, IProgress<MigrationProgress> progress)
{
    public Task RunAsync(string step, NpgsqlConnection connection, CancellationToken cancellationToken) => step switch
    {
        "encrypt tokens" => EncryptAsync(connection, cancellationToken),
        "decrypt tokens" => DecryptAsync(connection, cancellationToken),
        _ => throw new InvalidDataException($"There is no step \"{step}\" in this program."),
    };

    async Task EncryptAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        List<(int Id, string Access, string Refresh)> rows = [];
        await foreach (var row in connection.RowsAsync("select id::int, access::text, refresh::text from tokens", cancellationToken))
            rows.Add((row.GetInt32(0), row.GetString(1), row.GetString(2)));
        if (rows.Count == 0)
            return;
        var cipher = (EncryptionKey.FindConfigured(variables) ?? NewKey()).Cipher;
        foreach (var (id, access, refresh) in rows)
        {
            await using var command = new NpgsqlCommand("update tokens set encrypted_access = $2, encrypted_refresh = $3 where id = $1", connection);
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = id });
            command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = cipher.Encrypt(access) });
            command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = cipher.Encrypt(refresh) });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    async Task DecryptAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        List<(int Id, byte[]? Access, byte[]? Refresh)> rows = [];
        await foreach (var row in connection.RowsAsync("select id::int, encrypted_access, encrypted_refresh from tokens", cancellationToken))
            rows.Add((row.GetInt32(0), row.IsDBNull(1) ? null : row.GetFieldValue<byte[]>(1), row.IsDBNull(2) ? null : row.GetFieldValue<byte[]>(2)));
        if (rows.Count == 0)
            return;
        var key = EncryptionKey.FindExisting(variables);
        foreach (var (id, access, refresh) in rows)
        {
            if (key is not null && access is not null && refresh is not null
                && key.Cipher.Decrypt(access) is Decryption.Plain(var accessText) && key.Cipher.Decrypt(refresh) is Decryption.Plain(var refreshText))
            {
                await using var command = new NpgsqlCommand("update tokens set access = $2, refresh = $3 where id = $1", connection);
                command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = id });
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = accessText });
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = refreshText });
                await command.ExecuteNonQueryAsync(cancellationToken);
                continue;
            }

            // The script deletes the rows that stay empty.
            progress.Report(new MigrationProgress.Note(key is null
                ? "The stored Tesla tokens are deleted, since no ENCRYPTION_KEY is set to decrypt them with. Sign in again afterwards."
                : "The stored Tesla tokens are deleted, since ENCRYPTION_KEY does not open them. Sign in again afterwards.", Warning: true));
        }
    }

    EncryptionKey NewKey()
    {
        var (key, files) = EncryptionKey.Generate(variables);
        if (key.Origin is KeyOrigin.Generated(var text))
            progress.Report(new MigrationProgress.NewKey(text, files));
        return key;
    }
}
