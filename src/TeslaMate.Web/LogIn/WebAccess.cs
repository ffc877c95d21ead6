using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using TeslaMate.Configuration;
using TeslaMate.Database;

namespace TeslaMate.Web.LogIn;

/// <summary>What opens the pages: the stored password, the sessions it opened, and the token of the <c>PUT</c> routes. Secrets are kept as hashes only.</summary>
public sealed class WebAccess(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>A session ends this long after its last use.</summary>
    internal static readonly TimeSpan SessionLength = TimeSpan.FromDays(30);

    // A session's last use is written down once an hour, not with every request.
    static readonly TimeSpan Renewal = TimeSpan.FromHours(1);

    /// <summary>Whether a password is set.</summary>
    public async Task<bool> HasPasswordAsync(CancellationToken cancellationToken)
        => await PasswordAsync(cancellationToken) is not null;

    /// <summary>Replaces the password and ends every session.</summary>
    public async Task SetPasswordAsync(Secret password, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            insert into teslamate.web_access (password, changed_at) values ($1, $2)
            on conflict (only_row) do update set password = excluded.password, changed_at = excluded.changed_at
            """)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = PasswordHash.Make(password) }, Timestamps.Parameter(time.GetUtcNow()) },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from teslamate.web_sessions"));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Stores the password unless it is the stored one already, whose sessions then go on.</summary>
    public async Task EnsurePasswordAsync(Secret password, CancellationToken cancellationToken)
    {
        if (await PasswordAsync(cancellationToken) is { } stored && PasswordHash.Matches(stored, password))
            return;
        await SetPasswordAsync(password, cancellationToken);
    }

    /// <summary>Opens the pages to everybody who reaches them: forgets the password, the token and every session.</summary>
    public async Task RemovePasswordAsync(CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from teslamate.web_access"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from teslamate.web_sessions"));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Makes a new token for the <c>PUT</c> routes; the one before stops working. It cannot be read again.</summary>
    public async Task<Secret> MakeApiTokenAsync(CancellationToken cancellationToken)
    {
        var token = NewToken();
        await using var command = database.CreateCommand("""
            insert into teslamate.web_access (api_token, changed_at) values ($1, $2)
            on conflict (only_row) do update set api_token = excluded.api_token, changed_at = excluded.changed_at
            """);
        command.Parameters.Add(Bytes(Hash(token)));
        command.Parameters.Add(Timestamps.Parameter(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancellationToken);
        return new Secret(token);
    }

    internal async Task<string?> PasswordAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select password from teslamate.web_access");
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>Starts a session; the answer is what the browser's cookie holds.</summary>
    internal async Task<string> StartSessionAsync(CancellationToken cancellationToken)
    {
        var token = NewToken();
        var now = time.GetUtcNow();
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from teslamate.web_sessions where expires_at < $1") { Parameters = { Timestamps.Parameter(now) } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("insert into teslamate.web_sessions (id, started_at, expires_at) values ($1, $2, $3)")
        {
            Parameters = { Bytes(Hash(token)), Timestamps.Parameter(now), Timestamps.Parameter(now + SessionLength) },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return token;
    }

    internal async Task EndSessionAsync(byte[] id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("delete from teslamate.web_sessions where id = $1");
        command.Parameters.Add(Bytes(id));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Whether a password is set, and the session that the cookie stands for, if it has not ended; one round trip.</summary>
    internal async Task<(bool HasPassword, byte[]? Session)> LookUpAsync(string? cookie, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var id = cookie is { Length: > 20 and < 100 } ? Hash(cookie) : [];
        await using var command = database.CreateCommand("""
            select (select password is not null from teslamate.web_access),
                   (select expires_at from teslamate.web_sessions where id = $1 and expires_at > $2)
            """);
        command.Parameters.Add(Bytes(id));
        command.Parameters.Add(Timestamps.Parameter(now));
        bool hasPassword;
        DateTimeOffset? expires;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            await reader.ReadAsync(cancellationToken);
            hasPassword = !await reader.IsDBNullAsync(0, cancellationToken) && reader.GetBoolean(0);
            expires = reader.GetInstantOrNull(1);
        }

        if (expires is { } end && end < now + SessionLength - Renewal)
            await RenewAsync(id, now + SessionLength, cancellationToken);
        return (hasPassword, expires is null ? null : id);
    }

    public async Task<bool> IsApiTokenAsync(string token, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select api_token from teslamate.web_access");
        return await command.ExecuteScalarAsync(cancellationToken) is byte[] stored && CryptographicOperations.FixedTimeEquals(stored, Hash(token));
    }

    internal static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    async Task RenewAsync(byte[] id, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("update teslamate.web_sessions set expires_at = $2 where id = $1");
        command.Parameters.Add(Bytes(id));
        command.Parameters.Add(Timestamps.Parameter(until));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    static NpgsqlParameter<byte[]> Bytes(byte[] value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea };
}
