using System.Net;
using TeslaMate.Configuration;
using TeslaMate.Web;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Tests.Web;

/// <summary>Who is believed: proxies that vouch, pages of other origins, and names of this host.</summary>
public sealed class AccessTests
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task A_proxy_lets_in_whom_it_names()
    {
        await using var pages = await PagesUnderTest.StartAsync(("WEB_TRUSTED_HEADER", "X-Forwarded-User"),
            ("WEB_TRUSTED_PROXY_SECRET", "a secret of the proxy and these pages"));
        using var browser = pages.Visit();
        // Nobody is named, and there is no password to ask for.
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await browser.GetAsync("/live/cars")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await browser.SendAsync(new HttpRequestMessage(HttpMethod.Put, "/api/car/1/logging/resume"))).StatusCode.ShouldBe(
            HttpStatusCode.Unauthorized);
        browser.Headers.Add("X-Forwarded-User", "alice");
        // So could everybody on this machine.
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        browser.Headers.Add("X-Proxy-Secret", "a secret of the proxy and these pages");
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await browser.PostAsync("/settings/base_url", from: "/settings", ("origin", ""))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        // The proxy's word does not take the place of a form's token.
        (await browser.PostWithAsync(token: null, "/settings/base_url", [])).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.0/8, ::1", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("10.0.0.0/8,192.168.0.0/16", false)]
    public async Task Only_the_named_proxies_are_believed(string proxies, bool isBelieved)
    {
        await using var pages = await PagesUnderTest.StartAsync(("WEB_TRUSTED_HEADER", "X-Forwarded-User"), ("WEB_TRUSTED_PROXIES", proxies));
        await pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = pages.Visit();
        browser.Headers.Add("X-Forwarded-User", "mallory");
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(isBelieved ? HttpStatusCode.OK : HttpStatusCode.Redirect);
        // Who says so oneself that the request came from a proxy, is not one.
        browser.Headers.Add("X-Forwarded-For", "10.0.0.1");
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(isBelieved ? HttpStatusCode.OK : HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Without_the_setting_no_header_lets_anybody_in()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = pages.Visit();
        foreach (var header in new[] { "X-Forwarded-User", "X-Remote-User", "Remote-User", "X-Auth-Request-User" })
            browser.Headers.Add(header, "mallory");
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Guesses_are_counted_by_the_address_that_a_trusted_proxy_names()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        (await GuessAsync(pages, "203.0.113.7", LogInThrottle.FreeTries)).ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await GuessAsync(pages, "203.0.113.7", 1)).ShouldBe(HttpStatusCode.TooManyRequests);
        (await GuessAsync(pages, "203.0.113.8", 1)).ShouldBe(HttpStatusCode.UnprocessableEntity);
        // What the guesser wrote in front of what the proxy appended counts for nothing.
        (await GuessAsync(pages, "198.51.100.1, 203.0.113.7", 1)).ShouldBe(HttpStatusCode.TooManyRequests);

        // A chain of proxies: each of them is believed, and the first address that is none of theirs is the guesser's.
        await using var chain = await PagesUnderTest.StartAsync(("WEB_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8"));
        await chain.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        (await GuessAsync(chain, "198.51.100.1, 203.0.113.7, 10.0.0.1", LogInThrottle.FreeTries)).ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await GuessAsync(chain, "198.51.100.2, 203.0.113.7:4711, 10.0.0.2", 1)).ShouldBe(HttpStatusCode.TooManyRequests);
        (await GuessAsync(chain, "203.0.113.8, 10.0.0.1", 1)).ShouldBe(HttpStatusCode.UnprocessableEntity);

        await using var others = await PagesUnderTest.StartAsync(("WEB_TRUSTED_PROXIES", "10.0.0.1"));
        await others.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        for (var attempt = 0; attempt < LogInThrottle.FreeTries; attempt++)
            (await GuessAsync(others, $"203.0.113.{attempt}", 1)).ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await GuessAsync(others, "203.0.113.99", 1)).ShouldBe(HttpStatusCode.TooManyRequests);
    }

    static async Task<HttpStatusCode> GuessAsync(PagesUnderTest pages, string forwardedFor, int times)
    {
        using var browser = pages.Visit();
        browser.Headers.TryAddWithoutValidation("X-Forwarded-For", forwardedFor);
        var status = HttpStatusCode.OK;
        for (var attempt = 0; attempt < times; attempt++)
            status = (await browser.PostAsync("/log_in", from: "/log_in", ("password", "wrong"))).StatusCode;
        return status;
    }

    [Theory]
    [InlineData("false", "https://evil.example.com", true)]
    [InlineData("true", "https://cars.example.com", true)]
    [InlineData("true", "http://CARS.example.com:8080", true)]
    [InlineData("true", "https://evil.example.com", false)]
    [InlineData("true", "null", false)]
    [InlineData("true", null, true)]
    [InlineData("https://example.com", "https://example.com", true)]
    [InlineData("https://example.com", "http://example.com", false)]
    [InlineData("https://example.com", "https://example.com:8443", false)]
    [InlineData("https://example.com:8443", "https://example.com:8443", true)]
    [InlineData("https://example.com:8443", "https://example.com", false)]
    [InlineData("//example.com", "http://example.com:81", true)]
    [InlineData("//example.com:81", "https://example.com:81", true)]
    [InlineData("//example.com:81", "https://example.com", false)]
    [InlineData("//*.example.com", "https://a.b.example.com", true)]
    [InlineData("//*.example.com", "https://example.com", false)]
    [InlineData("//*.example.com", "https://evilexample.com", false)]
    [InlineData("https://a.example, //b.example", "http://b.example", true)]
    [InlineData("https://a.example,//b.example", "http://a.example", false)]
    public void The_origin_of_a_live_connection_is_checked_as_the_operator_says(string rule, string? origin, bool isAllowed)
    {
        var variables = new Variables(new Dictionary<string, string> { ["CHECK_ORIGIN"] = rule });
        var origins = OriginRule.Read(variables);
        variables.Problems.ShouldBeEmpty();
        origins.Allows(origin, "cars.example.com", isOwn: false).ShouldBe(isAllowed);
    }

    [Theory]
    [InlineData("example.com")]
    [InlineData("https://example.com,example.org")]
    [InlineData("https://")]
    [InlineData("yes")]
    public void An_origin_without_a_host_stops_the_start(string rule)
    {
        var variables = new Variables(new Dictionary<string, string> { ["CHECK_ORIGIN"] = rule });
        OriginRule.Read(variables);
        variables.Problems.ShouldHaveSingleItem().ShouldStartWith("CHECK_ORIGIN ");
    }

    [Fact]
    public async Task A_page_of_a_foreign_origin_gets_no_live_values_and_the_log_says_so()
    {
        await using var pages = await PagesUnderTest.StartAsync(("CHECK_ORIGIN", "https://cars.example.com"));
        using var browser = pages.Visit();
        browser.Headers.Add("Origin", "https://evil.example.com");
        using var response = await browser.GetAsync("/live/cars");
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await response.Content.ReadAsStringAsync()).ShouldBeEmpty();
        pages.Log.Lines.ShouldContain(
            line => line.StartsWith("Error: ", StringComparison.Ordinal) && line.Contains("https://evil.example.com", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_password_only_names_that_no_stranger_can_hold_are_served()
    {
        var folder = Directory.CreateTempSubdirectory("teslamate-resolver-");
        var resolver = Path.Combine(folder.FullName, "resolv.conf");
        await File.WriteAllTextAsync(resolver, "# search comment.example.com\nnameserver 192.168.178.1\nsearch\tfritz.box . tail1234.ts.net.\n");
        await using var pages = await PagesUnderTest.StartAsync(settings => settings with { ResolverFile = resolver }, reach: database => database,
            ("VIRTUAL_HOST", "cars.example.com"), ("CHECK_ORIGIN", "//*.example.org"));
        await pages.Database.ExecuteAsync("update settings set base_url = 'https://stored.example.net/tm'");
        using var browser = pages.Visit();
        string[] strangers =
        [
            "evil.example.com", "evil.example.com:4000", "evil.example.com.", "127.0.0.1.evil.example.com", "localhost.evil.example.com",
            "pi.local.example.com", "pi.fritz.box.example.com",
            "evillan.example", "evilfritz.box", "fritz.box", "comment.example.com", "pi.comment.example.com", "192.168.178.1.nip.io",
        ];
        string[] ours =
        [
            "127.0.0.1:4000", "[::1]:4000", "192.168.1.5", "localhost", "tm.localhost:4000", "teslamate:4000", "raspberrypi.local:4000", "PI.Lan",
            "pi.home.arpa.", "pi.internal",
            // What VIRTUAL_HOST, CHECK_ORIGIN, the settings and the local network name.
            "cars.example.com", "a.example.org", "stored.example.net", "pi.fritz.box:4000", "pi.tail1234.ts.net",
        ];
        foreach (var host in strangers.Concat(ours))
        {
            foreach (var path in new[] { "/settings", "/drives", "/log_in", "/live/cars", "/api/car/1/logging/resume" })
            {
                using var request = new HttpRequestMessage(path.StartsWith("/api", StringComparison.Ordinal) ? HttpMethod.Put : HttpMethod.Get,
                    path)
                { Headers = { Host = host } };
                using var response = await browser.StreamAsync(request);
                (response.StatusCode == HttpStatusCode.MisdirectedRequest).ShouldBe(strangers.Contains(host), $"{host}{path}");
            }
        }

        // The owner is told what to do.
        using var opened = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = "tm.example.com" } };
        opened.Headers.Add("Upgrade-Insecure-Requests", "1");
        using var told = await browser.SendAsync(opened);
        (await Browser.ParseAsync(told)).Text("main")!.ShouldContain("Set VIRTUAL_HOST to it, or set a password.");
        pages.Log.Lines.ShouldContain(
            line => line.StartsWith("Warning: ", StringComparison.Ordinal) && line.Contains("tm.example.com", StringComparison.Ordinal));

        folder.Delete(recursive: true);
        using var gone = new HttpRequestMessage(HttpMethod.Get, "/settings") { Headers = { Host = "pi.fritz.box" } };
        (await browser.SendAsync(gone)).StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);
    }

    [Fact]
    public async Task With_a_password_every_name_is_served()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = pages.Visit();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/log_in") { Headers = { Host = "cars.example.com" } };
        (await browser.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
