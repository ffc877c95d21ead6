using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Logbook;

namespace TeslaMate.Web.LogIn;

/// <summary>The tokens for programs in <c>teslamate.api_tokens</c> (spec api 2.5); of each only the hash is kept.</summary>
public sealed class TokenStore([FromKeyedServices(WebDatabase.Pages)] NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>How every token begins.</summary>
    public const string Mark = "tmt_";

    /// <summary>The last use of a token is written down at most this often.</summary>
    internal static readonly TimeSpan UseInterval = TimeSpan.FromMinutes(5);

    const int PrefixLength = 8;

    const string Columns = "id, name, prefix, scopes, car_ids, created_at, expires_at, last_used_at, last_used_from, revoked_at";

    /// <summary>Makes a token. It cannot be read again.</summary>
    public async Task<(StoredToken Stored, Secret Token)> CreateAsync(TokenWish wish, CancellationToken cancellationToken)
    {
        var token = Mark + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var now = time.GetUtcNow();
        await using var command = database.CreateCommand($"""
            insert into teslamate.api_tokens (name, hash, prefix, scopes, car_ids, created_at, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7)
            returning {Columns}
            """);
        command.Parameters.Add(Value.Of(wish.Name));
        command.Parameters.Add(Value.Of(WebAccess.Hash(token)));
        command.Parameters.Add(Value.Of(token[..PrefixLength]));
        command.Parameters.Add(Value.Array<string>([.. wish.Scopes]));
        command.Parameters.Add(Value.Array(wish.Cars?.Select(car => car.Value).ToArray()));
        command.Parameters.Add(Value.Of(now));
        command.Parameters.Add(Value.Of(wish.Lifetime is { } lifetime ? now + lifetime : null));
        return (await OneAsync(command, cancellationToken) ?? throw new InvalidOperationException("an insert returns its row"), new Secret(token));
    }

    /// <summary>All tokens, also those that have ended, the newest first.</summary>
    public async Task<IReadOnlyList<StoredToken>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"select {Columns} from teslamate.api_tokens order by id desc");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var tokens = new List<StoredToken>();
        while (await reader.ReadAsync(cancellationToken))
            tokens.Add(Read(reader));
        return tokens;
    }

    /// <summary>Ends a token for good; null when there is none of this number that has not ended.</summary>
    public async Task<StoredToken?> RevokeAsync(int id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            update teslamate.api_tokens set revoked_at = $2 where id = $1 and revoked_at is null returning {Columns}
            """);
        command.Parameters.Add(Value.Of(id));
        command.Parameters.Add(Value.Of(time.GetUtcNow()));
        return await OneAsync(command, cancellationToken);
    }

    /// <summary>The token in force with this text, and writes down from where it was used; null for every other text.</summary>
    internal async Task<StoredToken?> UseAsync(string token, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (!token.StartsWith(Mark, StringComparison.Ordinal))
            return null;
        var now = time.GetUtcNow();
        await using var command = database.CreateCommand($"""
            with found as (
                select {Columns}
                from teslamate.api_tokens
                where hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)),
            used as (
                update teslamate.api_tokens
                set last_used_at = $2, last_used_from = $3
                from found
                where api_tokens.id = found.id and (found.last_used_at is null or found.last_used_at <= $4))
            select {Columns} from found
            """);
        command.Parameters.Add(Value.Of(WebAccess.Hash(token)));
        command.Parameters.Add(Value.Of(now));
        command.Parameters.Add(Value.Of(origin.ToString()));
        command.Parameters.Add(Value.Of(now - UseInterval));
        return await OneAsync(command, cancellationToken);
    }

    /// <summary>Whether a token that was let in is still in force.</summary>
    internal async Task<bool> IsInForceAsync(int id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "select true from teslamate.api_tokens where id = $1 and revoked_at is null and (expires_at is null or expires_at > $2)");
        command.Parameters.Add(Value.Of(id));
        command.Parameters.Add(Value.Of(time.GetUtcNow()));
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    static async Task<StoredToken?> OneAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    static StoredToken Read(NpgsqlDataReader reader) => new(
        reader.GetInt32(0), reader.GetString(1), reader.GetString(2), reader.GetFieldValue<string[]>(3),
        reader.IsDBNull(4) ? null : [.. reader.GetFieldValue<short[]>(4).Select(car => new CarId(car))],
        reader.GetInstant(5), reader.GetInstantOrNull(6), reader.GetInstantOrNull(7), reader.Text(8),
        reader.GetInstantOrNull(9));
}

/// <summary>A token as the database knows it.</summary>
/// <param name="Id">What it is revoked by.</param>
/// <param name="Name">The owner's word for the program that uses it.</param>
/// <param name="Prefix">Its first eight characters.</param>
/// <param name="Scopes">Of <see cref="TokenWish.AllScopes"/>.</param>
/// <param name="Cars">The cars it is for; null for all.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="ExpiresAt">UTC; null for never.</param>
/// <param name="LastUsedAt">UTC, up to five minutes behind; null when it was never used.</param>
/// <param name="LastUsedFrom">The address.</param>
/// <param name="RevokedAt">UTC; null while it was not revoked.</param>
public sealed record StoredToken(
    int Id, string Name, string Prefix, IReadOnlyList<string> Scopes, IReadOnlyList<CarId>? Cars, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt, string? LastUsedFrom, DateTimeOffset? RevokedAt)
{
    /// <summary>Whether it opens anything at this moment.</summary>
    public bool IsInForce(DateTimeOffset now) => RevokedAt is null && (ExpiresAt is null || ExpiresAt > now);
}
