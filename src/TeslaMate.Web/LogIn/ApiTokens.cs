using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// The tokens by which programs are known: those that the owner made, each with its scopes; <c>API_TOKEN</c>, which reads, suspends and resumes; and
/// the one of old, stored or as <c>WEB_API_TOKEN</c>, which suspends, resumes, and tells monitors of the cars.
/// </summary>
public sealed partial class ApiTokens
{
    readonly WebSettings _settings;
    readonly WebAccess _access;
    readonly TokenStore _store;
    readonly ILogger<ApiTokens> _logger;
    readonly IReadOnlyList<(byte[] Hash, Func<ClaimsPrincipal> Program)> _configured;

    // Not the log-in's: an automation with an outdated token must not lock that for the browsers at its address.
    readonly LogInThrottle _throttle;

    public ApiTokens(WebSettings settings, WebAccess access, TokenStore store, TimeProvider time, ILogger<ApiTokens> logger)
    {
        (_settings, _access, _store, _logger, _throttle) = (settings, access, store, logger, new LogInThrottle(time));
        _configured =
        [
            .. Configured(settings.IsApiTokenRefused ? null : settings.ApiToken, "WEB_API_TOKEN", Scopes.Logging, Scopes.Monitor),
            .. Configured(settings.CompanionToken, "API_TOKEN", Scopes.Read, Scopes.Logging),
        ];
    }

    /// <summary>The program whose token the request brings, or why there is none.</summary>
    internal async Task<TokenAnswer> TryAsync(HttpContext http)
    {
        if (http.Features.Get<TokenAnswer>() is { } known)
            return known;
        var answer = BroughtToken.Of(http.Request, _settings.TokenHeader, IsOurs) is { } brought ? await TryAsync(brought, http) : TokenAnswer.None;
        http.Features.Set(answer);
        return answer;
    }

    /// <summary>
    /// The program of a token that a request brings by a way of its own, such as a path; null when it opens nothing. Who guesses has to wait, right
    /// or not; until then it is null as well.
    /// </summary>
    public async Task<ClaimsPrincipal?> TryAsync(string token, HttpContext http)
        => (await TryAsync(new BroughtToken(token, "token invalid"), http)).Program;

    /// <summary>Whether a program that was let in a while ago would still be, for answers that take long.</summary>
    public async Task<bool> IsStillInForceAsync(ClaimsPrincipal program, CancellationToken cancellationToken)
        => program.TokenId() is not { } id || await _store.IsInForceAsync(id, cancellationToken);

    async Task<TokenAnswer> TryAsync(BroughtToken brought, HttpContext http)
    {
        var origin = RequestOrigin.Of(http);
        var program = brought.Text is { } text ? await FindAsync(text, origin, http.RequestAborted) : null;
        if (_throttle.Try(origin.Address, program is not null) is { } wait)
        {
            Log.Throttled(_logger, origin, (int)Math.Ceiling(wait.TotalSeconds));
            return new TokenAnswer(null, wait, brought.Problem);
        }

        if (program is null)
            Log.Refused(_logger, origin);
        return new TokenAnswer(program, null, brought.Problem);
    }

    async Task<ClaimsPrincipal?> FindAsync(string token, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (await _store.UseAsync(token, origin, cancellationToken) is { } stored)
            return Identities.Program(stored);
        if (ConfiguredFor(token) is { } configured)
            return configured;
        return await _access.IsApiTokenAsync(token, cancellationToken)
            ? Identities.Program("api-token", "api-token", Scopes.Logging, Scopes.Monitor) : null;
    }

    // A password of a proxy's in front of us is none of our business, and no guess.
    bool IsOurs(string password) => password.StartsWith(TokenStore.Mark, StringComparison.Ordinal) || ConfiguredFor(password) is not null;

    ClaimsPrincipal? ConfiguredFor(string token)
    {
        var hash = WebAccess.Hash(token);
        ClaimsPrincipal? found = null;
        foreach (var (known, program) in _configured)
        {
            if (CryptographicOperations.FixedTimeEquals(known, hash))
                found = program();
        }

        return found;
    }

    static IEnumerable<(byte[] Hash, Func<ClaimsPrincipal> Program)> Configured(Secret? token, string name, params string[] scopes)
        => token is null ? [] : [(WebAccess.Hash(token.Reveal()), () => Identities.Program("api-token", name, scopes))];

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Wrong bearer token from {Address}")]
        public static partial void Refused(ILogger logger, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Too many wrong bearer tokens; {Address} has to wait {WaitS} s")]
        public static partial void Throttled(ILogger logger, RequestOrigin address, int waitS);
    }
}

/// <summary>What came of looking for a token.</summary>
/// <param name="Program">Null when there is none, or it opens nothing.</param>
/// <param name="Wait">How long no token of this address counts, right or not; null for no wait.</param>
/// <param name="Problem">What is said to who needs one.</param>
sealed record TokenAnswer(ClaimsPrincipal? Program, TimeSpan? Wait, string Problem)
{
    public static TokenAnswer None { get; } = new(null, null, "failed validation");
}
