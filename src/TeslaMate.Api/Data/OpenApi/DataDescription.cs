using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Rows;
using TeslaMate.Api.Data.Writes;
using TeslaMate.Api.OpenApi;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data.OpenApi;

/// <summary>Completes the OpenAPI document of <c>/data/v1</c> by what the endpoints are made of (spec api 2.7).</summary>
static class DataDescription
{
    const string Problem = "Problem";

    /// <summary>Adds it to the document that the framework makes.</summary>
    public static IServiceCollection AddDataDescription(this IServiceCollection services)
        => services.Configure<OpenApiOptions>(ApiDescriptions.Data, options => options
            .AddOperationTransformer((operation, context, _) =>
            {
                if (context.Description.ActionDescriptor.EndpointMetadata.OfType<Described>().FirstOrDefault() is { } described)
                    Complete(operation, described, context.Description.RelativePath ?? "", context.Document!);
                return Task.CompletedTask;
            })
            .AddDocumentTransformer((document, _, _) =>
            {
                Complete(document);
                return Task.CompletedTask;
            }));

    static void Complete(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "TeslaMate for .NET",
            Version = "1",
            Description = "The logbook for programs. Units are in the names, times are UTC, what is not known is null. See docs/api.md.",
        };
        // Where the program is found is for its owner to say.
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            ["token"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description =
                "A token: `teslamate token create NAME --scope read`."
            },
            ["session"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Cookie,
                Name = "_teslamate_session",
                Description =
                    "The session of the pages; reads only.",
            },
        };
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        document.Components.Schemas[Problem] = ProblemSchema();
        document.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", document)] = [] },
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("session", document)] = [] },
        ];
    }

    static void Complete(OpenApiOperation operation, Described described, string path, OpenApiDocument document)
    {
        operation.OperationId = described.Name;
        operation.Summary = described.Summary;
        operation.Description = $"Needs scope `{described.Scope}`.";
        operation.Tags = null;
        operation.RequestBody = described.Body is { } body ? BodyOf(body) : null;
        operation.Parameters =
        [
            .. PathParameters(described, path), .. described.Parameters.Select(parameter => ParameterOf(parameter, document)),
            .. HeaderParameters(described),
        ];
        var content = described.Formats.ToDictionary(format => format.MediaType, format
            => new OpenApiMediaType { Schema = SchemaOf(described.Answer, format, document) });
        operation.Responses = new OpenApiResponses
        {
            ["200"] = new OpenApiResponse { Description = described.Summary, Content = content },
        };
        foreach (var (status, kinds) in ProblemsOf(described, path))
        {
            operation.Responses[status] = new OpenApiResponse
            {
                Description = string.Join(" or ", kinds.Select(kind => kind.Title)),
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [Problems.ContentType] =
                    new() { Schema = new OpenApiSchemaReference(Problem, document) }
                },
            };
        }
    }

    static IEnumerable<(string Status, ProblemKind[] Kinds)> ProblemsOf(Described described, string path)
    {
        if (described.Parameters.Count > 0 || described.Body is not null)
            yield return ("400", described.Parameters.Contains(Parameter.Cursor) ? [ProblemKind.InvalidParameter, ProblemKind.InvalidCursor]
                : [ProblemKind.InvalidParameter]);
        yield return ("401", [ProblemKind.Unauthorized]);
        yield return ("403", [ProblemKind.ForbiddenScope]);
        if (path.Contains('{', StringComparison.Ordinal))
            yield return ("404", [ProblemKind.NotFound]);
        if (described.Scope != Scopes.Write && !described.IsChange)
            yield return ("406", [ProblemKind.NotAcceptable]);
        if (described.IsChange)
        {
            yield return ("409", [ProblemKind.Conflict]);
            yield return ("422", [ProblemKind.Unusable]);
        }

        if (described.NeedsMatch)
        {
            yield return ("412", [ProblemKind.PreconditionFailed]);
            yield return ("428", [ProblemKind.PreconditionRequired]);
        }

        yield return ("429", [ProblemKind.TooManyRequests]);
        yield return ("503", [ProblemKind.DatabaseAway]);
    }

    static IEnumerable<IOpenApiParameter> PathParameters(Described described, string path)
    {
        if (path.Contains("{id}", StringComparison.Ordinal))
            yield return new OpenApiParameter
            {
                Name = "id",
                In = ParameterLocation.Path,
                Required = true,
                Description = "A number.",
                Schema =
                    new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" },
            };
        if (path.Contains("{token}", StringComparison.Ordinal))
            yield return new OpenApiParameter
            {
                Name = "token",
                In = ParameterLocation.Path,
                Required = true,
                Description = "A token of scope `calendar`.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            };
        if (described.Suffix)
            yield return new OpenApiParameter
            {
                Name = "format",
                In = ParameterLocation.Path,
                Required = true,
                Description = "The format, in place of `Accept`.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = Words(described.Formats.Select(format => format.Suffix)) },
            };
    }

    static IEnumerable<IOpenApiParameter> HeaderParameters(Described described)
    {
        if (described.NeedsMatch)
            yield return Header("If-Match", "The `ETag` of the row, or of a preview; `*` for whatever it is by now.", isRequired: true);
        if (described.TakesKey)
            yield return Header("Idempotency-Key", "A repetition with the same key within 24 hours changes nothing more.", isRequired: false);

        static OpenApiParameter Header(string name, string description, bool isRequired) => new()
        {
            Name = name,
            In = ParameterLocation.Header,
            Required = isRequired,
            Description = description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        };
    }

    static OpenApiRequestBody BodyOf(IReadOnlyList<BodyMember> members) => new()
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/json"] = new()
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    AdditionalPropertiesAllowed = false,
                    Required = members.Where(member => member.IsRequired).Select(member => member.Name).ToHashSet(),
                    Properties = members.ToDictionary(member => member.Name, IOpenApiSchema (member) => SchemaOf(member)),
                },
            },
        },
    };

    static OpenApiSchema SchemaOf(BodyMember member)
    {
        var orNull = member.CanBeNull ? JsonSchemaType.Null : default;
        return new OpenApiSchema
        {
            Type = orNull | member.Type switch
            {
                BodyType.Id => JsonSchemaType.Integer,
                BodyType.Number => JsonSchemaType.Number,
                BodyType.Flag => JsonSchemaType.Boolean,
                BodyType.Ids or BodyType.Texts => JsonSchemaType.Array,
                _ => JsonSchemaType.String,
            },
            Items = member.Type switch
            {
                BodyType.Ids => new OpenApiSchema { Type = JsonSchemaType.Integer },
                BodyType.Texts => new OpenApiSchema { Type = JsonSchemaType.String },
                _ => null,
            },
            Format = member.Type == BodyType.Instant ? "date-time" : null,
            Enum = member.Values.Count > 0 ? Words(member.Values) : null,
            Description = member.Description,
        };
    }

    static OpenApiParameter Describe(Parameter parameter) => new OpenApiParameter
    {
        Name = parameter.Name,
        In = ParameterLocation.Query,
        Description = parameter.Description,
        // A list of words is one text with commas; a list of numbers is the parameter repeated.
        Style = ParameterStyle.Form,
        Explode = parameter.Type == ParameterType.Ids,
        Schema = parameter.Type switch
        {
            ParameterType.Whole or ParameterType.Number => new OpenApiSchema
            {
                Type = parameter.Type == ParameterType.Whole ? JsonSchemaType.Integer : JsonSchemaType.Number,
                Minimum = parameter.Least > double.MinValue ? parameter.Least.ToString(System.Globalization.CultureInfo.InvariantCulture) : null,
                Maximum = parameter.Most < double.MaxValue ? parameter.Most.ToString(System.Globalization.CultureInfo.InvariantCulture) : null,
            },
            ParameterType.Flag => new OpenApiSchema { Type = JsonSchemaType.Boolean },
            ParameterType.Word => new OpenApiSchema { Type = JsonSchemaType.String, Enum = Words(parameter.Values) },
            ParameterType.Words => new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = new OpenApiSchema { Type = JsonSchemaType.String, Enum = Words(parameter.Values) },
            },
            ParameterType.Ids => new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.Integer } },
            _ => new OpenApiSchema { Type = JsonSchemaType.String },
        },
    };

    static IOpenApiSchema SchemaOf(Shape shape, Format format, OpenApiDocument document) => shape switch
    {
        Shape.Rows(var name, var members) when format == Format.Json => new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string> { "data", "next" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["data"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = RowOf(name, members, document) },
                ["next"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.String | JsonSchemaType.Null,
                    Description = "The cursor of the next page; null on the last."
                },
                ["total"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "Rows on all pages, with count=true." },
            },
        },
        Shape.Rows(var name, var members) when format == Format.Ndjson => RowOf(name, members, document),
        Shape.One(var name, var members) => RowOf(name, members, document),
        Shape.Whole(var whole) when format == Format.Json => WholeOf(whole),
        Shape.Whole(var whole) when format == Format.Ndjson => ObjectOf(whole.File.Members),
        Shape.File(var description) => new OpenApiSchema { Type = JsonSchemaType.String, Description = description },
        _ => new OpenApiSchema { Type = JsonSchemaType.String, Description = "See docs/api.md." },
    };

    // Told once, however many operations answer with it.
    static OpenApiSchemaReference RowOf(string name, IReadOnlyList<Member> members, OpenApiDocument document)
    {
        document.AddComponent(name, ObjectOf(members));
        return new OpenApiSchemaReference(name, document);
    }

    static IOpenApiParameter ParameterOf(Parameter parameter, OpenApiDocument document)
    {
        if (!Parameter.Shared.Contains(parameter))
            return Describe(parameter);
        document.AddComponent(parameter.Name, Describe(parameter));
        return new OpenApiParameterReference(parameter.Name, document);
    }

    static OpenApiSchema WholeOf(Resources.Document document)
    {
        var schema = document.Own is { } own ? ObjectOf(own.Members) : Empty();
        foreach (var list in document.Lists)
        {
            schema.Properties![list.Name] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = ObjectOf(list.Members) };
            schema.Required!.Add(list.Name);
        }

        return schema;
    }

    /// <summary>A row's members as an object with objects in it.</summary>
    static OpenApiSchema ObjectOf(IReadOnlyList<Member> members)
    {
        var root = Empty();
        foreach (var member in members)
        {
            var (parent, path) = (root, member.Path.Split('.'));
            foreach (var name in path[..^1])
            {
                if (!parent.Properties!.TryGetValue(name, out var child))
                    parent.Properties[name] = child = Empty();
                parent.Required!.Add(name);
                parent = (OpenApiSchema)child;
            }

            parent.Properties![path[^1]] = ValueOf(member);
            if (member.Group is null)
                parent.Required!.Add(path[^1]);
        }

        return root;
    }

    static OpenApiSchema Empty() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>(),
        Required = new HashSet<string>(),
    };

    static OpenApiSchema ValueOf(Member member)
    {
        var orNull = member.IsAlwaysKnown ? default : JsonSchemaType.Null;
        var schema = member.Type switch
        {
            MemberType.Whole => new OpenApiSchema { Type = JsonSchemaType.Integer | orNull },
            MemberType.Number or MemberType.Exact => new OpenApiSchema { Type = JsonSchemaType.Number | orNull },
            MemberType.Flag => new OpenApiSchema { Type = JsonSchemaType.Boolean | orNull },
            MemberType.Instant => new OpenApiSchema { Type = JsonSchemaType.String | orNull, Format = "date-time" },
            MemberType.Words => new OpenApiSchema
            {
                Type = JsonSchemaType.Array | orNull,
                Items =
                new OpenApiSchema { Type = JsonSchemaType.String }
            },
            MemberType.Wholes => new OpenApiSchema
            {
                Type = JsonSchemaType.Array | orNull,
                Items =
                new OpenApiSchema { Type = JsonSchemaType.Integer }
            },
            MemberType.Json => new OpenApiSchema(),
            _ => new OpenApiSchema { Type = JsonSchemaType.String | orNull },
        };
        schema.Description = member.Description;
        if (member.Values is { } values)
            schema.Description += $" One of {string.Join(", ", values)}.";
        return schema;
    }

    static OpenApiSchema ProblemSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "RFC 9457.",
        Required = new HashSet<string> { "type", "title", "status", "detail", "instance" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description =
                    $"/data/problems/ and one of {string.Join(", ", ProblemKind.All.Select(kind => kind.Slug).Distinct())}.",
            },
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer },
            ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["instance"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The number of the request, which the log has too." },
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Properties = new Dictionary<string, IOpenApiSchema>
                    {
                        ["parameter"] = new OpenApiSchema { Type = JsonSchemaType.String },
                        ["pointer"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Where in the body (RFC 6901)." },
                        ["message"] =
                            new OpenApiSchema { Type = JsonSchemaType.String },
                    },
                },
            },
        },
    };

    static List<JsonNode> Words(IEnumerable<string> words) => [.. words.Select(word => (JsonNode)word)];
}
