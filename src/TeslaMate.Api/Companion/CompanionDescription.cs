using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace TeslaMate.Api.Companion;

/// <summary>A parameter in the query of a companion route, for the description (spec api 1.3).</summary>
sealed record CompanionParameter(string Name, JsonSchemaType Type, string Description)
{
    /// <summary>Of what comes in pages.</summary>
    public static readonly IReadOnlyList<CompanionParameter> OfPages =
    [
        new("page", JsonSchemaType.Integer, "From 1, which is the default and stands for all that is no number."),
        new("show", JsonSchemaType.Integer, "Rows of a page; 100 by default, without an upper limit, and none for what is no number."),
    ];

    /// <summary>Of charges.</summary>
    public static readonly IReadOnlyList<CompanionParameter> OfCharges =
    [
        .. OfPages,
        new("startDate", JsonSchemaType.String, "Only rows that start then or later: RFC 3339, or a date with or without a time in the zone of TZ."),
        new("endDate", JsonSchemaType.String, "Only rows that end then or earlier; a date alone is its end."),
        new("location", JsonSchemaType.String, "Only rows with this text in an address."),
    ];

    /// <summary>Of drives.</summary>
    public static readonly IReadOnlyList<CompanionParameter> OfDrives =
    [
        .. OfCharges,
        new("minDistance", JsonSchemaType.Number, "Only drives of at least this distance, in the owner's unit; 0 or less means nothing."),
        new("maxDistance", JsonSchemaType.Number, "Only drives of at most this distance, in the owner's unit; 0 or less means nothing."),
    ];
}

/// <summary>Completes the OpenAPI document of the companion API: how a token is brought, and what lists take (spec api 1.2, 1.3).</summary>
static class CompanionDescription
{
    static readonly IReadOnlyDictionary<string, OpenApiSecurityScheme> Schemes = new Dictionary<string, OpenApiSecurityScheme>
    {
        ["token"] = new() { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A token of the page /tokens." },
        ["password"] = new()
        {
            Type = SecuritySchemeType.Http,
            Scheme = "basic",
            Description = "A token as the password, for apps that know no other way; the user name does not matter.",
        },
        ["query"] = new() { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Query, Name = "token", Description = "A token in the address." },
    };

    public static Task CompleteAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Servers?.Clear();
        document.Info.Title = "TeslaMate for .NET: the API of companion apps";
        (document.Components ??= new()).SecuritySchemes = Schemes.ToDictionary(scheme => scheme.Key, IOpenApiSecurityScheme (scheme) => scheme.Value);
        return Task.CompletedTask;
    }

    public static Task CompleteAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        foreach (var parameter in metadata.OfType<CompanionParameter>())
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = parameter.Name,
                In = ParameterLocation.Query,
                Description = parameter.Description,
                Schema = new OpenApiSchema { Type = parameter.Type },
            });
        }

        // Any one of them will do; none is asked for where everybody may ask.
        operation.Security = metadata.OfType<IAuthorizeData>().Any()
            ?
            [
                .. Schemes.Keys.Select(scheme
                    => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] }),
            ]
            : [];
        return Task.CompletedTask;
    }
}
