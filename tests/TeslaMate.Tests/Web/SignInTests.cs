using System.Net;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Tests.Web;

/// <summary>Handing over Tesla's tokens (spec web 6.2 and 12).</summary>
public sealed class SignInTests(SharedPages shared) : IClassFixture<SharedPages>, IDisposable
{
    readonly PagesUnderTest _pages = Reset(shared.Pages);
    readonly Browser _browser = shared.Pages.Visit();

    public void Dispose() => _browser.Dispose();

    [Fact]
    public async Task Tokens_are_handed_over_and_lead_home()
    {
        using var response = await _browser.PostAsync("/sign_in", from: "/sign_in", ("tokens[access]", " $access "), ("tokens[refresh]", "$refresh"));
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.ToString().ShouldBe("/");
        _pages.Account.Given.ShouldBe(("$access", "$refresh"));
        (await _browser.PageAsync("/")).Text("[role=status].is-success").ShouldBe("Signed in successfully");
    }

    [Fact]
    public async Task A_script_is_led_home_by_a_header()
    {
        _browser.Headers.Add("HX-Request", "true");
        using var response = await _browser.PostAsync("/sign_in", from: "/sign_in", ("tokens[access]", "a"), ("tokens[refresh]", "b"));
        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        response.Headers.GetValues("HX-Redirect").ShouldBe(["/"]);
    }

    [Theory]
    [InlineData("", "b")]
    [InlineData("a", "")]
    [InlineData("  ", "b")]
    public async Task Both_tokens_are_needed(string access, string refresh)
    {
        var page = await _pages.RefusedAsync(_browser, "/sign_in", "/sign_in", ("tokens[access]", access), ("tokens[refresh]", refresh));
        page.Text("[role=alert]:not([hidden])").ShouldBe("Error: Please enter both tokens.");
        _pages.Account.Given.ShouldBeNull();
    }

    public static TheoryData<ApiError, string> Refusals => new()
    {
        { new ApiError.TokenRefresh("invalid_grant"), "Error: Tokens are invalid" },
        { new ApiError.Timeout(), "Error: no answer in time" },
        { new ApiError.Unreachable("refused"), "Error: Tesla cannot be reached: refused" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Tokens_that_do_not_work_are_explained_and_not_shown_again(ApiError error, string text)
    {
        _pages.Account.Answer = error;
        var page = await _pages.RefusedAsync(_browser, "/sign_in", "/sign_in", ("tokens[access]", "the-secret-access"),
            ("tokens[refresh]", "the-secret-refresh"));
        page.Text("[role=alert]:not([hidden])").ShouldBe(text);
        page.DocumentElement.OuterHtml.ShouldNotContain("the-secret");
        _pages.Account.Status.SignIn.ShouldBe(SignIn.SignedOut);
    }

    [Fact]
    public async Task Who_is_signed_in_already_comes_home_too()
    {
        (_pages.Account.Status, _pages.Account.Answer) = (new AccountStatus(SignIn.SignedIn, Generation: 1), new ApiError.AlreadySignedIn());
        using var response = await _browser.PostAsync("/sign_in", from: "/sign_in", ("tokens[access]", "a"), ("tokens[refresh]", "b"));
        response.Headers.Location!.ToString().ShouldBe("/");
    }

    [Fact]
    public async Task Tokens_are_typed_like_passwords_and_both_required()
    {
        var page = await _browser.PageAsync("/sign_in");
        page.Title.ShouldBe("Sign in · TeslaMate for .NET");
        page.Texts("form[action='/sign_in'] label").ShouldBe(["Access Token", "Refresh Token"]);
        foreach (var input in page.QuerySelectorAll("#tokens_access, #tokens_refresh"))
        {
            var attributes = new[] { "type", "autocomplete", "autocorrect", "autocapitalize", "spellcheck" }.Select(input.GetAttribute);
            attributes.ShouldBe(["password", "off", "off", "none", "false"]);
            input.HasAttribute("required").ShouldBeTrue();
        }

        page.QuerySelector("p.help a[target=_blank]").ShouldNotBeNull();
    }

    [Theory]
    [InlineData(null, "https://auth.tesla.com/", "auth.tesla.com")]
    [InlineData("https://provider.example.com", "https://provider.example.com/", "provider.example.com")]
    [InlineData("https://user:secret@provider.example.com", "https://provider.example.com/", "provider.example.com")]
    public async Task With_a_proxys_token_nothing_is_asked_and_the_token_is_not_shown(string? host, string link, string text)
    {
        await using var pages = await PagesUnderTest.StartAsync(host is null
            ? [("TOKEN", "the-secret-token")] : [("TOKEN", "the-secret-token"), ("TESLA_AUTH_HOST", host)]);
        Reset(pages).Account.FleetMode = true;
        using var browser = pages.Visit();
        var page = await browser.PageAsync("/sign_in");
        page.QuerySelectorAll("input:not([type=hidden])").ShouldBeEmpty();
        page.QuerySelector("button[type=submit]")!.HasAttribute("disabled").ShouldBeFalse();
        page.Text("form p")!.ShouldContain("TOKEN");
        var provider = page.QuerySelector("form p a")!;
        (provider.GetAttribute("href"), provider.TextContent).ShouldBe((link, text));
        page.DocumentElement.OuterHtml.ShouldNotContain("secret");
        using var response = await browser.PostAsync("/sign_in", from: "/sign_in");
        response.Headers.Location!.ToString().ShouldBe("/");
        pages.Account.Given.ShouldBe((null, null));
    }

    static PagesUnderTest Reset(PagesUnderTest pages)
    {
        pages.Account.Status = new AccountStatus(SignIn.SignedOut, Generation: 1);
        pages.Account.Answer = null;
        pages.Account.Given = null;
        return pages;
    }
}
