using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using TeslaMate.Configuration;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tesla.Http;
using TeslaMate.Tests.Logs;

namespace TeslaMate.Tests.Tesla.Accounts;

public sealed class TokenEndpointTests : IAsyncLifetime
{
    const string Good = """
        {"access_token":"h.e30.s","refresh_token":"EU_1","id_token":"h.e30.s","expires_in":28800,"state":"0","token_type":"Bearer"}
        """;

    static readonly TokenPair Given = Samples.Pair("known-secret-access", "known-secret-refresh");

    readonly RecordedLog _log = new();
    ScriptedServer _server = null!;

    public async Task InitializeAsync() => _server = await ScriptedServer.StartAsync(ScriptedServer.Json(200, Good));

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_refresh_sends_what_tesla_wants_and_takes_what_it_gives()
    {
        var grant = (await RefreshAsync()).ShouldBeOfType<ApiAnswer<TokenGrant>.Ok>().Value;
        grant.ShouldBe(new TokenGrant(Samples.Pair("h.e30.s", "EU_1"), TimeSpan.FromHours(8)));
        var request = _server.Requests.ShouldHaveSingleItem();
        request.Method.ShouldBe("POST");
        request.Target.ShouldBe("/oauth2/v3/token");
        request.Headers["Content-Type"].ShouldBe("application/json");
        request.Headers["Accept"].ShouldStartWith("text/html");
        request.Headers["Accept-Language"].Replace(" ", "").ShouldBe("en-US,de-DE;q=0.5");
        request.Headers.ContainsKey("Authorization").ShouldBeFalse();
        using var body = JsonDocument.Parse(request.Body);
        body.RootElement.GetProperty("grant_type").GetString().ShouldBe("refresh_token");
        body.RootElement.GetProperty("scope").GetString().ShouldBe("openid email offline_access");
        body.RootElement.GetProperty("client_id").GetString().ShouldBe("ownerapi");
        body.RootElement.GetProperty("refresh_token").GetString().ShouldBe("known-secret-refresh");
        _log.Everything.ShouldNotContain("known-secret");
        _log.Everything.ShouldNotContain("EU_1");
    }

    [Fact]
    public async Task In_fleet_mode_the_bearer_is_sent_and_the_refresh_token_may_be_null()
    {
        await RefreshAsync(Settings() with { FleetToken = new Secret("known-secret-fleet") }, pair: null);
        var request = _server.Requests.ShouldHaveSingleItem();
        request.Headers["Authorization"].ShouldBe("Bearer known-secret-fleet");
        request.Body.ShouldContain("\"refresh_token\":null");
        (await RefreshAsync(new TeslaSettings { FleetToken = new Secret("x") }, pair: null)).ShouldBeOfType<ApiAnswer<TokenGrant>.Failed>()
            .Error.Message.ShouldContain("TESLA_AUTH_HOST");
    }

    [Theory]
    [InlineData(401, """{"error":"login_required","error_description":"The refresh_token is invalid"}""", "The refresh_token is invalid")]
    [InlineData(400, """{"error":{"message":"nested"}}""", "nested")]
    [InlineData(500, "plain text", "plain text")]
    [InlineData(500, "<html>no</html>", null)]
    [InlineData(403, """{"error":"known-secret-refresh"}""", "[redacted]")]
    [InlineData(201, Good, null)]
    [InlineData(200, "hello", "the answer holds no tokens")]
    [InlineData(200, """{"access_token":"a","refresh_token":"r"}""", "the answer holds no tokens")]
    [InlineData(200, """{"access_token":"a","expires_in":1}""", "the answer holds no tokens")]
    [InlineData(200, """{"access_token":null,"refresh_token":"r","expires_in":1}""", "the answer holds no tokens")]
    [InlineData(200, """{"access_token":"a","refresh_token":"r","expires_in":-1}""", "the answer holds no tokens")]
    [InlineData(200, """{"access_token":"a","refresh_token":"r","expires_in":"soon"}""", "the answer holds no tokens")]
    [InlineData(200, """{"access_token":"\ud800","refresh_token":"r","expires_in":1}""", "the answer holds no tokens")]
    [InlineData(200, "[1]", "the answer holds no tokens")]
    public async Task Anything_but_a_complete_answer_is_a_refusal(int status, string body, string? detail)
    {
        _server.Answer = async context =>
        {
            context.Response.StatusCode = status;
            if (body[0] is '{' or '[')
                context.Response.ContentType = "application/json";
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, body);
        };
        (await RefreshAsync()).ShouldBeOfType<ApiAnswer<TokenGrant>.Failed>().Error.ShouldBe(new ApiError.TokenRefresh(detail));
    }

    [Fact]
    public async Task Redirects_are_followed_three_times_and_not_a_fourth()
    {
        for (var hops = 3; hops <= 4; hops++)
        {
            var left = hops;
            _server.Answer = context => left-- > 0
                ? ScriptedServer.Json(308, "{}", ("Location", "/next"))(context)
                : ScriptedServer.Json(200, Good)(context);
            (await RefreshAsync() is ApiAnswer<TokenGrant>.Ok).ShouldBe(hops == 3);
        }

        _server.Requests.ShouldAllBe(request => request.Body.Contains("known-secret-refresh"));
    }

    [Fact]
    public async Task The_fleet_bearer_does_not_follow_to_another_host()
    {
        await using var other = await ScriptedServer.StartAsync(ScriptedServer.Json(200, Good));
        _server.Answer = ScriptedServer.Json(302, "{}", ("Location", other.Address.AbsoluteUri + "token"));
        (await RefreshAsync(Settings() with { FleetToken = new Secret("fleet") }, Given)).ShouldBeOfType<ApiAnswer<TokenGrant>.Ok>();
        _server.Requests.ShouldHaveSingleItem().Headers.ContainsKey("Authorization").ShouldBeTrue();
        other.Requests.ShouldHaveSingleItem().Headers.ContainsKey("Authorization").ShouldBeFalse();
    }

    [Fact]
    public void A_redirect_to_another_origin_loses_what_is_bound_to_the_first()
    {
        var hop = new Hop(
            HttpMethod.Get, new Uri("https://owner-api.teslamotors.com/a?b=c"),
            [("Authorization", "1"), ("authorization", "2"), ("Host", "3"), ("host", "4"), ("x-request-id", "5")], HasBody: false);
        var next = Redirection.Next(hop, 302, "https://fleet-api.prd.na.vn.cloud.tesla.com/a?b=c")!;
        next.Headers.ShouldBe([("x-request-id", "5")]);
        next.Address.AbsoluteUri.ShouldBe("https://fleet-api.prd.na.vn.cloud.tesla.com/a");
        Redirection.Next(hop, 302, "/d")!.Headers.Count.ShouldBe(5);
    }

    [Theory]
    [InlineData(301, "/x?y=z", "POST https://auth.tesla.com/x")]
    [InlineData(302, "x", "POST https://auth.tesla.com/oauth2/v3/x")]
    [InlineData(303, "/x?y=z", "GET https://auth.tesla.com/x")]
    [InlineData(307, "/x?y=z", "POST https://auth.tesla.com/x?y=z")]
    [InlineData(308, "/x?y=z", "POST https://auth.tesla.com/x")]
    [InlineData(300, "/x", null)]
    [InlineData(304, "/x", null)]
    [InlineData(302, null, null)]
    [InlineData(302, "https://auth.tesla.com/void/callback?code=1", null)]
    [InlineData(302, "http://auth.tesla.com/x", null)]
    [InlineData(302, "ftp://auth.tesla.com/x", null)]
    [InlineData(307, "https://evil.example/x", null)]
    [InlineData(308, "//evil.example/x", null)]
    [InlineData(307, "https://auth.tesla.com.evil.example/x", null)]
    [InlineData(307, "https://nottesla.com/x", null)]
    [InlineData(307, "https://user@auth.tesla.com/x", null)]
    [InlineData(302, "https://auth.tesla.cn/x", "POST https://auth.tesla.cn/x")]
    [InlineData(302, "https://TESLA.com./x", "POST https://tesla.com./x")]
    public void Redirects_change_the_request_as_little_as_possible(int status, string? location, string? expected)
    {
        var next = Redirection.Next(new Hop(HttpMethod.Post, new Uri("https://auth.tesla.com/oauth2/v3/token"), [], HasBody: true), status, location);
        (next is null ? null : $"{next.Method} {next.Address.AbsoluteUri}").ShouldBe(expected);
        if (next is not null)
            next.HasBody.ShouldBe(status != 303);
    }

    [Fact]
    public async Task A_configured_host_may_redirect_to_itself_and_to_nobody_else()
    {
        var hop = new Hop(HttpMethod.Post, new Uri("https://proxy.example/token"), [], HasBody: true);
        Redirection.Next(hop, 307, "https://proxy.example:8443/t", "proxy.example")!.Address.Port.ShouldBe(8443);
        Redirection.Next(hop, 307, "https://other.example/t", "proxy.example").ShouldBeNull();
        Redirection.Next(hop, 307, "https://proxy.example/t").ShouldBeNull();
        _server.Answer = ScriptedServer.Json(307, "{}", ("Location", "https://evil.invalid/token"));
        (await RefreshAsync()).ShouldBeOfType<ApiAnswer<TokenGrant>.Failed>().Error.ShouldBeOfType<ApiError.TokenRefresh>();
        _server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Tokens_are_asked_for_over_http_2_and_tls_1_3()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var tls = "";
        await using var server = await ScriptedServer.StartAsync(
            async context =>
            {
                tls = context.Features.Get<Microsoft.AspNetCore.Connections.Features.ITlsHandshakeFeature>()!.Protocol.ToString();
                await ScriptedServer.Json(200, Good)(context);
            },
            certificate);
        var settings = new TeslaSettings { AuthHost = server.Address, ApiHost = server.Address };
        using var transport = new Transport(settings, roots: [certificate]);
        (await Endpoint(settings, transport).RefreshAsync(Given, default)).ShouldBeOfType<ApiAnswer<TokenGrant>.Ok>();
        server.Requests.ShouldHaveSingleItem().Protocol.ShouldBe("HTTP/2");
        tls.ShouldBe("Tls13");
        _log.Everything.ShouldNotContain("may refuse tokens");
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.Json(200, Good), certificate);
        (await RefreshAsync(new TeslaSettings { AuthHost = server.Address }, Given)).ShouldBeOfType<ApiAnswer<TokenGrant>.Failed>()
            .Error.ShouldBeOfType<ApiError.Unreachable>();
        server.Requests.ShouldBeEmpty();
    }

    TeslaSettings Settings() => new() { AuthHost = _server.Address, AuthPath = "/oauth2/v3" };

    Task<ApiAnswer<TokenGrant>> RefreshAsync() => RefreshAsync(Settings(), Given);

    async Task<ApiAnswer<TokenGrant>> RefreshAsync(TeslaSettings settings, TokenPair? pair)
    {
        using var transport = new Transport(settings);
        return await Endpoint(settings, transport).RefreshAsync(pair, default);
    }

    TokenEndpoint Endpoint(TeslaSettings settings, Transport transport)
        => new(transport, new HttpSender(_log.For<HttpSender>(), TimeProvider.System), settings, _log.For<TokenEndpoint>());
}
