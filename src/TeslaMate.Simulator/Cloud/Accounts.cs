using System.Security.Cryptography;
using System.Text;

namespace TeslaMate.Simulator.Cloud;

/// <summary>The tokens of the one account: they expire, and each refresh gives a new pair.</summary>
/// <remarks>As with Tesla, the refresh token used last stays good for a day, so that a lost answer does not lock anybody out.</remarks>
public sealed class Accounts(TimeProvider time)
{
    static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    readonly Lock _lock = new();
    readonly Dictionary<string, DateTimeOffset> _accessTokens = [];
    readonly Dictionary<string, DateTimeOffset> _refreshTokens = [];
    int _issued;

    /// <summary>How long an access token is good.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(8);

    public int Refreshes
    {
        get
        {
            lock (_lock)
                return _issued;
        }
    }

    /// <summary>A new pair, as after signing in at Tesla's site.</summary>
    public (string Access, string Refresh) SignIn()
    {
        lock (_lock)
            return Issue();
    }

    /// <summary>A new pair for a good refresh token, otherwise null.</summary>
    internal (string Access, string Refresh)? Refresh(string? refreshToken)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (refreshToken is null || !_refreshTokens.TryGetValue(refreshToken, out var until) || until <= now)
                return null;
            _refreshTokens[refreshToken] = until < now + Grace ? until : now + Grace;
            return Issue();
        }
    }

    /// <summary>Makes every access token expire now.</summary>
    public void ExpireAccessTokens()
    {
        lock (_lock)
            _accessTokens.Clear();
    }

    internal bool IsGood(string? accessToken)
    {
        lock (_lock)
            return accessToken is not null && _accessTokens.TryGetValue(accessToken, out var until) && time.GetUtcNow() < until;
    }

    (string Access, string Refresh) Issue()
    {
        var number = ++_issued;
        var payload = Convert.ToBase64String(Encoding.UTF8.GetBytes(
            $$"""{"iss":"https://auth.tesla.com/oauth2/v3","scp":["openid","email","offline_access"],"jti":{{number}}}""")).TrimEnd('=');
        var access = $"h.{payload}.{Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(number)))[..16]}";
        var refresh = $"EU_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"refresh {number}")))}";
        _accessTokens[access] = time.GetUtcNow() + Lifetime;
        _refreshTokens[refresh] = DateTimeOffset.MaxValue;
        return (access, refresh);
    }
}
