using System.Diagnostics;
using TeslaMate.Configuration;

namespace TeslaMate.Tesla.Accounts;

/// <summary>
/// The account as this instance knows it, and its rules (spec tesla-api 7): an event makes the next state and what is to be done. No clock, no
/// database, no network; <see cref="TeslaAccount"/> has those.
/// </summary>
sealed record AccountState
{
    // Tokens that were refused for good are tried again as seldom as this: the refusal may have been Tesla's mistake.
    static readonly TimeSpan SecondChance = TimeSpan.FromHours(1);

    // A token younger than this is not refreshed at the stream's wish.
    static readonly TimeSpan MinimumAge = TimeSpan.FromMinutes(10);

    public required TeslaSettings Settings { get; init; }

    /// <summary>As everyone sees it.</summary>
    public AccountStatus Status { get; init; } = new(SignIn.Starting, Generation: 0);

    /// <summary>In use; null when not signed in.</summary>
    public TokenPair? Pair { get; init; }

    /// <summary>Refused for good, but perhaps accepted again one day.</summary>
    public TokenPair? Dropped { get; init; }

    /// <summary>When the pair is refreshed though nobody wishes it; null for never.</summary>
    public DateTimeOffset? RefreshDue { get; init; }

    /// <summary>Of what the table held when this program last read or wrote it.</summary>
    public string? Mark { get; init; }

    /// <summary>The pair is in use, but not in the database yet.</summary>
    public bool IsUnsaved { get; init; }

    /// <summary>A refresh is under way.</summary>
    public bool IsRefreshing { get; init; }

    /// <summary>A refresh should begin at once.</summary>
    public bool IsRefreshWanted { get; init; }

    /// <summary>The pair that a 403 has been blamed on already.</summary>
    public TokenPair? Blamed { get; init; }

    /// <summary>Refusals of vehicle requests; one more than it tolerates signs out.</summary>
    public CircuitBreaker Refusals { get; init; } = new(Tolerance: 5, Window: TimeSpan.FromMinutes(10), Reset: TimeSpan.FromMinutes(10));

    public static (AccountState Next, IReadOnlyList<AccountEffect> Effects) Transition(AccountState state, AccountEvent @event, DateTimeOffset now)
        => @event switch
        {
            AccountEvent.Began(StoredTokens.None) => (state.Without(state.SignedOut()), []),
            AccountEvent.Began(StoredTokens.Undecryptable(var mark)) => state.BecomeUndecryptable(mark),
            AccountEvent.Began(StoredTokens.Pair(var pair, var mark)) => state.BeginWith(pair, mark, now),

            AccountEvent.Woken when state.IsRefreshWanted || state.RefreshDue <= now => state.BeginRefresh(),
            AccountEvent.Woken when state.IsUnsaved => (state, state.Pair is { } pair ? [new AccountEffect.Save(pair)] : []),
            AccountEvent.Woken => (state, [new AccountEffect.Look()]),

            // Somebody else has changed the table since this program did.
            AccountEvent.Looked(StoredTokens.None) when state.Pair is not null
                => (state.Without(state.SignedOut()), [Log(new AccountNote.SignedOutElsewhere())]),
            AccountEvent.Looked(StoredTokens.None) when state.Status.SignIn == SignIn.Undecryptable || state.Dropped is not null
                => (state.Without(state.SignedOut() with { Generation = state.Status.Generation }), []),
            AccountEvent.Looked(StoredTokens.Undecryptable(var mark)) when mark != state.Mark => state.BecomeUndecryptable(mark),
            AccountEvent.Looked(StoredTokens.Pair(var pair, var mark)) when mark != state.Mark => state.TakeOver(pair, mark, now),
            AccountEvent.Looked => (state, []),

            // Another instance was faster; its pair is the one that Tesla accepts now.
            AccountEvent.RefreshChecked(var pair, StoredTokens.Pair(var stored, var mark)) when stored != pair => state.TakeOver(stored, mark, now),
            AccountEvent.RefreshChecked(var pair, _) => (state, [Log(new AccountNote.Refreshing()), new AccountEffect.Ask(pair)]),
            AccountEvent.RefreshFailed(var pair, _, StoredTokens.Pair(var stored, var mark), _) when stored != pair
                => state.TakeOver(stored, mark, now),
            AccountEvent.RefreshFailed(_, var error, _, var chance) => state.Postpone(error, chance, now),
            AccountEvent.RefreshEnded => (state with { IsRefreshing = false }, []),
            AccountEvent.Granted(var grant, var isSignIn) => state.Use(grant, isSignIn, now),
            AccountEvent.Saved(var mark) => (state with { IsUnsaved = false, Mark = mark }, []),
            AccountEvent.Deleted => (state.Without(state.SignedOut()), [Log(new AccountNote.SignedOut())]),

            // Late news of an earlier pair, or what a refresh under way is about to cure: many cars notice the same thing at once.
            AccountEvent.Refused(var pair) when state.Pair != pair || state.IsRefreshing || state.IsRefreshWanted => (state, []),
            AccountEvent.Refused(var pair) => state.CountRefusal(pair, now),
            // Tokens that came from Tesla during this run are not what a 403 is about.
            AccountEvent.Forbidden(var pair) when state.Pair != pair || state.Status.RefreshedAt is not null || state.Blamed == pair => (state, []),
            AccountEvent.Forbidden(var pair) => (state with { Blamed = pair, IsRefreshWanted = true }, []),
            AccountEvent.Accepted(var pair) => (state.Pair == pair ? state with { Refusals = state.Refusals.RecordSuccess() } : state, []),
            AccountEvent.StreamRefused(var pair) => (state.IsCuredByRefresh(pair, now) ? state with { IsRefreshWanted = true } : state, []),
            _ => throw new UnreachableException($"no rule for {@event}"),
        };

    /// <summary>A token whose own dates say that it is fresh needs no refresh; any other is refreshed before it is used.</summary>
    (AccountState Next, IReadOnlyList<AccountEffect> Effects) BeginWith(TokenPair pair, string mark, DateTimeOffset now)
    {
        var token = Read(pair);
        if (Schedule.DueBy(token, now) is not { } due)
            return (this with { Pair = pair, Mark = mark }).BeginRefresh();
        return (Without(SignedIn(token.ExpiresAt)) with { Pair = pair, Mark = mark, RefreshDue = due },
            [Log(new AccountNote.Scheduled(due - now))]);
    }

    (AccountState Next, IReadOnlyList<AccountEffect> Effects) BeginRefresh()
        => (Pair ?? Dropped) is { } pair
            ? (this with { IsRefreshWanted = false, IsRefreshing = true }, [new AccountEffect.Refresh(pair)])
            : (this with { IsRefreshWanted = false }, []);

    /// <summary>New tokens: first in use, then in the database, so that an outage of it does not cost them.</summary>
    (AccountState Next, IReadOnlyList<AccountEffect> Effects) Use(TokenGrant grant, bool isSignIn, DateTimeOffset now)
    {
        var delay = Schedule.Delay(grant.Lifetime);
        var isNew = isSignIn || Status.SignIn is SignIn.SignedOut or SignIn.Undecryptable;
        var status = SignedIn(now + grant.Lifetime) with { RefreshedAt = now, Generation = Status.Generation + (isNew ? 1 : 0) };
        var next = Without(status) with
        {
            Pair = grant.Pair,
            RefreshDue = now + delay,
            Mark = Mark,
            IsUnsaved = true,
            Refusals = isSignIn ? Refusals.RecordSuccess() : Refusals,
        };
        return (next,
        [
            Log(new AccountNote.Scheduled(delay)),
            new AccountEffect.Save(grant.Pair),
            Log(isSignIn ? new AccountNote.SignedIn() : new AccountNote.Refreshed()),
        ]);
    }

    /// <summary>The tokens stay in use, and are refreshed later.</summary>
    (AccountState Next, IReadOnlyList<AccountEffect> Effects) Postpone(ApiError error, double chance, DateTimeOffset now)
    {
        // At start-up the stored pair is used as it is: it may well be good still.
        var isStarting = Status.SignIn == SignIn.Starting;
        var status = isStarting ? SignedIn(Read(Pair).ExpiresAt) : Status;
        var delay = isStarting ? Schedule.Delay(Schedule.AssumedLifetime) : Pair is null ? SecondChance : Schedule.RetryDelay(chance);
        return (this with { Status = status with { Problem = error }, RefreshDue = now + delay }, [Log(new AccountNote.NotRefreshed(error, delay))]);
    }

    /// <summary>Uses what somebody else has stored.</summary>
    (AccountState Next, IReadOnlyList<AccountEffect> Effects) TakeOver(TokenPair pair, string mark, DateTimeOffset now)
    {
        var token = Read(pair);
        // Somebody signed in, or in with another account: the cars have to be listed again. Otherwise it was a refresh.
        var isNew = Pair is null || Read(Pair).Subject != token.Subject;
        var generation = Status.Generation + (isNew && Status.SignIn != SignIn.Starting ? 1 : 0);
        var next = Without(SignedIn(token.ExpiresAt) with { RefreshedAt = now, Generation = generation }) with
        {
            Pair = pair,
            Mark = mark,
            RefreshDue = Schedule.DueBy(token, now) ?? now + Schedule.Delay(Schedule.UsualLifetime),
            Refusals = Refusals.RecordSuccess(),
        };
        return (next, [Log(new AccountNote.TakenOver())]);
    }

    (AccountState Next, IReadOnlyList<AccountEffect> Effects) BecomeUndecryptable(string mark)
        => (Without(SignedOut() with { SignIn = SignIn.Undecryptable }) with { Mark = mark }, [Log(new AccountNote.Undecryptable())]);

    (AccountState Next, IReadOnlyList<AccountEffect> Effects) CountRefusal(TokenPair pair, DateTimeOffset now)
    {
        var counted = this with { Refusals = Refusals.RecordFailure(now) };
        if (!counted.Refusals.IsOpen(now))
            return (counted with { IsRefreshWanted = true }, []);
        var status = SignedOut() with { Problem = new ApiError.Unauthorized() };
        return (counted with { Status = status, Pair = null, Dropped = pair, RefreshDue = now + SecondChance }, [Log(new AccountNote.GaveUp())]);
    }

    /// <summary>A token that is new, or whose refresh has just failed, is not cured by asking again: the stream knocks every few seconds.</summary>
    bool IsCuredByRefresh(TokenPair pair, DateTimeOffset now)
        => Pair == pair && !IsRefreshing && Status.Problem is null && !(Status.RefreshedAt is { } refreshed && now - refreshed < MinimumAge);

    /// <summary>Another status, and none of the tokens. What is under way and what was counted stays.</summary>
    AccountState Without(AccountStatus status)
        => this with { Status = status, Pair = null, Dropped = null, RefreshDue = null, Mark = null, IsUnsaved = false };

    AccountStatus SignedOut() => new(SignIn.SignedOut, Status.SignIn == SignIn.Starting ? 0 : Status.Generation + 1);

    AccountStatus SignedIn(DateTimeOffset? expiresAt) => new(SignIn.SignedIn, Status.Generation, Status.RefreshedAt, expiresAt);

    AccessToken Read(TokenPair? pair) => AccessToken.Read(pair?.Access.Reveal(), Settings);

    static AccountEffect.Log Log(AccountNote note) => new(note);
}
