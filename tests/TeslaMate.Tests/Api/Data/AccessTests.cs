using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Api.Data.OpenApi;
using TeslaMate.Configuration;
using TeslaMate.Tests.Web;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Tests.Api.Data;

/// <summary>Who gets what (spec api 2.5): with a password set, every route without, with a foreign, narrow, expired and revoked token.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    DataUnderTest _data = null!;
    PagesUnderTest _pages = null!;

    public async Task InitializeAsync()
    {
        _data = new DataUnderTest();
        await _data.InitializeAsync();
        _pages = await DataUnderTest.StartAsync(_data.Database);
        await _pages.Access.SetPasswordAsync(new Secret("correct horse battery staple"), CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _pages.DisposeAsync();
        await _data.DisposeAsync();
    }

    [Fact]
    public async Task No_route_opens_without_a_token_that_counts()
    {
        var (revoked, narrow) = (await _pages.TokenAsync("read"), await _pages.TokenAsync("logging"));
        var (brief, _) = TokenWish.Parse("brief", ["admin"], [], days: "1");
        var expired = (await _pages.Tokens.CreateAsync(brief.ShouldNotBeNull(), CancellationToken.None)).Token.Reveal();
        _pages.Time.Advance(TimeSpan.FromDays(2));
        var newest = (await _pages.Tokens.ListAsync(CancellationToken.None)).First(token => token.Scopes.SequenceEqual(["read"]));
        (await _pages.Tokens.RevokeAsync(newest.Id, CancellationToken.None)).ShouldNotBeNull();
        foreach (var (method, path) in Routes())
        {
            foreach (var (token, status) in ((string?, HttpStatusCode)[])[(null, HttpStatusCode.Unauthorized),
                (revoked, HttpStatusCode.Unauthorized), (expired, HttpStatusCode.Unauthorized), (narrow, HttpStatusCode.Forbidden)])
            {
                using var client = DataUnderTest.Client(_pages, token);
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                using var response = await client.SendAsync(request);
                var text = await response.Content.ReadAsStringAsync();
                // Wrong tokens make their address wait after a few tries.
                if (response.StatusCode == HttpStatusCode.TooManyRequests)
                    _pages.Time.Advance(TimeSpan.FromHours(1));
                else
                    response.StatusCode.ShouldBe(path.Contains("calendar", StringComparison.Ordinal) ? HttpStatusCode.Unauthorized : status,
                        $"{method} {path} {token}");
                response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json", $"{method} {path}");
                text.ShouldNotContain("5YJ3E1EA7KF317000");
            }
        }
    }

    [Fact]
    public async Task A_token_in_the_address_opens_nothing()
    {
        var token = await _pages.TokenAsync("read");
        using var client = DataUnderTest.Client(_pages);
        using var response = await client.GetAsync($"/data/v1/cars?token={token}");
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_for_one_car_sees_that_car_alone()
    {
        using var client = DataUnderTest.Client(_pages, await _pages.TokenAsync("read", 2));
        foreach (var list in (string[])["drives", "charging-processes", "charging-stops", "addresses"])
            (await DataUnderTest.JsonAsync(client, $"/data/v1/{list}")).GetProperty("data").GetArrayLength().ShouldBe(0, list);
        (await DataUnderTest.JsonAsync(client, "/data/v1/cars")).GetProperty("data").EnumerateArray().Single().GetProperty("id").GetInt32()
            .ShouldBe(2);
        (await DataUnderTest.JsonAsync(client, "/data/v1/geofences")).GetProperty("data")[0].GetProperty("counts").GetProperty("drives").GetInt32()
            .ShouldBe(0);
        foreach (var path in (string[])["drives?car=1", "charging-processes?car=1"])
            (await DataUnderTest.JsonAsync(client, $"/data/v1/{path}")).GetProperty("data").GetArrayLength().ShouldBe(0, path);
        foreach (var path in (string[])["cars/1", "drives/7", "drives/7/positions", "charging-processes/3", "charging-processes/3/charges",
            "addresses/5",
            "cars/1/positions?from=2026-07-01&to=2026-07-10", "cars/1/statistics", "cars/1/states", "cars/1/updates", "cars/1/timeline",
                "cars/1/idle", "cars/1/battery",
            "cars/1/charge-curve", "cars/1/live", "cars/1/positions.csv", "cars/1/positions.gpx", "drives/7/positions.gpx"])
        {
            using var response = await client.GetAsync($"/data/v1/{path}");
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
        }

        using var file = await client.GetAsync("/data/v1/drives.geojson");
        JsonDocument.Parse(await file.Content.ReadAsStringAsync()).RootElement.GetProperty("features").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Everything_of_a_car_is_for_the_owner()
    {
        using var reader = DataUnderTest.Client(_pages, await _pages.TokenAsync("read"));
        using var refused = await reader.GetAsync("/data/v1/cars/1/export.zip");
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var owner = DataUnderTest.Client(_pages, await _pages.TokenAsync("admin"));
        using var given = await owner.GetAsync("/data/v1/cars/1/export.zip");
        given.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var all = await owner.GetAsync("/data/v1/export.zip");
        all.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var archive = new System.IO.Compression.ZipArchive(new MemoryStream(await all.Content.ReadAsByteArrayAsync()));
        archive.Entries.Select(entry => entry.Name).ShouldContain("positions.csv");
        archive.Entries.Select(entry => entry.Name).ShouldNotContain("tokens.csv");
        using var narrow = DataUnderTest.Client(_pages, await _pages.TokenAsync("admin", 2));
        foreach (var (path, status) in ((string, HttpStatusCode)[])[("export.zip", HttpStatusCode.Forbidden),
            ("cars/1/export.zip", HttpStatusCode.NotFound)])
        {
            using var response = await narrow.GetAsync($"/data/v1/{path}");
            response.StatusCode.ShouldBe(status, path);
        }
    }

    [Fact]
    public async Task Scripts_of_named_origins_may_ask_and_bring_their_token()
    {
        await using var pages = await DataUnderTest.StartAsync(_data.Database, ("API_CORS_ORIGINS", "https://app.example"));
        using var client = DataUnderTest.Client(pages);
        foreach (var (origin, isAllowed) in ((string, bool)[])[("https://app.example", true), ("https://other.example", false), ("null", false)])
        {
            using var preflight = new HttpRequestMessage(HttpMethod.Options, "/data/v1/cars");
            preflight.Headers.Add("Origin", origin);
            preflight.Headers.Add("Access-Control-Request-Method", "GET");
            preflight.Headers.Add("Access-Control-Request-Headers", "authorization");
            using var response = await client.SendAsync(preflight);
            response.Headers.Contains("Access-Control-Allow-Origin").ShouldBe(isAllowed, origin);
            response.Headers.Contains("Access-Control-Allow-Credentials").ShouldBeFalse();
            response.Headers.Vary.ShouldBe(["Origin"]);
            if (isAllowed)
            {
                response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
                response.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe([origin]);
                response.Headers.GetValues("Access-Control-Max-Age").ShouldBe(["600"]);
            }
        }

        // A browser that keeps an answer to nobody's script does not show it to one later.
        using var own = await client.GetAsync("/data/v1/cars");
        own.Headers.Vary.ShouldContain("Origin");

        using var none = new HttpRequestMessage(HttpMethod.Get, "/data/v1/cars");
        none.Headers.Add("Origin", "https://app.example");
        using var closed = await DataUnderTest.Client(_pages).SendAsync(none);
        closed.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Fact]
    public void Every_route_below_data_is_described_and_guarded()
    {
        var endpoints = _pages.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.TrimStart('/').StartsWith("data/v1", StringComparison.Ordinal)).ToList();
        endpoints.Count.ShouldBeGreaterThan(40);
        foreach (var endpoint in endpoints)
        {
            endpoint.Metadata.GetMetadata<Described>().ShouldNotBeNull(endpoint.DisplayName);
            endpoint.Metadata.GetOrderedMetadata<Microsoft.AspNetCore.Authorization.IAuthorizeData>().Count.ShouldBe(1, endpoint.DisplayName);
        }
    }

    IEnumerable<(string Method, string Path)> Routes()
        => TeslaMate.Tests.Web.Route.All(_pages.Services).Where(route => route.Path.StartsWith("/data/v1", StringComparison.Ordinal))
            .Select(route => (route.Method, route.Path));
}
