using System.Data.Common;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Tesla.Json;

namespace TeslaMate.Tesla.Accounts;

/// <summary>
/// The account's tokens: read at start-up, refreshed in time or after a 401, stored whenever they change, and taken over when somebody else changes
/// them: another instance, <c>teslamate sign-in</c>, the reference. Refreshes, sign-ins and sign-outs happen one after the other.
/// </summary>
sealed partial class TeslaAccount(
    ITokenStore store, ITokenEndpoint endpoint, TeslaSettings settings, TimeProvider time, Func<double> random, ILogger<TeslaAccount> logger)
    : ITeslaAccount, IAccess, IDisposable
{
    // How soon a sign-in by another program is noticed.
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(15);

    // Tokens that were refused for good are tried again as seldom as this: the refusal may have been Tesla's mistake.
    static readonly TimeSpan SecondChance = TimeSpan.FromHours(1);

    // A refresh under way when the program is stopped: Tesla may already have used up the old pair.
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    // A token younger than this is not refreshed at the stream's wish.
    static readonly TimeSpan MinimumAge = TimeSpan.FromMinutes(10);

    readonly Lock _lock = new();
    readonly SemaphoreSlim _turn = new(1, 1);
    CircuitBreaker _unauthorized = new(Tolerance: 5, Window: TimeSpan.FromMinutes(10), Reset: TimeSpan.FromMinutes(10));
    readonly Sparingly _sparingly = new(time);
    State _state = new(new AccountStatus(SignIn.Starting, Generation: 0));
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    TaskCompletionSource _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    TokenPair? _forbidden;

    public AccountStatus Status
    {
        get
        {
            lock (_lock)
                return _state.Status;
        }
    }

    public bool FleetMode => settings.FleetToken is not null;

    /// <summary>Tokens are in use that the database does not have yet.</summary>
    public bool IsUnsaved
    {
        get
        {
            lock (_lock)
                return _state.Unsaved;
        }
    }

    /// <summary>Nothing is under way and nothing is wanted; what a test waits for before it moves the clock.</summary>
    internal bool IsIdle
    {
        get
        {
            lock (_lock)
                return _turn.CurrentCount == 1 && !_wanted.Task.IsCompleted;
        }
    }

    public async Task<AccountStatus> ChangedAsync(AccountStatus known, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_state.Status != known)
                    return _state.Status;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask<TokenPair?> CurrentAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            AccountStatus status;
            lock (_lock)
            {
                if (_state.Status.SignIn != SignIn.Starting)
                    return _state.Pair;
                status = _state.Status;
            }

            await ChangedAsync(status, cancellationToken);
        }
    }

    public bool Refused(TokenPair pair)
    {
        lock (_lock)
        {
            if (_state.Pair is null)
                return true;
            // Late news of an earlier pair, or what a refresh under way is about to cure: many cars notice the same thing at once.
            if (_state.Pair != pair || _state.Refreshing || _wanted.Task.IsCompleted)
                return false;
            _unauthorized = _unauthorized.RecordFailure(time.GetUtcNow());
            if (_unauthorized.IsOpen(time.GetUtcNow()))
            {
                Log.GaveUp(logger);
                Change(_state with
                {
                    Status = SignedOut() with { Problem = new ApiError.Unauthorized() },
                    Pair = null,
                    Dropped = pair,
                    RefreshDue = time.GetUtcNow() + SecondChance,
                });
                return true;
            }

            _wanted.TrySetResult();
            return false;
        }
    }

    public void Forbidden(TokenPair pair)
    {
        lock (_lock)
        {
            if (_state.Pair != pair || _state.Status.RefreshedAt is not null || _forbidden == pair)
                return;
            _forbidden = pair;
            _wanted.TrySetResult();
        }
    }

    public void Accepted(TokenPair pair)
    {
        lock (_lock)
        {
            if (_state.Pair == pair)
                _unauthorized = _unauthorized.RecordSuccess();
        }
    }

    public void StreamRefused(TokenPair pair)
    {
        lock (_lock)
        {
            // A token that is new, or whose refresh has just failed, is not cured by asking again: the stream knocks every few seconds.
            var isNew = _state.Status.RefreshedAt is { } refreshed && time.GetUtcNow() - refreshed < MinimumAge;
            if (_state.Pair == pair && !_state.Refreshing && !isNew && _state.Status.Problem is null)
                _wanted.TrySetResult();
        }
    }

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
            lock (_lock)
                Change(new State(SignedOut()));
            Log.SignedOut(logger);
            return null;
        }
        catch (DbException exception)
        {
            ReportOutage(exception);
            return new ApiError.Failed("the database cannot be reached");
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Reads the stored tokens, and then looks after them until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!await StartAsync(cancellationToken))
            await Task.Delay(LookInterval / 3, time, cancellationToken);
        while (true)
        {
            await WaitAsync(cancellationToken);
            await _turn.WaitAsync(cancellationToken);
            try
            {
                if (IsRefreshDue())
                    await RefreshAsync(cancellationToken);
                else
                    await LookAsync(cancellationToken);
            }
            catch (DbException exception)
            {
                ReportOutage(exception);
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    /// <summary>The first look at the table; false when the database is away.</summary>
    /// <exception cref="InvalidOperationException">There is more than one row.</exception>
    async Task<bool> StartAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            switch (await store.ReadAsync(cancellationToken))
            {
                case StoredTokens.TooMany(var count):
                    throw new InvalidOperationException($"Found {count} pairs of tokens in private.tokens, where there may be one at most.");
                case StoredTokens.None:
                    lock (_lock)
                        Change(new State(SignedOut()));
                    break;
                case StoredTokens.Undecryptable(var mark):
                    Log.Undecryptable(logger);
                    lock (_lock)
                        Change(new State(SignedOut() with { SignIn = SignIn.Undecryptable }) { Mark = mark });
                    break;
                case StoredTokens.Pair(var pair, var mark):
                    await StartWithAsync(pair, mark, cancellationToken);
                    break;
            }

            return true;
        }
        catch (DbException exception)
        {
            ReportOutage(exception);
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>A token whose own dates say that it is fresh needs no refresh; any other is refreshed before it is used.</summary>
    async Task StartWithAsync(TokenPair pair, string mark, CancellationToken cancellationToken)
    {
        var token = AccessToken.Read(pair.Access.Reveal(), settings);
        var now = time.GetUtcNow();
        if (Schedule.DueBy(token, now) is { } due)
        {
            var delay = Schedule.Describe(due - now);
            Log.Scheduled(logger, delay);
            lock (_lock)
                Change(new State(SignedIn(token.ExpiresAt)) { Pair = pair, Mark = mark, RefreshDue = due });
            return;
        }

        lock (_lock)
            _state = _state with { Pair = pair, Mark = mark };
        await RefreshAsync(cancellationToken);
    }

    bool IsRefreshDue()
    {
        lock (_lock)
            return _wanted.Task.IsCompleted || _state.RefreshDue <= time.GetUtcNow();
    }

    /// <summary>Until a refresh is due or wanted, or it is time to look whether somebody else has changed the table.</summary>
    async Task WaitAsync(CancellationToken cancellationToken)
    {
        Task wanted;
        TimeSpan pause;
        lock (_lock)
        {
            wanted = _wanted.Task;
            var untilDue = (_state.RefreshDue ?? DateTimeOffset.MaxValue) - time.GetUtcNow();
            pause = TimeSpan.FromTicks(Math.Clamp(untilDue.Ticks, 0, LookInterval.Ticks));
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(wanted, Task.Delay(pause, time, stop.Token));
        await stop.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Needs the turn. Failures are logged and scheduled, not returned: the tokens stay in use.</summary>
    async Task RefreshAsync(CancellationToken cancellationToken)
    {
        TokenPair? pair;
        lock (_lock)
        {
            _wanted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            pair = _state.Pair ?? _state.Dropped;
            if (pair is null)
                return;
            _state = _state with { Refreshing = true };
        }

        using var limit = new CancellationTokenSource();
        await using var shutdown = cancellationToken.Register(() => limit.CancelAfter(Grace));
        try
        {
            await using var turn = await TakeTurnAsync(limit.Token);
            if (await TakeOverAsync(pair, limit.Token))
                return;
            Log.Refreshing(logger);
            switch (await endpoint.RefreshAsync(pair, limit.Token))
            {
                case ApiAnswer<TokenGrant>.Ok(var grant):
                    await UseAsync(grant, signIn: false);
                    Log.Refreshed(logger);
                    break;
                case ApiAnswer<TokenGrant>.Failed(var error):
                    // The reference, or an older version of this program, does not know the lock.
                    if (error is ApiError.TokenRefresh && await TakeOverAsync(pair, limit.Token))
                        break;
                    Postpone(error);
                    break;
            }
        }
        finally
        {
            lock (_lock)
                _state = _state with { Refreshing = false };
        }
    }

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
                    await UseAsync(grant, signIn: true);
                    Log.SignedIn(logger);
                    return null;
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return new ApiError.Timeout();
        }
    }

    /// <summary>New tokens: first in use, then in the database, so that an outage of it does not cost them.</summary>
    async Task UseAsync(TokenGrant grant, bool signIn)
    {
        var delay = Schedule.Delay(grant.Lifetime);
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var isNew = signIn || _state.Status.SignIn is SignIn.SignedOut or SignIn.Undecryptable;
            if (signIn)
                _unauthorized = _unauthorized.RecordSuccess();
            Change(new State(SignedIn(now + grant.Lifetime) with { RefreshedAt = now, Generation = _state.Status.Generation + (isNew ? 1 : 0) })
            {
                Pair = grant.Pair,
                RefreshDue = now + delay,
                Mark = _state.Mark,
                Unsaved = true,
                Refreshing = _state.Refreshing,
            });
        }

        var pause = Schedule.Describe(delay);
        Log.Scheduled(logger, pause);
        await TrySaveAsync();
    }

    /// <summary>Bounded by the database's own limits; stopping in between would cost the tokens.</summary>
    async Task TrySaveAsync()
    {
        TokenPair? pair;
        lock (_lock)
            pair = _state.Unsaved ? _state.Pair : null;
        if (pair is null)
            return;
        try
        {
            var mark = await store.SaveAsync(pair, CancellationToken.None);
            lock (_lock)
                _state = _state with { Unsaved = false, Mark = mark };
        }
        catch (DbException exception)
        {
            if (_sparingly.Says("tokens", "not saved"))
                Log.NotSaved(logger, exception);
        }
    }

    void Postpone(ApiError error)
    {
        Log.NotRefreshed(logger, error);
        TimeSpan delay;
        lock (_lock)
        {
            // At start-up the stored pair is used as it is: it may well be good still.
            var starting = _state.Status.SignIn == SignIn.Starting;
            var status = starting ? SignedIn(AccessToken.Read(_state.Pair?.Access.Reveal(), settings).ExpiresAt) : _state.Status;
            delay = starting ? Schedule.Delay(Schedule.AssumedLifetime) : _state.Pair is null ? SecondChance : Schedule.RetryDelay(random);
            Change(_state with { Status = status with { Problem = error }, RefreshDue = time.GetUtcNow() + delay });
        }

        var pause = Schedule.Describe(delay);
        Log.Retrying(logger, pause);
    }

    /// <summary>Looks whether somebody else has changed the table since this program did, and takes that over.</summary>
    async Task LookAsync(CancellationToken cancellationToken)
    {
        if (IsUnsaved)
        {
            await TrySaveAsync();
            return;
        }

        var stored = await store.ReadAsync(cancellationToken);
        lock (_lock)
        {
            switch (stored)
            {
                case StoredTokens.None when _state.Pair is not null:
                    Log.SignedOutElsewhere(logger);
                    Change(new State(SignedOut()));
                    break;
                case StoredTokens.None when _state.Status.SignIn == SignIn.Undecryptable || _state.Dropped is not null:
                    Change(new State(SignedOut() with { Generation = _state.Status.Generation }));
                    break;
                case StoredTokens.Undecryptable(var mark) when mark != _state.Mark:
                    Log.Undecryptable(logger);
                    Change(new State(SignedOut() with { SignIn = SignIn.Undecryptable }) { Mark = mark });
                    break;
                case StoredTokens.Pair(var pair, var mark) when mark != _state.Mark:
                    TakeOver(pair, mark);
                    break;
            }
        }
    }

    /// <summary>Whether the table holds another pair than the one about to be refreshed; that is used from now on.</summary>
    async Task<bool> TakeOverAsync(TokenPair pair, CancellationToken cancellationToken)
    {
        if (IsUnsaved)
            return false;
        try
        {
            if (await store.ReadAsync(cancellationToken) is not StoredTokens.Pair(var stored, var mark) || stored == pair)
                return false;
            lock (_lock)
                TakeOver(stored, mark);
            return true;
        }
        catch (DbException exception)
        {
            ReportOutage(exception);
            return false;
        }
    }

    /// <summary>Needs the lock.</summary>
    void TakeOver(TokenPair pair, string mark)
    {
        var now = time.GetUtcNow();
        var token = AccessToken.Read(pair.Access.Reveal(), settings);
        var before = _state.Pair is null ? null : AccessToken.Read(_state.Pair.Access.Reveal(), settings);
        // Somebody signed in, or in with another account: the cars have to be listed again. Otherwise it was a refresh.
        var isNew = before is null || before.Subject != token.Subject;
        var starting = _state.Status.SignIn == SignIn.Starting;
        Log.TakenOver(logger);
        _unauthorized = _unauthorized.RecordSuccess();
        Change(new State(SignedIn(token.ExpiresAt) with { RefreshedAt = now, Generation = _state.Status.Generation + (isNew && !starting ? 1 : 0) })
        {
            Pair = pair,
            Mark = mark,
            RefreshDue = Schedule.DueBy(token, now) ?? now + Schedule.Delay(Schedule.UsualLifetime),
            Refreshing = _state.Refreshing,
        });
    }

    async Task<IAsyncDisposable?> TakeTurnAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await store.LockAsync(cancellationToken);
        }
        catch (DbException exception)
        {
            // Two instances that refresh at once are better than none that does.
            ReportOutage(exception);
            return null;
        }
    }

    void ReportOutage(DbException exception)
    {
        if (_sparingly.Says("database", "away"))
            Log.DatabaseAway(logger, exception);
    }

    /// <summary>Needs the lock.</summary>
    void Change(State next)
    {
        var different = next.Status != _state.Status;
        _state = next;
        if (!different)
            return;
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    AccountStatus SignedOut()
        => new(SignIn.SignedOut, _state.Status.SignIn == SignIn.Starting ? 0 : _state.Status.Generation + 1);

    AccountStatus SignedIn(DateTimeOffset? expiresAt) => new(SignIn.SignedIn, _state.Status.Generation, _state.Status.RefreshedAt, expiresAt);

    static TokenPair? Pair(Secret? access, Secret? refresh)
        => access?.Reveal().Trim() is { Length: > 0 } trimmedAccess && refresh?.Reveal().Trim() is { Length: > 0 } trimmedRefresh
            ? new TokenPair(new Secret(trimmedAccess), new Secret(trimmedRefresh))
            : null;

    public void Dispose() => _turn.Dispose();

    /// <param name="Status">As everyone sees it.</param>
    sealed record State(AccountStatus Status)
    {
        /// <summary>In use; null when not signed in.</summary>
        public TokenPair? Pair { get; init; }

        /// <summary>Refused for good, but perhaps accepted again one day.</summary>
        public TokenPair? Dropped { get; init; }

        public DateTimeOffset? RefreshDue { get; init; }

        /// <summary>Of what the table held when this program last read or wrote it.</summary>
        public string? Mark { get; init; }

        public bool Unsaved { get; init; }

        public bool Refreshing { get; init; }
    }

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
