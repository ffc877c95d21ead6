using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace TeslaMate.Api.Data.Live;

/// <summary>
/// Tickets for the live stream: a browser's <c>EventSource</c> sends no headers, so a script fetches a ticket with its token, and shows that once
/// (spec api 2.4).
/// </summary>
sealed class LiveTickets(TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    /// <summary>So many at once, and no more: each is held in memory.</summary>
    const int Most = 1000;

    readonly ConcurrentDictionary<string, (ClaimsPrincipal User, DateTimeOffset End)> _tickets = new();

    /// <summary>A ticket for somebody; null while there are too many.</summary>
    public string? Make(ClaimsPrincipal user)
    {
        var now = time.GetUtcNow();
        foreach (var (old, _) in _tickets.Where(ticket => ticket.Value.End <= now))
            _tickets.TryRemove(old, out _);
        if (_tickets.Count >= Most)
            return null;
        var text = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return _tickets.TryAdd(text, (user, now + Lifetime)) ? text : null;
    }

    /// <summary>Whose ticket it is; it is used up by this. Null when it is none, or too old.</summary>
    public ClaimsPrincipal? Use(string ticket) => _tickets.TryRemove(ticket, out var found) && found.End > time.GetUtcNow() ? found.User : null;
}

/// <summary>Somebody who shows a ticket.</summary>
sealed class TicketHandler(LiveTickets tickets, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Ticket";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        => Task.FromResult(Request.Query["ticket"].ToString() is { Length: > 0 and < 100 } ticket && tickets.Use(ticket) is { } user
            ? AuthenticateResult.Success(new AuthenticationTicket(user, SchemeName)) : AuthenticateResult.NoResult());

    // The other schemes say what is needed.
    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => Task.CompletedTask;

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Task.CompletedTask;
}
