using TeslaMate.Configuration;

namespace TeslaMate.Tesla.Accounts;

/// <summary>Whether there are tokens to work with.</summary>
public enum SignIn
{
    /// <summary>The stored tokens have not been read yet.</summary>
    Starting,

    /// <summary>None are stored, or the stored ones were refused for good.</summary>
    SignedOut,

    /// <summary>There is a row of tokens, but not with this encryption key. It is left as it is.</summary>
    Undecryptable,
    SignedIn,
}

/// <summary>The account at one moment.</summary>
/// <param name="Generation">Grows with every sign-in and sign-out (not with a refresh): a new number means "list the cars again".</param>
/// <param name="RefreshedAt">When tokens last came from Tesla during this run.</param>
/// <param name="ExpiresAt">When the access token ends, as far as it is known.</param>
/// <param name="Problem">Why the last refresh failed; null after one that succeeded.</param>
public sealed record AccountStatus(
    SignIn SignIn, int Generation, DateTimeOffset? RefreshedAt = null, DateTimeOffset? ExpiresAt = null, ApiError? Problem = null);

/// <summary>The one Tesla account of this installation: sign-in, sign-out, and who wants to know (spec tesla-api 7).</summary>
public interface ITeslaAccount
{
    AccountStatus Status { get; }

    /// <summary>The bearer <c>TOKEN</c> of a proxy is set: a sign-in needs no tokens then.</summary>
    bool FleetMode { get; }

    /// <summary>Waits until <see cref="Status"/> differs from <paramref name="known"/>, and answers it; at once if it already does.</summary>
    Task<AccountStatus> ChangedAsync(AccountStatus known, CancellationToken cancellationToken);

    /// <summary>
    /// Checks a pair by refreshing it (at most 2 minutes), stores what Tesla answers, and tells everyone who waits. Blanks around the tokens are cut
    /// off. Null pairs are for <see cref="FleetMode"/>. Null is success; otherwise nothing was changed.
    /// </summary>
    Task<ApiError?> SignInAsync(Secret? access, Secret? refresh, CancellationToken cancellationToken);

    /// <summary>Forgets and deletes the tokens. Null is success; <see cref="ApiError.NotSignedIn"/> when there was nothing to do.</summary>
    Task<ApiError?> SignOutAsync(CancellationToken cancellationToken);
}
