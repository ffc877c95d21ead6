using System.Data.Common;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Tesla.Json;

namespace TeslaMate.Tesla.Accounts;

/// <summary>
/// The account's tokens: read at start-up, refreshed in time or after a 401, stored whenever they change, and taken over when somebody else changes
/// them: another instance, <c>teslamate sign-in</c>, the reference. Refreshes, sign-ins and sign-outs happen one after the other. What follows from
/// what is decided by <see cref="AccountState"/>; here are the clock, the table and Tesla.
/// </summary>
sealed partial class TeslaAccount(
    ITokenStore store, ITokenEndpoint endpoint, TeslaSettings settings, TimeProvider time, Func<double> random, ILogger<TeslaAccount> logger)
    : ITeslaAccount, IAccess, IDisposable
{
    // How soon a sign-in by another program is noticed.
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(15);

    // A refresh under way when the program is stopped: Tesla may already have used up the old pair.
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    readonly Lock _lock = new();
    readonly SemaphoreSlim _turn = new(1, 1);
    readonly LogLimiter _logLimiter = new(time);
    AccountState _state = new() { Settings = settings };
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AccountStatus Status => State.Status;

    public bool FleetMode => settings.FleetToken is not null;

    /// <summary>Tokens are in use that the database does not have yet.</summary>
    public bool IsUnsaved => State.IsUnsaved;

    /// <summary>Nothing is under way and nothing is wanted; what a test waits for before it moves the clock.</summary>
    internal bool IsIdle => _turn.CurrentCount == 1 && !State.IsRefreshWanted;

    AccountState State
    {
        get
        {
            lock (_lock)
                return _state;
        }
    }

    public async Task<AccountStatus> ChangedAsync(AccountStatus known, CancellationToken cancellationToken)
        => (await UntilAsync(state => state.Status != known, cancellationToken)).Status;

    public async ValueTask<TokenPair?> CurrentAsync(CancellationToken cancellationToken)
        => (await UntilAsync(state => state.Status.SignIn != SignIn.Starting, cancellationToken)).Pair;

    public bool Refused(TokenPair pair) => Hear(new AccountEvent.Refused(pair)).Pair is null;

    public void Forbidden(TokenPair pair) => Hear(new AccountEvent.Forbidden(pair));

    public void Accepted(TokenPair pair) => Hear(new AccountEvent.Accepted(pair));

    public void StreamRefused(TokenPair pair) => Hear(new AccountEvent.StreamRefused(pair));

    public async Task<ApiError?> SignInAsync(Secret? access, Secret? refresh, CancellationToken cancellationToken)
    {
        var pair = Pair(access, refresh);
        if (pair is null && !FleetMode)
            return new ApiError.Failed("an access token and a refresh token are needed");
        await CurrentAsync(cancellationToken);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (Status.SignIn == SignIn.SignedIn)
                return new ApiError.AlreadySignedIn();
            return await ExchangeAsync(pair);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Replaces whatever tokens there are; for a program that serves nobody else.</summary>
    public async Task<ApiError?> ReplaceAsync(Secret? access, Secret? refresh, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await ExchangeAsync(Pair(access, refresh));
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task<ApiError?> SignOutAsync(CancellationToken cancellationToken)
    {
        await CurrentAsync(cancellationToken);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (Status.SignIn != SignIn.SignedIn)
                return new ApiError.NotSignedIn();
            await store.DeleteAsync(cancellationToken);
            Hear(new AccountEvent.Deleted());
            return null;
        }
        catch (DbException exception)
        {
            LogOutage(exception);
            return new ApiError.Failed("the database cannot be reached");
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Reads the stored tokens, and then looks after them until cancelled.</summary>
    /// <exception cref="InvalidOperationException">There is more than one row.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!await TryInTurnAsync(BeginAsync, cancellationToken))
            await Task.Delay(LookInterval / 3, time, cancellationToken);
        while (true)
        {
            await WaitAsync(cancellationToken);
            await TryInTurnAsync(stop => WorkOffAsync(new AccountEvent.Woken(), stop), cancellationToken);
        }
    }

    public void Dispose() => _turn.Dispose();

    async Task BeginAsync(CancellationToken cancellationToken)
    {
        var stored = await store.ReadAsync(cancellationToken);
        if (stored is StoredTokens.TooMany(var count))
            throw new InvalidOperationException($"Found {count} pairs of tokens in private.tokens, where there may be one at most.");
        await WorkOffAsync(new AccountEvent.Began(stored), cancellationToken);
    }

    /// <summary>False when the database is away.</summary>
    async Task<bool> TryInTurnAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await work(cancellationToken);
            return true;
        }
        catch (DbException exception)
        {
            LogOutage(exception);
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Until a refresh is due or wanted, or it is time to look whether somebody else has changed the table.</summary>
    async Task WaitAsync(CancellationToken cancellationToken)
    {
        var untilDue = (State.RefreshDue ?? DateTimeOffset.MaxValue) - time.GetUtcNow();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(
            UntilAsync(state => state.IsRefreshWanted, stop.Token),
            Task.Delay(TimeSpan.FromTicks(Math.Clamp(untilDue.Ticks, 0, LookInterval.Ticks)), time, stop.Token));
        await stop.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Waits for a state; at once if it is so already.</summary>
    async Task<AccountState> UntilAsync(Func<AccountState, bool> holds, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (holds(_state))
                    return _state;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    (AccountState Next, IReadOnlyList<AccountEffect> Effects) Apply(AccountEvent @event)
    {
        lock (_lock)
        {
            var (before, (next, effects)) = (_state, AccountState.Transition(_state, @event, time.GetUtcNow()));
            _state = next;
            if (next.Status != before.Status || next.IsRefreshWanted != before.IsRefreshWanted)
            {
                _changed.TrySetResult();
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return (next, effects);
        }
    }

    /// <summary>For events that have nothing to be done but to be told.</summary>
    AccountState Hear(AccountEvent @event)
    {
        var (next, effects) = Apply(@event);
        foreach (var effect in effects)
            LogNote(effect is AccountEffect.Log(var note) ? note : throw new UnreachableException($"{effect} of {@event} needs the turn"));
        return next;
    }

    /// <summary>Needs the turn.</summary>
    async Task WorkOffAsync(AccountEvent @event, CancellationToken cancellationToken)
    {
        foreach (var effect in Apply(@event).Effects)
        {
            await (effect switch
            {
                AccountEffect.Refresh(var pair) => RefreshAsync(pair, cancellationToken),
                AccountEffect.Ask(var pair) => AskAsync(pair, cancellationToken),
                AccountEffect.Save(var pair) => TrySaveAsync(pair),
                AccountEffect.Look => LookAsync(cancellationToken),
                AccountEffect.Log(var note) => LogNoteAsync(note),
                _ => throw new UnreachableException($"{effect}"),
            });
        }

        Task LogNoteAsync(AccountNote note)
        {
            LogNote(note);
            return Task.CompletedTask;
        }
    }

    async Task RefreshAsync(TokenPair pair, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource();
        await using var shutdown = cancellationToken.Register(() => limit.CancelAfter(Grace));
        try
        {
            await using var turn = await TryLockAsync(limit.Token);
            await WorkOffAsync(new AccountEvent.RefreshChecked(pair, await TryReadAsync(limit.Token)), limit.Token);
        }
        finally
        {
            Hear(new AccountEvent.RefreshEnded());
        }
    }

    async Task AskAsync(TokenPair pair, CancellationToken cancellationToken)
    {
        switch (await endpoint.RefreshAsync(pair, cancellationToken))
        {
            case ApiAnswer<TokenGrant>.Ok(var grant):
                await WorkOffAsync(new AccountEvent.Granted(grant, IsSignIn: false), cancellationToken);
                break;
            case ApiAnswer<TokenGrant>.Failed(var error):
                // The reference, or an older version of this program, does not know the lock and may have been faster.
                var stored = error is ApiError.TokenRefresh ? await TryReadAsync(cancellationToken) : null;
                await WorkOffAsync(new AccountEvent.RefreshFailed(pair, error, stored, random()), cancellationToken);
                break;
        }
    }

    async Task LookAsync(CancellationToken cancellationToken)
        => await WorkOffAsync(new AccountEvent.Looked(await store.ReadAsync(cancellationToken)), cancellationToken);

    /// <summary>The check and the exchange of a sign-in. It is not interrupted half-way, since Tesla may already have used up the pair.</summary>
    async Task<ApiError?> ExchangeAsync(TokenPair? pair)
    {
        using var limit = new CancellationTokenSource(settings.Limits.SignIn, time);
        try
        {
            switch (await endpoint.RefreshAsync(pair, limit.Token))
            {
                case ApiAnswer<TokenGrant>.Failed(var error):
                    return error;
                case ApiAnswer<TokenGrant>.Ok(var grant):
                    await WorkOffAsync(new AccountEvent.Granted(grant, IsSignIn: true), CancellationToken.None);
                    return null;
                default:
                    throw new UnreachableException();
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return new ApiError.Timeout();
        }
    }

    /// <summary>Bounded by the database's own limits; stopping in between would cost the tokens.</summary>
    async Task TrySaveAsync(TokenPair pair)
    {
        try
        {
            Hear(new AccountEvent.Saved(await store.SaveAsync(pair, CancellationToken.None)));
        }
        catch (DbException exception)
        {
            if (_logLimiter.ShouldLog("tokens", "not saved"))
                Log.NotSaved(logger, exception);
        }
    }

    /// <summary>What the table holds; null when the database is away, or does not have the newest tokens yet.</summary>
    async Task<StoredTokens?> TryReadAsync(CancellationToken cancellationToken)
    {
        if (IsUnsaved)
            return null;
        try
        {
            return await store.ReadAsync(cancellationToken);
        }
        catch (DbException exception)
        {
            LogOutage(exception);
            return null;
        }
    }

    async Task<IAsyncDisposable?> TryLockAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await store.LockAsync(cancellationToken);
        }
        catch (DbException exception)
        {
            // Two instances that refresh at once are better than none that does.
            LogOutage(exception);
            return null;
        }
    }

    void LogOutage(DbException exception)
    {
        if (_logLimiter.ShouldLog("database", "away"))
            Log.DatabaseAway(logger, exception);
    }

    void LogNote(AccountNote note)
    {
        switch (note)
        {
            case AccountNote.Refreshing:
                Log.Refreshing(logger);
                break;
            case AccountNote.Refreshed:
                Log.Refreshed(logger);
                break;
            case AccountNote.Scheduled(var delay):
                var pause = Schedule.Describe(delay);
                Log.Scheduled(logger, pause);
                break;
            case AccountNote.NotRefreshed(var reason, var delay):
                var retryIn = Schedule.Describe(delay);
                Log.NotRefreshed(logger, reason);
                Log.Retrying(logger, retryIn);
                break;
            case AccountNote.SignedIn:
                Log.SignedIn(logger);
                break;
            case AccountNote.SignedOut:
                Log.SignedOut(logger);
                break;
            case AccountNote.SignedOutElsewhere:
                Log.SignedOutElsewhere(logger);
                break;
            case AccountNote.TakenOver:
                Log.TakenOver(logger);
                break;
            case AccountNote.Undecryptable:
                Log.Undecryptable(logger);
                break;
            case AccountNote.GaveUp:
                Log.GaveUp(logger);
                break;
            default:
                throw new UnreachableException($"{note}");
        }
    }

    static TokenPair? Pair(Secret? access, Secret? refresh)
        => access?.Reveal().Trim() is { Length: > 0 } trimmedAccess && refresh?.Reveal().Trim() is { Length: > 0 } trimmedRefresh
            ? new TokenPair(new Secret(trimmedAccess), new Secret(trimmedRefresh))
            : null;

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Refreshing access token ...")]
        public static partial void Refreshing(ILogger logger);

        [LoggerMessage(Level = LogLevel.Information, Message = "Refreshed api tokens")]
        public static partial void Refreshed(ILogger logger);

        [LoggerMessage(Level = LogLevel.Information, Message = "Scheduling token refresh in {Delay}")]
        public static partial void Scheduled(ILogger logger, string delay);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The tokens could not be refreshed: {Reason}")]
        public static partial void NotRefreshed(ILogger logger, ApiError reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Retrying in {Delay} ...")]
        public static partial void Retrying(ILogger logger, string delay);

        [LoggerMessage(Level = LogLevel.Information, Message = "Signed in to Tesla")]
        public static partial void SignedIn(ILogger logger);

        [LoggerMessage(Level = LogLevel.Information, Message = "Signed out, the tokens are deleted")]
        public static partial void SignedOut(ILogger logger);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The tokens were deleted by another program: signed out")]
        public static partial void SignedOutElsewhere(ILogger logger);

        [LoggerMessage(Level = LogLevel.Information, Message = "Another program has stored new tokens, which are used from now on")]
        public static partial void TakenOver(ILogger logger);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Could not decrypt API tokens! Is ENCRYPTION_KEY the one they were stored with? If it "
            + "is lost, sign in again")]
        public static partial void Undecryptable(ILogger logger);

        [LoggerMessage(Level = LogLevel.Error, Message = "Tesla has refused the tokens again and again: signed out. Sign in again")]
        public static partial void GaveUp(ILogger logger);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The new tokens could not be stored yet; until they are, a restart would lose them")]
        public static partial void NotSaved(ILogger logger, Exception exception);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The stored tokens cannot be looked at: the database does not answer")]
        public static partial void DatabaseAway(ILogger logger, Exception exception);
    }
}
