using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using TeslaMate.Logbook.Settings;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// Without a password, reaching these pages is what lets a visitor in. A stranger's page in a browser that reaches them can reach them too: by a
/// name of the stranger's, pointed at this machine's address once the page is loaded (DNS rebinding), it has the same origin as they, reads
/// everything, and sends changes with valid tokens. So, on whatever interface or socket, they answer only to names that no stranger can hold:
/// addresses; names without a dot; names that are nobody's in the public DNS; names in the domains that this machine's network searches; and what
/// the operator names as <c>VIRTUAL_HOST</c>, in <c>CHECK_ORIGIN</c>, or as the pages' own address in the settings, which the first visit of the
/// owner has stored there (also the reference's).
/// </summary>
sealed class KnownHosts(WebSettings settings, IGlobalSettings global, [FromKeyedServices(WebDatabase.Pages)] NpgsqlDataSource database)
{
    // RFC 6761, 6762 (appendix G), 8375, and ICANN's resolution on "internal".
    static readonly string[] NobodysDomains = ["localhost", "local", "home.arpa", "internal", "intranet", "private", "corp", "home", "lan"];

    public async ValueTask<bool> IsOursAsync(HttpContext http)
    {
        var host = http.Request.Host.Host.TrimEnd('.');
        return IsSafe(host)
            || IsOf(global.Current.BaseUrl, host)
            || IsOf(await BaseUrlAsync(http.RequestAborted), host)
            || IsBelow(host, await SearchedDomainsAsync(http.RequestAborted));
    }

    bool IsSafe(string host)
        => !host.Contains('.', StringComparison.Ordinal)
        || IPAddress.TryParse(host.Trim('[', ']'), out _)
        || IsBelow(host, NobodysDomains)
        || string.Equals(host, settings.VirtualHost, StringComparison.OrdinalIgnoreCase)
        || settings.Origins.Names(host);

    // Another instance may have stored it since. Asked by strangers, so not by the logger's connections.
    async Task<string?> BaseUrlAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select base_url from public.settings limit 1");
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    static bool IsOf(string? stored, string host)
        => Uri.TryCreate(stored, UriKind.Absolute, out var address) && string.Equals(address.Host, host, StringComparison.OrdinalIgnoreCase);

    static bool IsBelow(string host, IEnumerable<string> domains)
        => domains.Any(domain => host.Length > domain.Length && host.EndsWith(domain, StringComparison.OrdinalIgnoreCase)
            && host[^(domain.Length + 1)] == '.');

    /// <summary>The domains of the local network, such as <c>fritz.box</c>; a network may be joined after the start.</summary>
    async Task<IReadOnlyList<string>> SearchedDomainsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return
            [
                .. from line in await File.ReadAllLinesAsync(settings.ResolverFile, cancellationToken)
                   let words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
                   where words is ["search" or "domain", ..]
                   from domain in words.Skip(1)
                   select domain.Trim('.') into domain
                   where domain.Length > 0
                   select domain,
            ];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

/// <summary>The request asks for this host by a name that is its own, or comes from somebody whom a name cannot make up.</summary>
sealed record KnownHost : IAuthorizationRequirement;

sealed partial class KnownHostHandler(KnownHosts hosts, WebSettings settings, ILogger<KnownHostHandler> logger) : AuthorizationHandler<KnownHost>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, KnownHost requirement)
    {
        if (context.Resource is not HttpContext http)
            return;
        // A script of a rebound name can send any header, but it knows neither a session, nor a token, nor the proxy's secret.
        var isAnybody = context.User.Scheme() is Schemes.Open || context.User.Scheme() is Schemes.Proxy && settings.ProxySecret is null;
        if (!isAnybody || await hosts.IsOursAsync(http))
            context.Succeed(requirement);
        else
            Log.ForeignHost(logger, http.Request.Host.Host);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "A request for {Host} was refused: without a password these pages answer only to "
            + "addresses and to names that no stranger can point here. "
            + "If this name is yours, set VIRTUAL_HOST to it, or set a password")]
        public static partial void ForeignHost(ILogger logger, string host);
    }
}
