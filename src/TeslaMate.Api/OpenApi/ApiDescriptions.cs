using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Api.OpenApi;

/// <summary>
/// The OpenAPI documents (spec api 2.7), made by the framework from the endpoints themselves. An endpoint names the document it belongs to by
/// <c>WithGroupName</c>; one without a name is in none.
/// </summary>
public static class ApiDescriptions
{
    /// <summary>The document of section 1: what companion apps speak.</summary>
    public const string Companion = "teslamateapi";

    /// <summary>The document of section 2: <c>/data/v1</c>.</summary>
    public const string Data = "v1";

    internal static IServiceCollection AddApiDescriptions(this IServiceCollection services)
    {
        foreach (var name in (string[])[Companion, Data])
            services.AddOpenApi(name, options => options.ShouldInclude = description => description.GroupName == name);
        return services;
    }

    internal static void MapApiDescriptions(this IEndpointRouteBuilder routes)
    {
        foreach (var format in (string[])["json", "yaml"])
            routes.MapOpenApi($"/data/openapi/{{documentName}}.{format}").RequireAuthorization(Policies.Read);
    }
}
