namespace TeslaMate.Tesla.Accounts;

/// <summary>Something to do for the account; <see cref="TeslaAccount"/> carries it out and decides nothing. Closed.</summary>
abstract record AccountEffect
{
    AccountEffect()
    {
    }

    /// <summary>
    /// Keeps other instances from refreshing, and looks at the table once more; answered by <see cref="AccountEvent.RefreshChecked"/> and, at the
    /// very end, by <see cref="AccountEvent.RefreshEnded"/>.
    /// </summary>
    public sealed record Refresh(TokenPair Pair) : AccountEffect;

    /// <summary>
    /// Asks Tesla for the pair that follows this one; answered by <see cref="AccountEvent.Granted"/> or <see cref="AccountEvent.RefreshFailed"/>.
    /// </summary>
    public sealed record Ask(TokenPair Pair) : AccountEffect;

    /// <summary>Stores the pair; answered by <see cref="AccountEvent.Saved"/>, or not at all while the database is away.</summary>
    public sealed record Save(TokenPair Pair) : AccountEffect;

    /// <summary>Reads the table; answered by <see cref="AccountEvent.Looked"/>.</summary>
    public sealed record Look : AccountEffect;

    /// <summary>Something the journal should say.</summary>
    public sealed record Log(AccountNote Note) : AccountEffect;
}

/// <summary>What the journal says of the account. Closed; none holds a token.</summary>
abstract record AccountNote
{
    AccountNote()
    {
    }

    /// <summary>A refresh begins.</summary>
    public sealed record Refreshing : AccountNote;

    public sealed record Refreshed : AccountNote;

    public sealed record Scheduled(TimeSpan In) : AccountNote;

    public sealed record NotRefreshed(ApiError Reason, TimeSpan RetryIn) : AccountNote;

    public sealed record SignedIn : AccountNote;

    public sealed record SignedOut : AccountNote;

    /// <summary>Another program has deleted the row.</summary>
    public sealed record SignedOutElsewhere : AccountNote;

    /// <summary>Another program has stored other tokens, which are in use now.</summary>
    public sealed record TakenOver : AccountNote;

    public sealed record Undecryptable : AccountNote;

    /// <summary>Tesla has refused the tokens so often that nobody is signed in any more.</summary>
    public sealed record GaveUp : AccountNote;
}
