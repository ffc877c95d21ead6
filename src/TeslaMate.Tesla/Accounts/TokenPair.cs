using TeslaMate.Configuration;

namespace TeslaMate.Tesla.Accounts;

/// <summary>What requests are signed with, and what brings the next pair.</summary>
sealed record TokenPair(Secret Access, Secret Refresh);

/// <summary>What the token endpoint gives.</summary>
/// <param name="Lifetime">Of the access token.</param>
sealed record TokenGrant(TokenPair Pair, TimeSpan Lifetime);

/// <summary>The account as the clients of Tesla see it.</summary>
interface IAccess
{
    /// <summary>The pair of this moment; null when not signed in. Waits until the stored pair has been read at start-up.</summary>
    ValueTask<TokenPair?> CurrentAsync(CancellationToken cancellationToken);

    /// <summary>A vehicle request with this pair was answered 401.</summary>
    /// <returns>Whether that was once too often: there is nobody signed in any more.</returns>
    bool Refused(TokenPair pair);

    /// <summary>A vehicle request with this pair was answered 403: if it is older than this run, a new one may help.</summary>
    void Forbidden(TokenPair pair);

    /// <summary>A vehicle request with this pair was answered.</summary>
    void Accepted(TokenPair pair);

    /// <summary>The stream did not accept this pair: a new one is wanted, but that does not count as a 401.</summary>
    void StreamRefused(TokenPair pair);
}
