namespace TeslaMate.Tesla.Accounts;

/// <summary>What happens to the account. Closed; each has its rule in <see cref="AccountState.Transition"/>.</summary>
abstract record AccountEvent
{
    AccountEvent()
    {
    }

    /// <summary>The table was read for the first time; not <see cref="StoredTokens.TooMany"/>, with which nothing starts.</summary>
    public sealed record Began(StoredTokens Stored) : AccountEvent;

    /// <summary>Something is due: a refresh, or a look at the table.</summary>
    public sealed record Woken : AccountEvent;

    /// <summary>The table was read again.</summary>
    public sealed record Looked(StoredTokens Stored) : AccountEvent;

    /// <summary>No other instance of this program refreshes now.</summary>
    /// <param name="Pair">About to be refreshed.</param>
    /// <param name="Stored">What the table holds by now; null when it could not, or need not, be read.</param>
    public sealed record RefreshChecked(TokenPair Pair, StoredTokens? Stored) : AccountEvent;

    /// <summary>Tesla has given new tokens.</summary>
    /// <param name="IsSignIn">For a pair that somebody gave; false for a refresh of the pair in use.</param>
    public sealed record Granted(TokenGrant Grant, bool IsSignIn) : AccountEvent;

    /// <summary>Tesla has given none.</summary>
    /// <param name="Stored">As in <see cref="RefreshChecked"/>, read after the answer.</param>
    /// <param name="Chance">From 0 up to 1.</param>
    public sealed record RefreshFailed(TokenPair Pair, ApiError Error, StoredTokens? Stored, double Chance) : AccountEvent;

    /// <summary>Follows <see cref="AccountEffect.Refresh"/> however that ended, also when it was cancelled.</summary>
    public sealed record RefreshEnded : AccountEvent;

    /// <summary>The pair in use is in the table.</summary>
    public sealed record Saved(string Mark) : AccountEvent;

    /// <summary>The row was deleted at the owner's wish.</summary>
    public sealed record Deleted : AccountEvent;

    /// <inheritdoc cref="IAccess.Refused"/>
    public sealed record Refused(TokenPair Pair) : AccountEvent;

    /// <inheritdoc cref="IAccess.Forbidden"/>
    public sealed record Forbidden(TokenPair Pair) : AccountEvent;

    /// <inheritdoc cref="IAccess.Accepted"/>
    public sealed record Accepted(TokenPair Pair) : AccountEvent;

    /// <inheritdoc cref="IAccess.StreamRefused"/>
    public sealed record StreamRefused(TokenPair Pair) : AccountEvent;
}
