using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using TeslaMate.Tests.Api.Companion;
using TeslaMate.Tests.Web;

namespace TeslaMate.Tests.Api;

/// <summary>The OpenAPI document of the companion API (spec api 2.7): it is checked in, and each of its routes answers.</summary>
public sealed class OpenApiTests(CompanionUnderTest api) : IClassFixture<CompanionUnderTest>
{
    static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task The_document_is_the_one_that_is_checked_in()
    {
        var file = Path.Combine(Root(), "docs", "openapi", "companion.json");
        var document = (await DocumentAsync()).ToJsonString(Indented) + "\n";
        if (Environment.GetEnvironmentVariable("TESLAMATE_WRITE_OPENAPI") is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, document);
        }

        document.ShouldBe(await File.ReadAllTextAsync(file), "It is written by this test with TESLAMATE_WRITE_OPENAPI=1.");
    }

    [Fact]
    public async Task Every_parameter_of_a_path_is_described()
    {
        using var http = new HttpClient { BaseAddress = api.Pages.Address };
        foreach (var address in (string[])["/data/openapi/teslamateapi.json", "/data/openapi/v1.json"])
        {
            var document = JsonNode.Parse(await http.GetStringAsync(address))!;
            foreach (var (path, operations) in document["paths"]!.AsObject())
            {
                var named = System.Text.RegularExpressions.Regex.Matches(path, @"\{([^}]*)\}").Select(parameter => parameter.Groups[1].Value);
                foreach (var (method, operation) in operations!.AsObject())
                {
                    (operation!["parameters"]?.AsArray() ?? []).Where(parameter => (string?)parameter!["in"] == "path")
                        .Select(parameter => (string?)parameter!["name"]).ShouldBe(named, ignoreOrder: true, $"{method} {path}");
                }
            }
        }
    }

    [Fact]
    public async Task Every_route_is_described_and_answers()
    {
        var document = await DocumentAsync();
        document["openapi"]!.GetValue<string>().ShouldStartWith("3.1");
        var described = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(method => (
            Method: method.Key.ToUpperInvariant(), Path: System.Text.RegularExpressions.Regex.Replace(path.Key.TrimEnd('/'), @"\{[^}]*\}", "1"))))
            .ToList();
        var mapped = Route.All(api.Pages.Services)
            .Where(route => route.IsForPrograms && route.Method != "any" && route.Path.StartsWith("/api", StringComparison.Ordinal))
            .Select(route => (route.Method, Path: route.Path.TrimEnd('/'))).ToList();
        described.ShouldBe(mapped, ignoreOrder: true);
        using var http = new HttpClient { BaseAddress = api.Pages.Address };
        foreach (var (method, path) in described)
        {
            using var response = await http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
            response.StatusCode.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.NoContent, HttpStatusCode.Forbidden,
                HttpStatusCode.ServiceUnavailable);
        }
    }

    async Task<JsonNode> DocumentAsync()
    {
        using var http = new HttpClient { BaseAddress = api.Pages.Address };
        return JsonNode.Parse(await http.GetStringAsync("/data/openapi/teslamateapi.json"))!;
    }

    static string Root([System.Runtime.CompilerServices.CallerFilePath] string path = "")
    {
        var folder = Path.GetDirectoryName(path)!;
        while (!File.Exists(Path.Combine(folder, "TeslaMate.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
