using System.Data.Common;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;
using TeslaMate.Tesla.Http;

namespace TeslaMate.Tesla.Accounts;

/// <summary>A sign-in by a program that does nothing else. Programs that run on the same database take the tokens over by themselves.</summary>
public sealed class HeadlessSignIn(NpgsqlDataSource database, EncryptionKey key, TeslaSettings settings)
{
    /// <summary>
    /// Checks a pair by exchanging it with Tesla, and stores what Tesla answers in place of whatever was stored. Null pairs are for a fleet token.
    /// The database is asked first: an exchange uses the given pair up.
    /// </summary>
    /// <returns>Null for success; otherwise the stored tokens are as they were.</returns>
    public async Task<ApiError?> RunAsync(Secret? access, Secret? refresh, CancellationToken cancellationToken)
    {
        using var transport = new Transport(settings);
        var store = new TokenTable(database, key, TimeProvider.System);
        var endpoint = new TokenEndpoint(transport, new HttpSender(NullLogger<HttpSender>.Instance, TimeProvider.System), settings,
            NullLogger<TokenEndpoint>.Instance);
        using var account = new TeslaAccount(store, endpoint, settings, TimeProvider.System, Random.Shared.NextDouble,
            NullLogger<TeslaAccount>.Instance);
        try
        {
            if (await store.ReadAsync(cancellationToken) is StoredTokens.TooMany(var count))
                return new ApiError.Failed($"there are {count} pairs of tokens in private.tokens, where there may be one at most");
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return new ApiError.Failed("the database has no tables yet; run \"teslamate migrate\" first");
        }
        catch (DbException exception)
        {
            return new ApiError.Failed($"the database cannot be asked: {exception.Message}");
        }

        if (await account.ReplaceAsync(access, refresh, cancellationToken) is { } error)
            return error;
        return account.IsUnsaved
            ? new ApiError.Failed("Tesla accepted the tokens, but the database did not store the new ones; get new tokens and try again")
            : null;
    }
}
