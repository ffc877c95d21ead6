using System.Data.Common;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Tests.Tesla.Accounts;

/// <summary>The table of tokens without a database; it can be away.</summary>
sealed class MemoryStore : ITokenStore
{
    readonly Lock _lock = new();
    StoredTokens _stored = new StoredTokens.None();
    int _marks;

    public bool IsAway { get; set; }

    public int Saves { get; private set; }

    public int Reads { get; private set; }

    public StoredTokens Stored
    {
        get
        {
            lock (_lock)
                return _stored;
        }

        set
        {
            lock (_lock)
                _stored = value;
        }
    }

    public TokenPair? Pair => (Stored as StoredTokens.Pair)?.Tokens;

    /// <summary>What another program does.</summary>
    public void Put(string access, string refresh) => Stored = new StoredTokens.Pair(Samples.Pair(access, refresh), NewMark());

    public Task<StoredTokens> ReadAsync(CancellationToken cancellationToken)
    {
        Check();
        Reads++;
        return Task.FromResult(Stored);
    }

    public Task<string> SaveAsync(TokenPair tokens, CancellationToken cancellationToken)
    {
        Check();
        Saves++;
        var mark = NewMark();
        Stored = new StoredTokens.Pair(tokens, mark);
        return Task.FromResult(mark);
    }

    public Task DeleteAsync(CancellationToken cancellationToken)
    {
        Check();
        Stored = new StoredTokens.None();
        return Task.CompletedTask;
    }

    public Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken)
    {
        Check();
        return Task.FromResult<IAsyncDisposable>(new Nothing());
    }

    string NewMark() => $"mark {Interlocked.Increment(ref _marks)}";

    void Check()
    {
        if (IsAway)
            throw new Away();
    }

    sealed class Away : DbException;

    sealed class Nothing : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
