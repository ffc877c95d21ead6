using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using TeslaMate.Tests.Nix;

namespace TeslaMate.Tests.Api.Data;

/// <summary>The document of <c>/data/v1</c> (spec api 2.7): checked in, valid, and true of every route it describes.</summary>
public sealed class OpenApiTests(DataUnderTest data) : IClassFixture<DataUnderTest>
{
    static readonly JsonSerializerOptions Layout =
        new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>To write it anew: <c>TESLAMATE_WRITE_OPENAPI=1 tests/run --filter OpenApiTests</c>.</summary>
    [Fact]
    public async Task The_document_that_is_checked_in_is_the_one_that_is_served()
    {
        var served = JsonNode.Parse(await data.TextAsync("/data/openapi/v1.json"))!.ToJsonString(Layout) + "\n";
        var path = Path.Combine(Evaluation.Root, "docs", "openapi", "data-v1.json");
        if (Environment.GetEnvironmentVariable("TESLAMATE_WRITE_OPENAPI") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, served);
        }

        served.ShouldBe(await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task The_document_is_openapi_3_1_and_complete_in_itself()
    {
        var document = await DocumentAsync();
        document.GetProperty("openapi").GetString()!.ShouldStartWith("3.1");
        var names = new List<string>();
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            path.Name.ShouldStartWith("/data/v1");
            foreach (var operation in path.Value.EnumerateObject())
            {
                names.Add(operation.Value.GetProperty("operationId").GetString()!);
                operation.Value.GetProperty("summary").GetString().ShouldNotBeNullOrEmpty(path.Name);
                foreach (var status in (string[])["200", "401", "403", "429"])
                    operation.Value.GetProperty("responses").TryGetProperty(status, out _).ShouldBeTrue($"{path.Name} {status}");
                var described = operation.Value.TryGetProperty("parameters", out var list) ? list.EnumerateArray()
                    .Select(parameter => parameter.TryGetProperty("$ref", out var shared) ? Resolve(document, shared.GetString()!) : parameter)
                    .ToList() : [];
                described.Select(parameter => parameter.GetProperty("name").GetString()).Distinct().Count().ShouldBe(described.Count, path.Name);
                foreach (var part in path.Name.Split('{').Skip(1).Select(part => part.Split('}')[0]))
                    described.ShouldContain(parameter => parameter.GetProperty("name").GetString() == part && parameter.GetProperty("in")
                        .GetString() == "path");
            }
        }

        names.Distinct().Count().ShouldBe(names.Count);
        foreach (var reference in References(document))
            Resolve(document, reference).ValueKind.ShouldBe(JsonValueKind.Object, reference);
    }

    [Fact]
    public async Task Every_route_answers_what_the_document_says()
    {
        var document = await DocumentAsync();
        data.Pages.Vehicles.Hub.Publish(TeslaMate.Tests.Web.FakeVehicles.Car());
        var called = 0;
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            // What changes something is called by WriteTests and TargetTests, one after the other.
            foreach (var operation in path.Value.EnumerateObject()
                .Where(operation => !operation.Value.GetProperty("description").GetString()!.Contains("`write`", StringComparison.Ordinal)
                    && (operation.Name == "get" || !path.Name.StartsWith("/data/v1/webhooks", StringComparison.Ordinal))))
            {
                foreach (var content in operation.Value.GetProperty("responses").GetProperty("200").GetProperty("content").EnumerateObject())
                {
                    if (content.Name == "text/event-stream")
                        continue;
                    await CallAsync(document, operation.Name, path.Name, content.Name, content.Value.GetProperty("schema"));
                    called++;
                }
            }
        }

        called.ShouldBeGreaterThan(80);
    }

    async Task CallAsync(JsonElement document, string method, string path, string type, JsonElement schema)
    {
        var address = path.Replace("/drives/{id}", "/drives/7", StringComparison.Ordinal)
            .Replace("/charging-processes/{id}", "/charging-processes/3", StringComparison.Ordinal)
            .Replace("/geofences/{id}", "/geofences/2", StringComparison.Ordinal).Replace("/addresses/{id}", "/addresses/5", StringComparison.Ordinal)
            .Replace("{id}", "1", StringComparison.Ordinal).Replace("{token}", await data.Pages.TokenAsync("calendar"), StringComparison.Ordinal)
            .Replace("{format}", type switch
            {
                "text/csv" => "csv",
                "application/x-ndjson" => "ndjson",
                "application/geo+json" => "geojson",
                "application/gpx+xml" => "gpx",
                _ => "json",
            }, StringComparison.Ordinal);
        if (address.Contains("cars/1/positions", StringComparison.Ordinal))
            address += "?from=2026-07-01&to=2026-07-20";
        using var client = data.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method.ToUpperInvariant()), address);
        if (!path.Contains("{format}", StringComparison.Ordinal))
            request.Headers.TryAddWithoutValidation("Accept", type);
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, $"{method} {address} as {type}: {text}");
        response.Content.Headers.ContentType!.MediaType.ShouldBe(type, address);
        if (type is "application/json")
            Check(document, schema, JsonDocument.Parse(text).RootElement, address);
        if (type == "application/x-ndjson")
        {
            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                Check(document, schema, JsonDocument.Parse(line).RootElement, address);
        }
    }

    // What of JSON Schema the document uses: types, required and known members, items, references.
    static void Check(JsonElement document, JsonElement schema, JsonElement value, string where)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            schema = Resolve(document, reference.GetString()!);
        if (schema.TryGetProperty("type", out var types))
        {
            var allowed = types.ValueKind == JsonValueKind.Array ? types.EnumerateArray().Select(type => type.GetString()!).ToList()
                : [types.GetString()!];
            // A file's shape is told in words.
            if (allowed is ["string"] && value.ValueKind == JsonValueKind.Object)
                return;
            allowed.ShouldContain(type => Fits(type, value), $"{where}: {value} is none of {string.Join(", ", allowed)}");
        }

        if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var properties))
        {
            foreach (var member in value.EnumerateObject())
            {
                properties.TryGetProperty(member.Name, out var inner).ShouldBeTrue($"{where}: {member.Name} is not described");
                Check(document, inner, member.Value, $"{where}.{member.Name}");
            }

            if (schema.TryGetProperty("required", out var required))
            {
                foreach (var name in required.EnumerateArray().Select(name => name.GetString()!))
                    value.TryGetProperty(name, out _).ShouldBeTrue($"{where}: {name} is missing");
            }
        }

        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            foreach (var item in value.EnumerateArray())
                Check(document, items, item, where);
        }
    }

    static bool Fits(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && decimal.Parse(value.GetRawText(), CultureInfo.InvariantCulture) % 1 == 0,
        "number" => value.ValueKind == JsonValueKind.Number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => value.ValueKind == JsonValueKind.Null,
    };

    async Task<JsonElement> DocumentAsync() => await data.JsonAsync("/data/openapi/v1.json");

    static JsonElement Resolve(JsonElement document, string reference)
        => reference.TrimStart('#', '/').Split('/').Aggregate(document, (element, part) => element.GetProperty(part));

    static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject()
            .SelectMany(member => member.NameEquals("$ref") ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
