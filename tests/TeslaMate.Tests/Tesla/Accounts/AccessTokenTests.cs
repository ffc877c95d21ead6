using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Tests.Tesla.Accounts;

public class AccessTokenTests
{
    const string Default = "https://auth.tesla.com/oauth2/v3";

    [Theory]
    [InlineData("secret-access-token", Default, false)]
    [InlineData("qts-abc", Default, false)]
    [InlineData("eu-abc", Default, false)]
    [InlineData("cn-abc", Default, false)]
    [InlineData("a.b.c.d", Default, false)]
    [InlineData("h.e30.s", Default, false)]
    [InlineData("h.bm90IEpTT04.s", Default, false)]
    [InlineData("h.!!!.s", Default, false)]
    [InlineData("", Default, false)]
    [InlineData(null, Default, false)]
    public void A_token_that_names_no_issuer_is_the_global_ones(string? token, string issuer, bool china) => Check(new(), token, issuer, china);

    [Theory]
    [InlineData("https://auth.tesla.cn/oauth2/v3", true)]
    [InlineData("https://auth.tesla.com/oauth2/v3", false)]
    [InlineData("https://idp.example.org/x", false)]
    [InlineData("no-scheme", false)]
    public void The_issuer_in_a_token_decides_the_region(string issuer, bool china)
        => Check(new(), Samples.Jwt($$"""{"iss":"{{issuer}}"}"""), issuer, china);

    [Fact]
    public void A_payload_may_be_written_in_either_alphabet()
    {
        // Chosen so that both alphabets differ: "?>" and "~~" in the text.
        const string payload = """{"iss":"https://auth.tesla.cn/oauth2/v3","x":"???>>>~~~"}""";
        var url = Samples.Jwt(payload);
        url.ShouldContain('_');
        Check(new(), url, "https://auth.tesla.cn/oauth2/v3", china: true);
        Check(new(), url.Replace('-', '+').Replace('_', '/'), "https://auth.tesla.cn/oauth2/v3", china: true);
        Check(new(), $"h.{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(payload))}.s", "https://auth.tesla.cn/oauth2/v3", china: true);
    }

    [Fact]
    public void An_opaque_token_follows_the_configured_host_also_to_China()
        => Check(new TeslaSettings { AuthHost = new Uri("https://auth.tesla.cn") }, "cn-abc", "https://auth.tesla.cn/oauth2/v3", china: true);

    [Fact]
    public void The_configured_host_replaces_only_where_tokens_are_refreshed()
    {
        var settings = new TeslaSettings { AuthHost = new Uri("https://auth.tesla.com") };
        var token = AccessToken.Read(Samples.Jwt("""{"iss":"https://auth.tesla.cn/oauth2/v3"}"""), settings);
        token.Region.ShouldBe(Region.China);
        token.TokenEndpoint(settings).Host.ShouldBe("auth.tesla.com");
    }

    [Theory]
    [InlineData(null, null, null, "https://auth.tesla.com/oauth2/v3/token")]
    [InlineData("https://auth.tesla.cn/oauth2/v3", null, null, "https://auth.tesla.cn/oauth2/v3/token")]
    [InlineData("https://idp.example.org/x", null, null, "https://auth.tesla.com/oauth2/v3/token")]
    [InlineData("http://auth.tesla.com/oauth2/v3", null, null, "https://auth.tesla.com/oauth2/v3/token")]
    [InlineData("https://auth.tesla.com.evil.example/x", null, null, "https://auth.tesla.com/oauth2/v3/token")]
    [InlineData("https://eviltesla.com/x", null, null, "https://auth.tesla.com/oauth2/v3/token")]
    [InlineData("https://auth.tesla.com@evil.example/x", null, null, "https://auth.tesla.com/oauth2/v3/token")]
    [InlineData("https://evil.cn", null, null, "https://auth.tesla.com/oauth2/v3/token")]
    [InlineData("https://fleet-auth.prd.vn.cloud.tesla.com/oauth2/v3", null, null, "https://fleet-auth.prd.vn.cloud.tesla.com/oauth2/v3/token")]
    [InlineData("https://idp.example.org/x", "https://idp.example.org", "/x", "https://idp.example.org/x/token")]
    [InlineData(null, "https://x", null, "https://x/token")]
    [InlineData(null, "https://x", "/api/oauth2/v3", "https://x/api/oauth2/v3/token")]
    [InlineData("javascript:alert(1)", null, null, "https://auth.tesla.com/oauth2/v3/token")]
    public void Tokens_are_refreshed_at_the_issuer_unless_a_host_is_set(string? issuer, string? host, string? path, string expected)
    {
        var settings = new TeslaSettings { AuthHost = host is null ? null : new Uri(host), AuthPath = path };
        AccessToken.Read(issuer is null ? "opaque" : Samples.Jwt($$"""{"iss":"{{issuer}}"}"""), settings)
            .TokenEndpoint(settings).AbsoluteUri.ShouldBe(expected);
    }

    [Fact]
    public void Claims_are_read_but_never_shown()
    {
        var token = AccessToken.Read(Samples.Jwt("""{"iss":"https://auth.tesla.com/oauth2/v3","iat":1767225600,"exp":1767254400,"sub":"someone"}"""),
            new());
        token.IssuedAt.ShouldBe(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        token.ExpiresAt.ShouldBe(new DateTimeOffset(2026, 1, 1, 8, 0, 0, TimeSpan.Zero));
        token.Subject.ShouldBe("someone");
        token.ToString().ShouldNotContain("someone");
    }

    static void Check(TeslaSettings settings, string? token, string issuer, bool china)
    {
        var read = AccessToken.Read(token, settings);
        read.Issuer.ShouldBe(issuer);
        read.Region.ShouldBe(china ? Region.China : Region.Global);
    }
}
