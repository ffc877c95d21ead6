using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using TeslaMate.Api.Companion;
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
        {
            services.AddOpenApi(name, options =>
            {
                options.ShouldInclude = description => description.GroupName == name;
                if (name != Companion)
                    return;
                options.AddSchemaTransformer(DescribeAsync);
                options.AddOperationTransformer(CompanionDescription.CompleteAsync);
                options.AddDocumentTransformer(CompanionDescription.CompleteAsync);
            });
        }

        return services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, CompanionJson.Default);
        });
    }

    // What a converter writes is not seen by the framework.
    static Task DescribeAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonTypeInfo.Type == typeof(LocalDate))
            (schema.Type, schema.Format, schema.Properties, schema.Required) = (JsonSchemaType.String, "date-time", null, null);
        return Task.CompletedTask;
    }

    internal static void MapApiDescriptions(this IEndpointRouteBuilder routes)
    {
        foreach (var format in (string[])["json", "yaml"])
            routes.MapOpenApi($"/data/openapi/{{documentName}}.{format}").RequireAuthorization(Policies.Read);
    }
}
