using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Tests.Outgoing;
using TeslaMate.Tests.Web;

namespace TeslaMate.Tests.Api.Data;

/// <summary>Webhooks by programs (spec api 2.5, 4.2).</summary>
public sealed class TargetTests : IAsyncLifetime
{
    PagesUnderTest _pages = null!;
    Receiver _receiver = null!;
    HttpClient _admin = null!;

    public async Task InitializeAsync()
    {
        _pages = await PagesUnderTest.StartAsync(("OUTGOING_ALLOWED_NETWORKS", "127.0.0.0/8"));
        await SampleRows.AddAsync(_pages.Database);
        await _pages.Access.SetPasswordAsync(new Secret("correct horse battery"), CancellationToken.None);
        _receiver = await Receiver.StartAsync();
        _admin = DataUnderTest.Client(_pages, await _pages.TokenAsync("admin"));
    }

    public async Task DisposeAsync()
    {
        _admin.Dispose();
        await _receiver.DisposeAsync();
        await _pages.DisposeAsync();
    }

    async Task<(HttpStatusCode Status, JsonElement Body, EntityTagHeaderValue? Tag)> SendAsync(
        string method, string path, string? body = null, string? match = null, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/data/v1/webhooks{path}");
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (match is not null)
            request.Headers.TryAddWithoutValidation("If-Match", match);
        using var response = await (client ?? _admin).SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone(), response.Headers.ETag);
    }

    [Fact]
    public async Task A_webhook_is_made_tested_changed_and_deleted()
    {
        var (status, made, _) = await SendAsync("POST", "", $$"""
            {"name":"bell","url":"{{_receiver.Url}}","header_name":"X-Key","header_value":"open sesame",
            "events":["drive.ended"],"cars":[1],"least_distance_km":2.5}
            """);
        status.ShouldBe(HttpStatusCode.OK, made.ToString());
        var id = made.GetProperty("id").GetInt32();
        var secret = made.GetProperty("secret").GetString().ShouldNotBeNull();
        secret.ShouldStartWith("whsec_");
        var (_, test, _) = await SendAsync("POST", $"/{id}/test");
        test.GetProperty("is_delivered").GetBoolean().ShouldBeTrue(test.ToString());
        _receiver.Requests.ShouldHaveSingleItem().Headers["X-Key"].ShouldBe("open sesame");
        _receiver.Then(500);
        (await SendAsync("POST", $"/{id}/test")).Body.GetProperty("reason").GetString().ShouldBe("HTTP 500");
        (await SendAsync("GET", $"/{id}/deliveries")).Body.GetProperty("data").EnumerateArray().Select(one => one.GetProperty("state").GetString())
            .ShouldBe(["failed", "delivered"]);
        var (_, read, tag) = await SendAsync("GET", $"/{id}");
        read.GetProperty("events")[0].GetString().ShouldBe("drive.ended");
        read.GetProperty("secrets").EnumerateArray().Select(name => name.GetString()).ShouldBe(["header_value", "key"]);
        foreach (var answer in new[] { read, (await SendAsync("GET", "")).Body })
        {
            answer.ToString().ShouldNotContain("open sesame");
            answer.ToString().ShouldNotContain(secret);
        }

        var change = $$"""{"name":"new name","url":"{{_receiver.Url}}","header_name":"X-Key","is_enabled":false}""";
        (await SendAsync("PUT", $"/{id}", change)).Status.ShouldBe(HttpStatusCode.PreconditionRequired);
        (await SendAsync("PUT", $"/{id}", change, "\"stale\"")).Status.ShouldBe(HttpStatusCode.PreconditionFailed);
        var (changedStatus, changed, _) = await SendAsync("PUT", $"/{id}", change, tag!.ToString());
        changedStatus.ShouldBe(HttpStatusCode.OK, changed.ToString());
        changed.GetProperty("events").ValueKind.ShouldBe(JsonValueKind.Null);
        changed.GetProperty("is_enabled").GetBoolean().ShouldBeFalse();
        (await SendAsync("POST", $"/{id}/test")).Body.GetProperty("is_delivered").GetBoolean().ShouldBeTrue();
        _receiver.Requests.Last().Headers["X-Key"].ShouldBe("open sesame");
        (await SendAsync("POST", $"/{id}/secret")).Body.GetProperty("secret").GetString().ShouldNotBe(secret);
        (await SendAsync("DELETE", $"/{id}", match: "*")).Status.ShouldBe(HttpStatusCode.OK);
        (await SendAsync("GET", $"/{id}")).Status.ShouldBe(HttpStatusCode.NotFound);
        _pages.Log.Everything.ShouldNotContain("open sesame");
        _pages.Log.Everything.ShouldNotContain(secret);
        _pages.Log.Lines.ShouldContain(line => line.Contains("(new name) was changed (secrets: ) by for admin", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task A_target_that_another_changes_at_the_same_time_is_left_alone(string method)
    {
        var body = $$"""{"name":"bell","url":"{{_receiver.Url}}"}""";
        var id = (await SendAsync("POST", "", body)).Body.GetProperty("id").GetInt32();
        var (_, _, tag) = await SendAsync("GET", $"/{id}");
        await using var connection = await _pages.Database.DataSource.OpenConnectionAsync();
        Task<(HttpStatusCode Status, JsonElement Body, EntityTagHeaderValue? Tag)> change;
        await using (var other = await connection.BeginTransactionAsync())
        {
            await using var rename = new NpgsqlCommand("update teslamate.outgoing_targets set name = 'of the other'", connection);
            await rename.ExecuteNonQueryAsync();
            change = SendAsync(method, $"/{id}", method == "PUT" ? body : null, tag!.ToString());
            // It has looked at the row as it was, and waits for the other one.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (await _pages.Database.ScalarAsync<long>(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == 0)
                await Task.Delay(10, patience.Token);
            await other.CommitAsync();
        }

        (await change).Status.ShouldBe(HttpStatusCode.PreconditionFailed);
        (await _pages.Database.ScalarAsync<string>("select name from teslamate.outgoing_targets")).ShouldBe("of the other");
    }

    [Theory]
    [InlineData("""{"name":"x","url":"http://10.0.0.1/"}""", 422, "/url")]
    [InlineData("""{"name":"x","url":"http://[::1]/"}""", 422, "/url")]
    [InlineData("""{"name":"","url":"https://example.org/"}""", 422, "/name")]
    [InlineData("""{"name":"x","url":"https://example.org/","events":["no.event"]}""", 422, "/events")]
    [InlineData("""{"name":"x","kind":"gotify","server":"https://example.org/"}""", 422, "/token")]
    [InlineData("""{"name":"x","url":"https://example.org/","is_enabled":"yes"}""", 400, "/is_enabled")]
    [InlineData("""{"name":"x","colour":"red"}""", 400, "/colour")]
    [InlineData("""{"url":"https://example.org/"}""", 400, "/name")]
    public async Task What_cannot_be_used_is_named(string body, int status, string member)
    {
        var (answered, problem, _) = await SendAsync("POST", "", body);
        ((int)answered).ShouldBe(status, problem.ToString());
        problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString()).ShouldContain(member);
    }

    [Fact]
    public async Task Only_an_admin_of_all_cars_sees_targets()
    {
        foreach (var (scopes, cars) in ((string, int[])[])[("read", []), ("write logging", []), ("admin", [1])])
        {
            using var client = DataUnderTest.Client(_pages, await _pages.TokenAsync(scopes, cars));
            foreach (var (method, path) in ((string, string)[])[("GET", ""), ("GET", "/1"), ("POST", "/1/test"), ("POST", "/1/secret"),
                ("DELETE", "/1")])
            {
                var (status, problem, _) = await SendAsync(method, path, match: "*", client: client);
                status.ShouldBe(HttpStatusCode.Forbidden, $"{scopes} {method} {path}");
                problem.GetProperty("type").GetString().ShouldBe("/data/problems/forbidden-scope");
            }
        }
    }
}
