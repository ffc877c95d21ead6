using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// The one migration that SQL cannot do: the tokens are encrypted by a cipher that PostgreSQL does not have (migrations, D15). What the version
/// stores is worked out before its transaction, into a temporary table of the same connection; tokens that others have changed since make the
/// version be tried again.
/// </summary>
sealed class TokenSteps(Variables variables, IProgress<MigrationProgress> progress)
{
    const string Prepared = "pg_temp.prepared_tokens";

    EncryptionKey? _key;

    /// <summary>What the step does in SQL, with what <see cref="PrepareAsync"/> prepared.</summary>
    public static string Sql(string step)
    {
        var (from, to) = step switch
        {
            "encrypt tokens" => ("", "encrypted_"),
            "decrypt tokens" => ("encrypted_", ""),
            _ => throw new InvalidDataException($"There is no step \"{step}\" in this program."),
        };
        return $"""
            do $$ begin
                if not exists (select from public.tokens) then
                    return;
                end if;
                if to_regclass('{Prepared}') is not null then
                    update public.tokens set {to}access = ready.{to}access, {to}refresh = ready.{to}refresh from {Prepared} ready
                    where ready.id = tokens.id and ready.{from}access is not distinct from tokens.{from}access
                      and ready.{from}refresh is not distinct from tokens.{from}refresh;
                    if found and (select count(*) from public.tokens) = (select count(*) from {Prepared}) then
                        return;
                    end if;
                end if;
                raise exception 'the tokens were changed meanwhile' using errcode = 'lock_not_available';
            end $$
            """;
    }

    /// <summary>Has the ciphers or plain texts of all tokens at hand in the temporary table, if one of the scripts needs them.</summary>
    public async Task PrepareAsync(IEnumerable<EvolveScript> scripts, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (scripts.SelectMany(script => script.Runs).SelectMany(run => run.Script.Parts).OfType<ScriptPart.Step>().FirstOrDefault() is not { } step
            || await connection.ScalarAsync<string>("select coalesce(to_regclass('private.tokens'), to_regclass('public.tokens'))::text",
                cancellationToken) is not { } table)
            return;
        var tokens = await connection.RowsAsync($"select id::bigint, access, refresh from {table}", cancellationToken)
            .Select(row => step.Name == "encrypt tokens" ? Encrypted(row.GetInt64(0), row.GetString(1), row.GetString(2))
                : Decrypted(row.GetInt64(0), row.GetValue(1) as byte[], row.GetValue(2) as byte[]))
            .ToListAsync(cancellationToken);
        if (tokens.Count == 0)
            return;
        await connection.ExecuteAsync($"""
            create temporary table if not exists prepared_tokens (id bigint, access text, refresh text, encrypted_access bytea,
                encrypted_refresh bytea);
            truncate {Prepared}
            """, cancellationToken);
        foreach (var token in tokens)
            await connection.ExecuteAsync($"insert into {Prepared} values ($1, $2, $3, $4, $5)", cancellationToken, token);
    }

    NpgsqlParameter[] Encrypted(long id, string access, string refresh)
    {
        var cipher = (_key ??= EncryptionKey.FindConfigured(variables) ?? NewKey()).Cipher;
        return Row(id, access, refresh, cipher.Encrypt(access), cipher.Encrypt(refresh));
    }

    NpgsqlParameter[] Decrypted(long id, byte[]? access, byte[]? refresh)
    {
        _key ??= EncryptionKey.FindExisting(variables);
        if (_key is not null && access is not null && refresh is not null && _key.Cipher.Decrypt(access) is Decryption.Plain(var accessText)
            && _key.Cipher.Decrypt(refresh) is Decryption.Plain(var refreshText))
            return Row(id, accessText, refreshText, access, refresh);
        // The script deletes the rows that stay empty.
        progress.Report(new MigrationProgress.Note("The stored Tesla tokens are deleted, since "
            + (_key is null ? "no ENCRYPTION_KEY is set to decrypt them with" : "ENCRYPTION_KEY does not open them")
            + ". Sign in again afterwards.", Warning: true));
        return Row(id, null, null, access, refresh);
    }

    static NpgsqlParameter[] Row(long id, string? access, string? refresh, byte[]? encryptedAccess, byte[]? encryptedRefresh)
        => [Value.Of(id), Value.Of(access), Value.Of(refresh), Value.Of(encryptedAccess), Value.Of(encryptedRefresh)];

    EncryptionKey NewKey()
    {
        var (key, files) = EncryptionKey.Generate(variables);
        if (key.Origin is KeyOrigin.Generated(var text))
            progress.Report(new MigrationProgress.NewKey(text, files));
        return key;
    }
}
