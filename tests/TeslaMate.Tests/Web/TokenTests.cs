using System.Net;
using System.Text;
using TeslaMate.Configuration;
using TeslaMate.Web;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Tests.Web;

/// <summary>Tokens for programs (spec api 2.5), tried at a route that needs the scope <c>logging</c>.</summary>
public sealed class TokenTests
{
    const string Password = "correct horse battery";

    [Theory]
    [InlineData("logging", HttpStatusCode.NoContent)]
    [InlineData("read logging", HttpStatusCode.NoContent)]
    [InlineData("write", HttpStatusCode.NoContent)]
    [InlineData("admin", HttpStatusCode.NoContent)]
    [InlineData("read", HttpStatusCode.Forbidden)]
    [InlineData("calendar", HttpStatusCode.Forbidden)]
    public async Task A_token_opens_what_its_scopes_say(string scopes, HttpStatusCode expected)
    {
        await using var pages = await StartAsync();
        (await PutAsync(pages, await pages.TokenAsync(scopes))).ShouldBe(expected);
        // None of them is the owner.
        using var browser = pages.Visit();
        browser.Headers.Authorization = new("Bearer", await pages.TokenAsync(scopes));
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task A_token_for_one_car_finds_no_other()
    {
        await using var pages = await StartAsync();
        await pages.Database.ExecuteAsync("""
            insert into car_settings (id) values (2);
            insert into cars (id, eid, vid, vin, settings_id, inserted_at, updated_at)
                values (2, 2, 2, '5YJ3E1EA7KF317001', 2, '2024-01-01', '2024-01-01')
            """);
        pages.Vehicles.Hub.Publish(FakeVehicles.Car(2));
        var token = await pages.TokenAsync("logging", 2);
        (await PutAsync(pages, token, car: 2)).ShouldBe(HttpStatusCode.NoContent);
        (await PutAsync(pages, token, car: 1)).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_token_ends_when_it_expires_and_when_it_is_revoked()
    {
        await using var pages = await StartAsync();
        var (wish, _) = TokenWish.Parse("phone", ["logging"], [], "30");
        var (stored, token) = await pages.Tokens.CreateAsync(wish!, CancellationToken.None);
        pages.Time.Advance(TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1));
        (await PutAsync(pages, token.Reveal())).ShouldBe(HttpStatusCode.NoContent);
        pages.Time.Advance(TimeSpan.FromSeconds(1));
        (await PutAsync(pages, token.Reveal())).ShouldBe(HttpStatusCode.Unauthorized);
        stored.ExpiresAt.ShouldBe(stored.CreatedAt + TimeSpan.FromDays(30));

        var other = await pages.TokenAsync("logging");
        (await PutAsync(pages, other)).ShouldBe(HttpStatusCode.NoContent);
        (await pages.Tokens.RevokeAsync(stored.Id + 1, CancellationToken.None)).ShouldNotBeNull();
        (await PutAsync(pages, other)).ShouldBe(HttpStatusCode.Unauthorized);
        (await pages.Tokens.RevokeAsync(stored.Id + 1, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task Only_the_hash_is_kept_and_no_line_of_the_log_holds_the_token()
    {
        await using var pages = await StartAsync();
        var token = await pages.TokenAsync("logging");
        token.ShouldMatch("^tmt_[A-Za-z0-9_-]{43}$");
        await PutAsync(pages, token);
        (await pages.Database.LinesAsync("select to_jsonb(t)::text from teslamate.api_tokens t")).ShouldAllBe(line => !line.Contains(token));
        (await pages.Database.LinesAsync("select prefix from teslamate.api_tokens")).ShouldBe([token[..8]]);
        pages.Log.Lines.ShouldAllBe(line => !line.Contains(token));
        pages.Log.Lines.ShouldContain(
            line => line.Contains("The program with token for logging, from 127.0.0.1, sent PUT /api/car/1/logging/resume: 204"));
    }

    [Fact]
    public async Task The_last_use_is_written_down_every_five_minutes()
    {
        await using var pages = await StartAsync();
        var token = await pages.TokenAsync("logging");
        (await LastUseAsync()).ShouldBeNull();
        await PutAsync(pages, token);
        var first = (await LastUseAsync()).ShouldNotBeNull();
        pages.Time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        await PutAsync(pages, token);
        (await LastUseAsync()).ShouldBe(first);
        pages.Time.Advance(TimeSpan.FromSeconds(1));
        await PutAsync(pages, token);
        (await LastUseAsync()).ShouldBe(first + TimeSpan.FromMinutes(5));
        (await pages.Tokens.ListAsync(CancellationToken.None)).ShouldHaveSingleItem().LastUsedFrom.ShouldBe("127.0.0.1");

        async Task<DateTimeOffset?> LastUseAsync() => (await pages.Tokens.ListAsync(CancellationToken.None)).ShouldHaveSingleItem().LastUsedAt;
    }

    [Fact]
    public async Task The_tokens_of_old_open_what_they_opened_and_the_companions_reads_too()
    {
        const string Companion = "the token of the companion container";
        await using var pages = await StartAsync(("WEB_API_TOKEN", "a token from the environment"), ("API_TOKEN", Companion));
        (await PutAsync(pages, "a token from the environment")).ShouldBe(HttpStatusCode.NoContent);
        (await PutAsync(pages, Companion)).ShouldBe(HttpStatusCode.NoContent);
        (await PutAsync(pages, (await pages.Access.MakeApiTokenAsync(CancellationToken.None)).Reveal())).ShouldBe(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("bearer")]
    [InlineData("Basic")]
    [InlineData("header")]
    public async Task A_token_may_be_brought_in_several_ways(string way)
    {
        await using var pages = await StartAsync(("API_TOKEN_HEADER", "X-Api-Token"));
        var token = await pages.TokenAsync("logging");
        (await PutAsync(pages, request => Bring(request, way, token))).ShouldBe(HttpStatusCode.NoContent);
        (await PutAsync(pages, request => Bring(request, way, token + "x"))).ShouldBe(HttpStatusCode.Unauthorized);
        (await PutAsync(pages, request => request.RequestUri = new Uri($"/api/car/1/logging/resume?token={token}", UriKind.Relative))).ShouldBe(
            HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_first_way_decides_and_two_of_one_are_none()
    {
        await using var pages = await StartAsync(("API_TOKEN_HEADER", "X-Api-Token"));
        var token = await pages.TokenAsync("logging");
        (await PutAsync(pages, request =>
        {
            Bring(request, "bearer", "wrong");
            Bring(request, "header", token);
        })).ShouldBe(HttpStatusCode.Unauthorized);
        (await PutAsync(pages, request => request.Headers.TryAddWithoutValidation("Authorization",
            (string[])[$"Bearer {token}", $"Bearer {token}"]))).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_password_that_a_proxy_asked_for_is_no_guess()
    {
        await using var pages = await StartAsync();
        for (var i = 0; i < 2 * LogInThrottle.FreeTries; i++)
            (await PutAsync(pages, request => Bring(request, "Basic", "the proxy's own"))).ShouldBe(HttpStatusCode.Unauthorized);
        pages.Log.Lines.ShouldNotContain(line => line.Contains("Wrong bearer token"));
    }

    [Fact]
    public async Task Who_guesses_a_token_has_to_wait()
    {
        await using var pages = await StartAsync();
        for (var i = 0; i < LogInThrottle.FreeTries; i++)
            (await PutAsync(pages, "tmt_wrong")).ShouldBe(HttpStatusCode.Unauthorized);
        (await PutAsync(pages, await pages.TokenAsync("logging"))).ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Where_there_is_a_token_that_changes_a_put_needs_it_also_without_a_password()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(pages.Database);
        pages.Vehicles.Hub.Publish(FakeVehicles.Car());
        await pages.TokenAsync("read");
        (await PutAsync(pages, _ => { })).ShouldBe(HttpStatusCode.NoContent);
        var token = await pages.TokenAsync("logging");
        (await PutAsync(pages, _ => { })).ShouldBe(HttpStatusCode.Unauthorized);
        (await PutAsync(pages, token)).ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task The_owner_makes_a_token_sees_it_once_and_revokes_it()
    {
        await using var pages = await StartAsync();
        using var owner = pages.Visit();
        await owner.PostAsync("/log_in", from: "/log_in", ("password", Password));
        using var made = await owner.PostAsync("/tokens", from: "/tokens", ("name", "phone <b>"), ("scope", "logging"), ("scope", "read"),
            ("days", "10"));
        made.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var page = await Browser.ParseAsync(made);
        var token = page.Text("#made").ShouldNotBeNull();
        page.Text("tbody tr td").ShouldStartWith($"phone <b> {token[..8]}");
        (await PutAsync(pages, token)).ShouldBe(HttpStatusCode.NoContent);
        (await owner.PageAsync("/tokens")).DocumentElement.TextContent.ShouldNotContain(token);
        (await owner.PostAsync("/tokens", from: "/tokens", ("revoke", "1"))).Headers.Location!.ToString().ShouldBe("/tokens");
        (await PutAsync(pages, token)).ShouldBe(HttpStatusCode.Unauthorized);
        (await owner.PageAsync("/tokens")).Texts("tbody tr td").ShouldContain("Revoked");
        pages.Log.Lines.ShouldContain(
            line => line.Contains("Token 1 (phone <b>) was made in the pages with the scopes read logging, from 127.0.0.1"));
        pages.Log.Lines.ShouldContain(line => line.Contains("Token 1 (phone <b>) was revoked in the pages"));
    }

    [Fact]
    public async Task A_session_has_to_give_the_password_again_before_it_makes_a_token()
    {
        await using var pages = await StartAsync();
        using var owner = pages.Visit();
        await owner.PostAsync("/log_in", from: "/log_in", ("password", Password));
        var form = Browser.TokenOf(await owner.PageAsync("/tokens"));
        pages.Time.Advance(Confirmation.Length + TimeSpan.FromSeconds(1));
        (await owner.GetAsync("/tokens")).Headers.Location!.ToString().ShouldBe("/confirm?return=%2Ftokens");
        (await owner.PostWithAsync(form, "/tokens", [("name", "thief"), ("scope", "admin")])).Headers.Location!.ToString()
            .ShouldBe("/confirm?return=%2Ftokens");
        (await pages.Tokens.ListAsync(CancellationToken.None)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", "read", "", "", "A token needs a name of 1 to 100 characters. Example: phone")]
    [InlineData("a\nb", "read", "", "", "A token needs a name of 1 to 100 characters. Example: phone")]
    [InlineData("phone", "", "", "", "A token needs one or more of the scopes read, logging, write, admin, calendar. Example: read")]
    [InlineData("phone", "owner", "", "", "A token needs one or more of the scopes read, logging, write, admin, calendar. Example: read")]
    [InlineData("phone", "read monitor", "", "", "A token needs one or more of the scopes read, logging, write, admin, calendar. Example: read")]
    [InlineData("phone", "read", "x", "", "\"x\" is not the number of a car. Example: 1")]
    [InlineData("phone", "read", "40000", "", "\"40000\" is not the number of a car. Example: 1")]
    [InlineData("phone", "read", "", "0", "\"0\" is not a number of days from 1 to 36500. Example: 365")]
    [InlineData("phone", "read", "", "soon", "\"soon\" is not a number of days from 1 to 36500. Example: 365")]
    public void What_cannot_be_a_token_is_said_in_a_sentence(string name, string scopes, string cars, string days, string sentence)
    {
        var (wish, problem) = TokenWish.Parse(name, Words(scopes), Words(cars), days);
        wish.ShouldBeNull();
        problem.ShouldBe(sentence);

        static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    [Theory]
    [InlineData("API_TOKEN", "too short a token", "API_TOKEN needs at least 32 characters. Example: API_TOKEN_FILE=/run/secrets/api-token")]
    [InlineData("API_TOKEN_HEADER", "X Api", "API_TOKEN_HEADER is \"X Api\", which is not the name of a header. Example: "
        + "API_TOKEN_HEADER=X-Api-Token")]
    [InlineData("API_CORS_ORIGINS", "*", "API_CORS_ORIGINS holds \"*\", which is not an origin. Example: API_CORS_ORIGINS=https://app.example.com")]
    [InlineData("API_CORS_ORIGINS", "https://*.example.com",
        "API_CORS_ORIGINS holds \"https://*.example.com\", which is not an origin. Example: API_CORS_ORIGINS=https://app.example.com")]
    [InlineData("API_CORS_ORIGINS", "https://app.example.com/x",
        "API_CORS_ORIGINS holds \"https://app.example.com/x\", which is not an origin. Example: API_CORS_ORIGINS=https://app.example.com")]
    public void A_setting_that_cannot_be_is_said_in_a_sentence(string name, string value, string sentence)
    {
        var variables = new Variables(new Dictionary<string, string> { [name] = value });
        WebSettings.Read(variables);
        variables.Problems.ShouldBe([sentence]);
    }

    static async Task<PagesUnderTest> StartAsync(params (string Name, string Value)[] variables)
    {
        var pages = await PagesUnderTest.StartAsync(variables);
        await SampleRows.AddAsync(pages.Database);
        await pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        pages.Vehicles.Hub.Publish(FakeVehicles.Car());
        return pages;
    }

    static void Bring(HttpRequestMessage request, string way, string token)
    {
        if (way == "header")
            request.Headers.Add("X-Api-Token", token);
        else
            request.Headers.Authorization = new(way, way == "Basic" ? Convert.ToBase64String(Encoding.UTF8.GetBytes($"anybody:{token}")) : token);
    }

    static Task<HttpStatusCode> PutAsync(PagesUnderTest pages, string token, int car = 1)
        => PutAsync(pages, request => Bring(request, "Bearer", token), car);

    static async Task<HttpStatusCode> PutAsync(PagesUnderTest pages, Action<HttpRequestMessage> bring, int car = 1)
    {
        using var browser = pages.Visit();
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/car/{car}/logging/resume");
        bring(request);
        using var response = await browser.SendAsync(request);
        return response.StatusCode;
    }
}
