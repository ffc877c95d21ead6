using System.Collections.Concurrent;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Tests.Tesla.Accounts;

/// <summary>Tesla's token endpoint as the test says, and what it was asked.</summary>
sealed class ScriptedEndpoint : ITokenEndpoint
{
    public static readonly TimeSpan LongLife = TimeSpan.FromSeconds(10_000_000);

    int _running;

    public ConcurrentQueue<TokenPair?> Asked { get; } = new();

    public int MostAtOnce { get; private set; }

    public Func<TokenPair?, Task<ApiAnswer<TokenGrant>>> Answer { get; set; } = _ => Grant("$token", "$token", LongLife);

    public static Task<ApiAnswer<TokenGrant>> Grant(string access, string refresh, TimeSpan lifetime)
        => Task.FromResult<ApiAnswer<TokenGrant>>(new ApiAnswer<TokenGrant>.Ok(new TokenGrant(Samples.Pair(access, refresh), lifetime)));

    public static Task<ApiAnswer<TokenGrant>> Refuse(TokenPair? pair)
        => Task.FromResult<ApiAnswer<TokenGrant>>(new ApiError.TokenRefresh("login_required"));

    public async Task<ApiAnswer<TokenGrant>> RefreshAsync(TokenPair? pair, CancellationToken cancellationToken)
    {
        MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _running));
        try
        {
            Asked.Enqueue(pair);
            return await Answer(pair);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }
}
