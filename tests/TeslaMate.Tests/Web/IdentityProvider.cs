using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenIddict.Abstractions;
using OpenIddict.Server;

namespace TeslaMate.Tests.Web;

/// <summary>A real OpenID Connect provider (OpenIddict) on a port of its own, which logs in whom the test says.</summary>
sealed class IdentityProvider : IAsyncDisposable
{
    public const string ClientId = "teslamate";
    public const string ClientSecret = "the secret of the client";

    readonly WebApplication _app;

    IdentityProvider(WebApplication app) => _app = app;

    public string Issuer => _app.Urls.First();

    /// <summary>The person at the browser.</summary>
    public string Subject { get; set; } = "248289761001";

    public string[] Groups { get; set; } = [];

    /// <summary>What the last request for authorization asked for.</summary>
    public OpenIddictRequest? Asked { get; private set; }

    public static async Task<IdentityProvider> StartAsync()
    {
        IdentityProvider? provider = null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddOpenIddict().AddServer(server =>
        {
            server.SetAuthorizationEndpointUris("authorize").SetTokenEndpointUris("token").SetUserInfoEndpointUris("userinfo");
            server.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange();
            server.RegisterScopes("profile", "groups");
            server.AddEphemeralEncryptionKey().AddEphemeralSigningKey();
            server.EnableDegradedMode();
            server.UseAspNetCore().DisableTransportSecurityRequirement();
            server.AddEventHandler<OpenIddictServerEvents.ValidateAuthorizationRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                provider!.Asked = context.Request;
                if (context.ClientId != ClientId)
                    context.Reject(OpenIddictConstants.Errors.InvalidClient);
                return default;
            }));
            server.AddEventHandler<OpenIddictServerEvents.ValidateTokenRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                if (context.ClientId != ClientId || context.ClientSecret != ClientSecret)
                    context.Reject(OpenIddictConstants.Errors.InvalidClient);
                return default;
            }));
            server.AddEventHandler<OpenIddictServerEvents.HandleAuthorizationRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                var identity = new ClaimsIdentity("test", OpenIddictConstants.Claims.Name, OpenIddictConstants.Claims.Role);
                identity.AddClaim(new Claim(OpenIddictConstants.Claims.Subject,
                    provider!.Subject).SetDestinations(OpenIddictConstants.Destinations.IdentityToken, OpenIddictConstants.Destinations.AccessToken));
                identity.AddClaim(new Claim("preferred_username", "alice").SetDestinations(OpenIddictConstants.Destinations.IdentityToken));
                foreach (var group in provider.Groups)
                    identity.AddClaim(new Claim("groups", group).SetDestinations(OpenIddictConstants.Destinations.IdentityToken));
                context.Principal = new ClaimsPrincipal(identity).SetScopes(context.Request.GetScopes());
                return default;
            }));
        });
        var app = builder.Build();
        provider = new IdentityProvider(app);
        app.UseRouting();
        app.UseAuthentication();
        app.MapGet("/", () => HttpStatusCode.OK.ToString());
        await app.StartAsync();
        return provider;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>One provider for all tests of a class: to make its keys takes seconds.</summary>
public sealed class SharedProvider : IAsyncLifetime
{
    internal IdentityProvider Provider { get; private set; } = null!;

    public async Task InitializeAsync() => Provider = await IdentityProvider.StartAsync();

    public async Task DisposeAsync() => await Provider.DisposeAsync();
}
