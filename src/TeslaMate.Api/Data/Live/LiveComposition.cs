using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Api.Data.Live;

static class LiveComposition
{
    /// <summary>Registers the live values, and the tickets by which a browser's scripts may follow them.</summary>
    public static IServiceCollection AddLive(this IServiceCollection services)
    {
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, TicketHandler>(TicketHandler.SchemeName, configureOptions: null);
        services.AddAuthorizationBuilder().AddPolicy(LiveRoutes.Policy, policy => policy
            .AddAuthenticationSchemes(Schemes.Session, Schemes.Proxy, Schemes.Open, Schemes.Bearer, TicketHandler.SchemeName)
            .AddRequirements(new KnownHost(), new Scope(Scopes.Read)));
        return services
            .AddSingleton<LiveTickets>()
            .AddSingleton<LiveJournal>()
            .AddHostedService(provider => provider.GetRequiredService<LiveJournal>())
            .AddSingleton<LiveStream>()
            .AddSingleton<LiveRoutes>();
    }
}
