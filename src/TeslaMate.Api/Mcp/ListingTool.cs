using System.Data.Common;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Resources;

namespace TeslaMate.Api.Mcp;

/// <summary>A list of <c>/data/v1</c> as a tool: its parameters are the list's, and so are the members of its rows.</summary>
sealed class ListingTool : McpServerTool
{
    /// <summary>Rows that are given when nobody says how many; an assistant reads all of them.</summary>
    public const int UsualRows = 20;

    const int MostRows = 100;

    static readonly Parameter Car = new("car_id", ParameterType.Ids, "The car's number; list_cars tells them.");

    static readonly Parameter Limit =
        new("limit", ParameterType.Whole, $"How many rows at most; {UsualRows} by default.") { Least = 1, Most = MostRows };

    /// <summary>All tools.</summary>
    public static readonly IReadOnlyList<McpServerTool> All =
    [
        new ListingTool("list_cars", CarListing.Cars, Parent.None),
        new ListingTool("list_drives", DriveListing.Drives, Parent.None),
        new ListingTool("list_charging_processes", ChargeListing.Processes, Parent.None),
        new ListingTool("get_statistics", StatisticsListing.Statistics, Parent.Car),
    ];

    readonly Listing _listing;
    readonly Parent _parent;
    readonly IReadOnlyList<Parameter> _parameters;

    ListingTool(string name, Listing listing, Parent parent)
    {
        (_listing, _parent) = (listing, parent);
        _parameters =
        [
            .. parent is Parent.Car ? (IEnumerable<Parameter>)[Car] : [], .. listing.Parameters, Parameter.Zone, Parameter.Fields, Limit,
            .. listing.Key.At is null ? (IEnumerable<Parameter>)[] : [Parameter.Order],
        ];
        ProtocolTool = new Tool
        {
            Name = name,
            Description = $"{listing.Summary} Members: {string.Join(", ", listing.Members.Select(member => member.Path))}.",
            InputSchema = SchemaOf(_parameters, parent is Parent.Car ? [Car.Name] : []),
            Annotations = new ToolAnnotations { ReadOnlyHint = true, DestructiveHint = false, IdempotentHint = true, OpenWorldHint = false },
        };
    }

    public override Tool ProtocolTool { get; }

    public override IReadOnlyList<object> Metadata => [];

    public override async ValueTask<CallToolResult> InvokeAsync(
        RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default)
    {
        var services = request.Services!;
        try
        {
            var http = services.GetRequiredService<IHttpContextAccessor>().HttpContext!;
            var question = Question.Read(
                QueryOf(request.Params?.Arguments), _parameters, services.GetRequiredService<TimeProvider>().LocalTimeZone);
            var car = _parent is not Parent.Car ? 0
                : question.Ids(Car) is [var only] ? only : throw ProblemException.Parameter(Car.Name, "One car is needed.");
            var rows = await services.GetRequiredService<RowAnswers>()
                .FirstAsync(http, _listing, _parent, car, question, question.Whole(Limit) ?? UsualRows);
            return Answer(Encoding.UTF8.GetString(rows.Span), isError: false);
        }
        catch (ProblemException problem)
        {
            return Answer(problem.Message, isError: true);
        }
        catch (DbException exception) when (exception.IsTransient)
        {
            return Answer("The database does not answer. Try again in a moment.", isError: true);
        }
    }

    static CallToolResult Answer(string text, bool isError) => new() { IsError = isError, Content = [new TextContentBlock { Text = text }] };

    // As the same question would stand in an address.
    static QueryCollection QueryOf(IDictionary<string, JsonElement>? arguments) => new((arguments ?? new Dictionary<string, JsonElement>())
        .Where(argument => argument.Value.ValueKind != JsonValueKind.Null)
        .ToDictionary(argument => argument.Key, argument => argument.Value.ValueKind switch
        {
            JsonValueKind.Array => new StringValues([.. argument.Value.EnumerateArray().Select(Text)]),
            _ => new StringValues(Text(argument.Value)),
        }));

    static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();

    static JsonElement SchemaOf(IReadOnlyList<Parameter> parameters, IReadOnlyList<string> required)
        => JsonElement.Parse(new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(
                parameters.Select(parameter => KeyValuePair.Create<string, JsonNode?>(parameter.Name, SchemaOf(parameter)))),
            ["required"] = new JsonArray([.. required.Select(name => (JsonNode)name)]),
            ["additionalProperties"] = false,
        }.ToJsonString());

    static JsonObject SchemaOf(Parameter parameter)
    {
        var schema = new JsonObject
        {
            ["type"] = parameter.Type switch
            {
                ParameterType.Whole or ParameterType.Ids => "integer",
                ParameterType.Number => "number",
                ParameterType.Flag => "boolean",
                _ => "string",
            },
            ["description"] = parameter.Type is ParameterType.Words
                ? $"{parameter.Description} Of: {string.Join(", ", parameter.Values)}." : parameter.Description,
        };
        if (parameter.Type is ParameterType.Word)
            schema["enum"] = new JsonArray([.. parameter.Values.Select(word => (JsonNode)word)]);
        return schema;
    }
}
