using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// Who may use an endpoint, for <c>RequireAuthorization</c>. Changes sent to an endpoint of <see cref="Owner"/> or <see cref="LogIn"/> need the
/// token of a form besides (<see cref="FormProtection"/>).
/// </summary>
public static class Policies
{
    /// <summary>The pages: the owner, by session, by a trusted proxy's word, or everybody where no log-in is set up.</summary>
    public const string Owner = "owner";

    /// <summary>How strangers get in: everybody who asks for this host by a name that is its own.</summary>
    public const string LogIn = "log-in";

    /// <summary>Reading by program: the owner, or a bearer token with <see cref="Scopes.Read"/>.</summary>
    public const string Read = "read";

    /// <summary>
    /// Suspending and resuming: a bearer token with <see cref="Scopes.Logging"/>, a trusted proxy's word, or everybody where there is neither log-in
    /// nor token.
    /// </summary>
    public const string Logging = "logging";

    /// <summary>
    /// Changes by program: a bearer token with <see cref="Scopes.Write"/>, the owner by a trusted proxy's word, or the owner's session,
    /// which brings the token of a form besides, as for pages (spec api 2.5).
    /// </summary>
    public const string Write = "write";

    /// <summary>Integrations by program: as <see cref="Write"/>, with <see cref="Scopes.Admin"/>.</summary>
    public const string Admin = "admin";

    internal static IServiceCollection AddPolicies(this IServiceCollection services)
    {
        services.AddAuthorizationBuilder()
            .AddPolicy(Owner, policy => policy.AddAuthenticationSchemes(Schemes.Session, Schemes.Proxy, Schemes.Open).AddRequirements(new KnownHost(),
                new Scope(Scopes.Owner)))
            .AddPolicy(LogIn, policy =>
                policy.AddAuthenticationSchemes(Schemes.Session, Schemes.Proxy, Schemes.Open).AddRequirements(new KnownHost()))
            .AddPolicy(Read, policy => policy.AddAuthenticationSchemes(Schemes.Session, Schemes.Proxy, Schemes.Open, Schemes.Bearer)
                .AddRequirements(new KnownHost(), new Scope(Scopes.Read)))
            .AddPolicy(Logging, policy => policy.AddAuthenticationSchemes(Schemes.Proxy, Schemes.Open, Schemes.Bearer)
                .AddRequirements(new KnownHost(), new Scope(Scopes.Logging)))
            .AddPolicy(Write, policy => policy.AddAuthenticationSchemes(Schemes.Session, Schemes.Proxy, Schemes.Open, Schemes.Bearer)
                .AddRequirements(new KnownHost(), new Scope(Scopes.Write)))
            .AddPolicy(Admin, policy => policy.AddAuthenticationSchemes(Schemes.Session, Schemes.Proxy, Schemes.Open, Schemes.Bearer)
                .AddRequirements(new KnownHost(), new Scope(Scopes.Admin)));
        return services
            .AddSingleton<IAuthorizationHandler, KnownHostHandler>()
            .AddSingleton<IAuthorizationHandler, ScopeHandler>()
            .AddSingleton<IAuthorizationMiddlewareResultHandler, RefusalHandler>();
    }

    internal static AuthenticationBuilder AddSchemes(this IServiceCollection services) => services
        .AddSingleton<SessionStore>()
        .ConfigureOptions<SessionCookie>()
        .AddAuthentication()
        .AddCookie(Schemes.Session)
        .AddScheme<AuthenticationSchemeOptions, TrustedProxyHandler>(Schemes.Proxy, configureOptions: null)
        .AddScheme<AuthenticationSchemeOptions, OpenHandler>(Schemes.Open, configureOptions: null)
        .AddScheme<AuthenticationSchemeOptions, BearerHandler>(Schemes.Bearer, configureOptions: null);
}

/// <summary>How somebody is known.</summary>
public static class Schemes
{
    /// <summary>The cookie of a log-in; what it stands for is in <c>teslamate.web_sessions</c>.</summary>
    public const string Session = CookieAuthenticationDefaults.AuthenticationScheme;

    /// <summary>Leads to a provider (<see cref="OidcSettings"/>) and back; who comes back is known by <see cref="Session"/>.</summary>
    public const string Oidc = "oidc";

    /// <summary>A proxy that is trusted names the person (<c>WEB_TRUSTED_HEADER</c>).</summary>
    public const string Proxy = "Proxy";

    /// <summary>There is no log-in: whoever reaches the pages is their owner.</summary>
    public const string Open = "Open";

    /// <summary>A token in the header <c>Authorization</c>.</summary>
    public const string Bearer = "Bearer";
}

/// <summary>What somebody may do: the values of the claim <see cref="ClaimType"/>.</summary>
public static class Scopes
{
    public const string ClaimType = "scope";

    /// <summary>Everything, as in the pages.</summary>
    public const string Owner = "owner";

    public const string Read = "read";

    /// <summary>Suspend and resume.</summary>
    public const string Logging = "logging";

    /// <summary>Change history; contains <see cref="Read"/> and <see cref="Logging"/>.</summary>
    public const string Write = "write";

    /// <summary>Tokens, integrations, settings; contains all others.</summary>
    public const string Admin = "admin";

    /// <summary>The calendar and nothing else.</summary>
    public const string Calendar = "calendar";

    /// <summary>What monitors may know of the cars.</summary>
    public const string Monitor = "monitor";

    /// <summary>Whether the person or program may do what the scope says.</summary>
    public static bool Has(this ClaimsPrincipal user, string scope)
        => user.FindAll(ClaimType).Any(claim => claim.Value == scope || claim.Value == Owner || claim.Value == Admin && scope != Owner
            || claim.Value == Write && scope is Read or Logging);
}

/// <summary>The person or program has this scope.</summary>
sealed record Scope(string Name) : IAuthorizationRequirement;

sealed class ScopeHandler : AuthorizationHandler<Scope>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, Scope requirement)
    {
        if (context.User.Has(requirement.Name))
            context.Succeed(requirement);
        return Task.CompletedTask;
    }
}
