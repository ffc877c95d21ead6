using System.Net;
using System.Text;
using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using TeslaMate.Configuration;
using TeslaMate.Tests.Api.Data;
using TeslaMate.Tests.Web;

namespace TeslaMate.Tests.Api.Mcp;

/// <summary>The Model Context Protocol, asked by its own client: tools that read, with the tokens and the rows of <c>/data/v1</c>.</summary>
public sealed class McpTests(DataUnderTest data) : IClassFixture<DataUnderTest>, IAsyncLifetime
{
    const string Path = "/data/mcp";

    PagesUnderTest _pages = null!;

    public async Task InitializeAsync()
    {
        _pages = await DataUnderTest.StartAsync(data.Database, ("API_MCP", "true"));
        await _pages.Access.SetPasswordAsync(new Secret("correct horse battery staple"), CancellationToken.None);
    }

    public async Task DisposeAsync() => await _pages.DisposeAsync();

    [Fact]
    public async Task An_assistant_reads_what_its_token_may()
    {
        var token = await _pages.TokenAsync("read");
        await using var client = await ConnectAsync(token);
        var tools = await client.ListToolsAsync();
        tools.Select(tool => tool.Name).ShouldBe(["list_cars", "list_drives", "list_charging_processes", "get_statistics"], ignoreOrder: true);
        tools.ShouldAllBe(tool => tool.ProtocolTool.Annotations!.ReadOnlyHint == true);

        using var http = DataUnderTest.Client(_pages, token);
        foreach (var (tool, path) in ((string, string)[])[("list_cars", "cars"), ("list_drives", "drives"),
            ("list_charging_processes", "charging-processes")])
        {
            JsonElement.DeepEquals((await CallAsync(client, tool)).GetProperty("data"),
                (await DataUnderTest.JsonAsync(http, $"/data/v1/{path}")).GetProperty("data")).ShouldBeTrue(tool);
        }

        var statistics = await CallAsync(
            client, "get_statistics", ("car_id", 1), ("period", "month"), ("from", "2026-07-01"), ("to", "2026-08-01"));
        JsonElement.DeepEquals(statistics.GetProperty("data"),
            (await DataUnderTest.JsonAsync(http, "/data/v1/cars/1/statistics?period=month&from=2026-07-01&to=2026-08-01")).GetProperty("data"))
            .ShouldBeTrue(statistics.ToString());
        var one = await CallAsync(client, "list_drives", ("limit", 1), ("order", "start"), ("fields", "id,distance_km"));
        one.GetRawText().ShouldBe("""{"data":[{"id":7,"distance_km":25.5}],"has_more":true}""");
        _pages.Log.Lines.ShouldAllBe(line => !line.Contains(token));
    }

    [Theory]
    [InlineData("list_drives", "limit", "1000")]
    [InlineData("list_drives", "from", "yesterday")]
    [InlineData("list_drives", "whatever", "1")]
    [InlineData("get_statistics", "period", "month")]
    public async Task A_question_that_cannot_be_answered_is_told_in_words(string tool, string name, string value)
    {
        await using var client = await ConnectAsync(await _pages.TokenAsync("read"));
        var result = await client.CallToolAsync(tool, new Dictionary<string, object?> { [name] = value });
        result.IsError.ShouldBe(true);
        TextOf(result).ShouldContain(tool == "get_statistics" ? "car_id" : name);
    }

    [Fact]
    public async Task A_token_for_one_car_asks_for_that_car_alone()
    {
        await using var client = await ConnectAsync(await _pages.TokenAsync("read", 2));
        (await CallAsync(client, "list_drives")).GetProperty("data").GetArrayLength().ShouldBe(0);
        (await CallAsync(client, "list_cars")).GetProperty("data").EnumerateArray().Single().GetProperty("id").GetInt32().ShouldBe(2);
        (await client.CallToolAsync("get_statistics", new Dictionary<string, object?> { ["car_id"] = 1 })).IsError.ShouldBe(true);
    }

    [Fact]
    public async Task It_is_closed_to_strangers_to_other_scopes_and_to_other_sites_and_off_by_default()
    {
        foreach (var (token, status) in ((string?, HttpStatusCode)[])[(null, HttpStatusCode.Unauthorized), ("tmt_wrong", HttpStatusCode.Unauthorized),
            (await _pages.TokenAsync("calendar"), HttpStatusCode.Forbidden), (await _pages.TokenAsync("logging"), HttpStatusCode.Forbidden)])
        {
            using var client = DataUnderTest.Client(_pages, token);
            using var response = await client.SendAsync(Question());
            response.StatusCode.ShouldBe(status, token);
            response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        }

        using var elsewhere = Question();
        elsewhere.Headers.Add("Origin", "https://evil.example");
        using var reader = DataUnderTest.Client(_pages, await _pages.TokenAsync("read"));
        (await reader.SendAsync(elsewhere)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await reader.SendAsync(Question())).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var off = data.Client();
        (await off.SendAsync(Question())).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    static HttpRequestMessage Question()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Path)
        {
            Content = new StringContent("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        return request;
    }

    async Task<McpClient> ConnectAsync(string token) => await McpClient.CreateAsync(new HttpClientTransport(new HttpClientTransportOptions
    {
        Endpoint = new Uri(_pages.Address, Path),
        AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = $"Bearer {token}" },
    }));

    static async Task<JsonElement> CallAsync(McpClient client, string tool, params (string Name, object Value)[] arguments)
    {
        var result = await client.CallToolAsync(tool, arguments.ToDictionary(argument => argument.Name, argument => (object?)argument.Value));
        result.IsError.ShouldNotBe(true, TextOf(result));
        return JsonDocument.Parse(TextOf(result)).RootElement.Clone();
    }

    static string TextOf(CallToolResult result) => result.Content.OfType<TextContentBlock>().Single().Text;
}
