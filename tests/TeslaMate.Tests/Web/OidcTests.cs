using System.Net;
using TeslaMate.Configuration;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Tests.Web;

/// <summary>Log-in by a real OpenID Connect provider.</summary>
public sealed class OidcTests(SharedProvider shared) : IClassFixture<SharedProvider>
{
    readonly IdentityProvider _provider = shared.Provider;

    [Fact]
    public async Task Who_is_allowed_comes_in_and_is_led_to_where_the_way_began()
    {
        await using var pages = await StartAsync(("WEB_OIDC_ALLOWED_SUBJECTS", "1, 248289761001"));
        using var browser = pages.Visit();
        using (var stranger = await browser.GetAsync("/drives"))
            stranger.Headers.Location!.ToString().ShouldBe("/log_in?return=%2Fdrives");
        var page = await browser.PageAsync("/log_in?return=%2Fdrives");
        // There is no password to ask for.
        page.QuerySelector("input[type=password]").ShouldBeNull();
        var link = page.QuerySelector("a[href^='/log_in/oidc']")!.GetAttribute("href")!;
        using (var back = await ComeBackAsync(browser, link))
        {
            back.StatusCode.ShouldBe(HttpStatusCode.Redirect, string.Join('\n', pages.Log.Lines));
            back.Headers.Location!.ToString().ShouldBe("/drives");
        }

        _provider.Asked!.ResponseType.ShouldBe("code");
        _provider.Asked.CodeChallengeMethod.ShouldBe("S256");
        (await browser.GetAsync("/drives")).StatusCode.ShouldBe(HttpStatusCode.OK);
        pages.Log.Lines.ShouldContain(
            line => line.StartsWith("Information: Log-in by the provider: alice (248289761001) from 127.0.0.1", StringComparison.Ordinal));
        var sessions = await browser.PageAsync("/sessions");
        sessions.Text("tbody")!.ShouldContain("alice");
        sessions.Text("tbody")!.ShouldContain("127.0.0.1");
        (await browser.PostAsync("/log_out", from: "/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await browser.GetAsync("/drives")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Theory]
    [InlineData("teslamate", true)]
    [InlineData("family,teslamate", true)]
    [InlineData("teslamate-readers", false)]
    [InlineData("TESLAMATE", false)]
    [InlineData("", false)]
    public async Task A_member_of_an_allowed_group_comes_in_and_nobody_else(string groups, bool isIn)
    {
        _provider.Groups = groups.Split(',', StringSplitOptions.RemoveEmptyEntries);
        await using var pages = await StartAsync(("WEB_OIDC_ALLOWED_GROUPS", "teslamate, admins"));
        using var browser = pages.Visit();
        using var back = await ComeBackAsync(browser, "/log_in/oidc?return=%2Fdrives");
        back.StatusCode.ShouldBe(isIn ? HttpStatusCode.Redirect : HttpStatusCode.Forbidden, string.Join('\n', pages.Log.Lines));
        (await browser.GetAsync("/drives")).StatusCode.ShouldBe(isIn ? HttpStatusCode.OK : HttpStatusCode.Redirect);
        if (!isIn)
            pages.Log.Lines.ShouldContain(
                line => line.StartsWith("Warning: Log-in refused: alice (248289761001) from 127.0.0.1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_that_this_browser_did_not_ask_for_lets_nobody_in()
    {
        await using var pages = await StartAsync(("WEB_OIDC_ALLOWED_SUBJECTS", "248289761001"));
        using var attacker = pages.Visit();
        var answer = await AnswerAsync(attacker, "/log_in/oidc");
        using var victim = pages.Visit();
        using (var planted = await victim.GetAsync(answer))
            planted.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await victim.GetAsync("/drives")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        using (var forged = await victim.GetAsync("/log_in/oidc/callback?code=x&state=y"))
            forged.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        pages.Log.Lines.ShouldContain(line => line.StartsWith("Warning: Log-in by the provider failed, from 127.0.0.1", StringComparison.Ordinal));
        pages.Log.Lines.ShouldAllBe(line => !line.Contains(IdentityProvider.ClientSecret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_with_a_wrong_secret_gets_nobody_in()
    {
        await using var pages = await StartAsync(("WEB_OIDC_ALLOWED_SUBJECTS", "248289761001"), ("WEB_OIDC_CLIENT_SECRET", "a wrong secret"));
        using var browser = pages.Visit();
        using var back = await ComeBackAsync(browser, "/log_in/oidc");
        back.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Nobody_is_led_to_another_site_afterwards()
    {
        await using var pages = await StartAsync(("WEB_OIDC_ALLOWED_SUBJECTS", "248289761001"));
        using var browser = pages.Visit();
        using var back = await ComeBackAsync(browser, "/log_in/oidc?return=%2F%2Fevil.example.com%2F");
        back.Headers.Location!.ToString().ShouldBe("/");
    }

    [Fact]
    public async Task The_password_opens_the_pages_besides_and_programs_need_their_token()
    {
        await using var pages = await StartAsync(("WEB_OIDC_ALLOWED_SUBJECTS", "248289761001"));
        using var browser = pages.Visit();
        // Without a password nobody is let in by the name alone.
        (await browser.SendAsync(new HttpRequestMessage(HttpMethod.Put, "/api/car/1/logging/resume"))).StatusCode.ShouldBe(
            HttpStatusCode.Unauthorized);
        await pages.Access.SetPasswordAsync(new Secret("correct horse battery"), CancellationToken.None);
        (await browser.PageAsync("/log_in")).QuerySelector("a[href^='/log_in/oidc']").ShouldNotBeNull();
        (await browser.PostAsync("/log_in", from: "/log_in", ("password", "correct horse battery"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await browser.GetAsync("/drives")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Before_tokens_are_handed_over_the_provider_asks_again()
    {
        await using var pages = await StartAsync(("WEB_OIDC_ALLOWED_SUBJECTS", "248289761001"));
        pages.Account.Status = new(TeslaMate.Tesla.Accounts.SignIn.SignedOut, Generation: 1);
        using var browser = pages.Visit();
        using (await ComeBackAsync(browser, "/log_in/oidc"))
            (await browser.GetAsync("/sign_in")).StatusCode.ShouldBe(HttpStatusCode.OK);
        pages.Time.Advance(Confirmation.Length + TimeSpan.FromSeconds(1));
        using var asked = await browser.GetAsync("/sign_in");
        asked.Headers.Location!.ToString().ShouldBe("/confirm?return=%2Fsign_in");
        using var back = await ComeBackAsync(browser, "/confirm?return=%2Fsign_in");
        _provider.Asked!.Prompt.ShouldBe("login");
        back.Headers.Location!.ToString().ShouldBe("/sign_in");
        (await browser.GetAsync("/sign_in")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("WEB_OIDC_ALLOWED_GROUPS", "WEB_OIDC_ISSUER=https://login.example.com", "WEB_OIDC_CLIENT_ID=teslamate")]
    [InlineData("WEB_OIDC_CLIENT_ID", "WEB_OIDC_ISSUER=https://login.example.com", "WEB_OIDC_ALLOWED_SUBJECTS=1")]
    [InlineData("WEB_OIDC_ISSUER", "WEB_OIDC_CLIENT_ID=teslamate", "WEB_OIDC_ALLOWED_SUBJECTS=1")]
    [InlineData("WEB_OIDC_ISSUER", "WEB_OIDC_ISSUER=http://login.example.com", "WEB_OIDC_CLIENT_ID=teslamate", "WEB_OIDC_ALLOWED_SUBJECTS=1")]
    public void What_is_missing_stops_the_start(string named, params string[] set)
    {
        var variables = new Variables(set.Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]));
        OidcSettings.Read(variables);
        variables.Problems.ShouldHaveSingleItem().ShouldContain(named);
    }

    Task<PagesUnderTest> StartAsync(params (string Name, string Value)[] variables) => PagesUnderTest.StartAsync(
    [
        ("WEB_OIDC_ISSUER", _provider.Issuer), ("WEB_OIDC_CLIENT_ID", IdentityProvider.ClientId),
        .. variables.Any(variable => variable.Name == "WEB_OIDC_CLIENT_SECRET")
            ? [] : new[] { ("WEB_OIDC_CLIENT_SECRET", IdentityProvider.ClientSecret) },
        .. variables,
    ]);

    /// <summary>Goes to the provider and back.</summary>
    static async Task<HttpResponseMessage> ComeBackAsync(Browser browser, string path) => await browser.GetAsync(await AnswerAsync(browser, path));

    /// <summary>The link by which the provider sends the browser back.</summary>
    static async Task<string> AnswerAsync(Browser browser, string path)
    {
        using var leave = await browser.GetAsync(path);
        leave.StatusCode.ShouldBe(HttpStatusCode.Redirect, path);
        using var provider = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var answer = await provider.GetAsync(leave.Headers.Location);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!.PathAndQuery;
    }
}
