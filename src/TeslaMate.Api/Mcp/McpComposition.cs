using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Api.Data;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Mcp;

/// <summary>
/// The Model Context Protocol for assistants: a few tools that read, on the queries and tokens of <c>/data/v1</c>. Off unless the owner wants it,
/// since what an assistant reads goes to its provider; the library is loaded only when it is on.
/// </summary>
static class McpComposition
{
    public const string Path = "/data/mcp";

    const string Instructions = "A car's logbook. Units are in the names of the members (km, kWh, seconds), times are UTC, null is not known.";

    public static IServiceCollection AddMcpTools(this IServiceCollection services)
    {
        services.AddHttpContextAccessor();
        services.AddMcpServer(server =>
            {
                server.ServerInfo = new() { Name = "TeslaMate for .NET", Version = ApiPipeline.Version };
                server.ServerInstructions = Instructions;
            })
            // Nothing is kept between two questions, so each is asked with a token that counts at that moment.
            .WithHttpTransport(transport => transport.Stateless = true)
            .WithTools(ListingTool.All);
        return services;
    }

    public static void MapMcpTools(this WebApplication app) => app.MapMcp(Path)
        .RequireAuthorization(Policies.Read)
        .RequireRateLimiting(RateLimits.Programs)
        .RequireCors(OtherOrigins.Programs)
        .WithMetadata(DataConventions.Refusals);
}
