using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Tests.Web;

/// <summary>A route of the running pages, with 1 for every number in its path.</summary>
/// <param name="Method">As the route names it, or <c>any</c>.</param>
/// <param name="Path">With 1 for every parameter.</param>
/// <param name="Policy">The one that is asked; null when there is none, or more than one.</param>
/// <param name="IsLive">Whether it is a stream of events.</param>
/// <param name="IsForPrograms">Whether it belongs to an interface for programs, and not to the pages.</param>
sealed record Route(string Method, string Path, string? Policy, bool IsLive, bool IsForPrograms)
{
    public static IReadOnlyList<Route> All(IServiceProvider services) =>
    [
        .. from endpoint in services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
           from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["any"]
           let path = System.Text.RegularExpressions.Regex.Replace("/" + endpoint.RoutePattern.RawText!.Trim('/'), @"\{[^}]*\}", "1")
           select new Route(method, path, endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>() is [var only] ? only.Policy : null,
               endpoint.Metadata.GetMetadata<LiveEvents>() is not null,
               endpoint.Metadata.GetMetadata<IProgramRefusals>() is not null),
    ];
}
