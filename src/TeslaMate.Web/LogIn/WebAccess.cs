using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// What opens the pages: the stored password, the sessions it opened, and the token of the <c>PUT</c> routes. Secrets are kept as hashes only.
/// </summary>
public sealed class WebAccess([FromKeyedServices(WebDatabase.Pages)] NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>A session ends this long after its last use.</summary>
    internal static readonly TimeSpan SessionLength = TimeSpan.FromDays(30);

    /// <summary>A session ends this long after its start, however often it is used.</summary>
    internal static readonly TimeSpan LongestSession = TimeSpan.FromDays(90);

    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with the next change that this instance makes to password or sessions.</summary>
    internal Task Changed => Volatile.Read(ref _changed).Task;

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
            Parameters = { Value.Of(PasswordHash.Make(password)), Value.Of(time.GetUtcNow()) },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from teslamate.web_sessions"));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        AnnounceChange();
    }

    /// <summary>Whether this is the stored password.</summary>
    public async Task<bool> IsPasswordAsync(Secret password, CancellationToken cancellationToken)
        => await PasswordAsync(cancellationToken) is { } stored && PasswordHash.Matches(stored, password);

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
        AnnounceChange();
    }

    /// <summary>Makes a new token for the <c>PUT</c> routes; the one before stops working. It cannot be read again.</summary>
    public async Task<Secret> MakeApiTokenAsync(CancellationToken cancellationToken)
    {
        var token = NewToken();
        await using var command = database.CreateCommand("""
            insert into teslamate.web_access (api_token, changed_at) values ($1, $2)
            on conflict (only_row) do update set api_token = excluded.api_token, changed_at = excluded.changed_at
            """);
        command.Parameters.Add(Value.Of(Hash(token)));
        command.Parameters.Add(Value.Of(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancellationToken);
        return new Secret(token);
    }

    internal async Task<string?> PasswordAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select password from teslamate.web_access");
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>Starts a session; the answer is what the browser's cookie holds.</summary>
    internal async Task<string> StartSessionAsync(string subject, string method, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var token = NewToken();
        var now = time.GetUtcNow();
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            "delete from teslamate.web_sessions where expires_at < $1")
        { Parameters = { Value.Of(now) } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            insert into teslamate.web_sessions (id, started_at, expires_at, subject, method, address, agent, used_at, confirmed_at)
                values ($1, $2, $3, $4, $5, $6, $7, $2, $2)
            """)
        {
            Parameters =
            {
                Value.Of(Hash(token)), Value.Of(now), Value.Of(now + SessionLength),
                Value.Of(subject), Value.Of(method), Value.Of(origin.Address?.ToString()), Value.Of(origin.Agent),
            },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return token;
    }

    /// <summary>Puts the end of a session off, and writes down where it is used from.</summary>
    internal async Task RenewSessionAsync(string token, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = database.CreateCommand("""
            update teslamate.web_sessions
            set expires_at = least($2, started_at + $6), used_at = $3, address = $4, agent = $5
            where id = $1
            """);
        command.Parameters.Add(Value.Of(Hash(token)));
        command.Parameters.Add(Value.Of(now + SessionLength));
        command.Parameters.Add(Value.Of(now));
        command.Parameters.Add(Value.Of(origin.Address?.ToString()));
        command.Parameters.Add(Value.Of(origin.Agent));
        command.Parameters.Add(Value.Of(LongestSession));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    internal async Task EndSessionAsync(byte[] id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("delete from teslamate.web_sessions where id = $1");
        command.Parameters.Add(Value.Of(id));
        await command.ExecuteNonQueryAsync(cancellationToken);
        AnnounceChange();
    }

    /// <summary>All sessions that have not ended, the last used first.</summary>
    internal async Task<IReadOnlyList<StoredSession>> SessionsAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select id, subject, method, started_at, expires_at, confirmed_at, address, agent, used_at
            from teslamate.web_sessions
            where expires_at > $1
            order by coalesce(used_at, started_at) desc
            """);
        command.Parameters.Add(Value.Of(time.GetUtcNow()));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var sessions = new List<StoredSession>();
        while (await reader.ReadAsync(cancellationToken))
            sessions.Add(Session(reader, reader.GetFieldValue<byte[]>(0), first: 1));
        return sessions;
    }

    /// <summary>The owner has just proved again to be the owner.</summary>
    internal async Task ConfirmSessionAsync(byte[] id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("update teslamate.web_sessions set confirmed_at = $2 where id = $1");
        command.Parameters.Add(Value.Of(id));
        command.Parameters.Add(Value.Of(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Replaces the password and ends every session but one.</summary>
    internal async Task ChangePasswordAsync(Secret password, byte[] but, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("update teslamate.web_access set password = $1, changed_at = $2")
        {
            Parameters = { Value.Of(PasswordHash.Make(password)), Value.Of(time.GetUtcNow()) },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from teslamate.web_sessions where id <> $1") { Parameters = { Value.Of(but) } });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        AnnounceChange();
    }

    void AnnounceChange() => Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    /// <summary>Whether a password and a token are set, and the session that the cookie stands for, if it has not ended; one round trip.</summary>
    internal async Task<AccessState> LookUpAsync(string? cookie, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var id = cookie is { Length: > 20 and < 100 } ? Hash(cookie) : [];
        await using var command = database.CreateCommand("""
            select access.password is not null,
                access.api_token is not null or exists (
                    select from teslamate.api_tokens
                    where revoked_at is null and (expires_at is null or expires_at > $2) and scopes && array['logging', 'write', 'admin']),
                session.subject, session.method, session.started_at, session.expires_at, session.confirmed_at, session.address, session.agent,
                session.used_at
            from (values (true)) as one (only_row)
            left join teslamate.web_access access using (only_row)
            left join teslamate.web_sessions session on session.id = $1 and session.expires_at > $2 and session.started_at > $3
            """);
        command.Parameters.Add(Value.Of(id));
        command.Parameters.Add(Value.Of(now));
        command.Parameters.Add(Value.Of(now - LongestSession));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var session = await reader.IsDBNullAsync(2, cancellationToken) ? null : Session(reader, id, first: 2);
        return new AccessState(reader.GetBoolean(0), reader.GetBoolean(1), session);
    }

    public async Task<bool> IsApiTokenAsync(string token, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select api_token from teslamate.web_access");
        return await command.ExecuteScalarAsync(cancellationToken) is byte[] stored && CryptographicOperations.FixedTimeEquals(stored, Hash(token));
    }

    internal static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    // Subject, method, start, end, confirmation, address, agent, last use.
    static StoredSession Session(NpgsqlDataReader reader, byte[] id, int first)
    {
        var (started, expires) = (reader.GetInstant(first + 2), reader.GetInstant(first + 3));
        var used = reader.GetInstantOrNull(first + 7) ?? started;
        return new StoredSession(id, reader.GetString(first), reader.GetString(first + 1), started, used, expires, reader.GetInstantOrNull(first + 4))
        {
            Address = reader.Text(first + 5),
            Agent = reader.Text(first + 6),
            UsedAt = used,
        };
    }

    static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}
