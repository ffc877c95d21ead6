using System.Net;
using Microsoft.AspNetCore.Http;
using TeslaMate.Configuration;
using TeslaMate.Tesla;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Tests.Web;

/// <summary>Nobody comes in who should not, and nothing that is stored can act in a browser.</summary>
public sealed class SecurityTests(SharedPages shared) : IClassFixture<SharedPages>, IAsyncLifetime
{
    const string Password = "correct horse battery";

    readonly PagesUnderTest _pages = shared.Pages;

    /// <summary>As the program maps them, so that a new one is tested from its first day.</summary>
    IReadOnlyList<Route> Routes => [.. Route.All(_pages.Services).Where(route => !route.IsForPrograms)];

    IEnumerable<string> ChangingPaths => Routes.Where(route => route is { Method: "POST", Policy: Policies.Owner }).Select(route => route.Path);

    static readonly string[] PagePaths =
    [
        "/", "/settings", "/geo-fences", "/geo-fences/new", "/charge-cost/1", "/history", "/history/drive/1", "/history/charge/1", "/drives",
        "/drive/1", "/drive/1/gpx", "/charges", "/charge/1", "/sign_in", "/cars/1/details",
        "/statistics", "/driving", "/mileage", "/trips", "/trip", "/timeline", "/review", "/statistics.csv?table=periods",
        "/charging", "/charging-stops", "/charge-curve", "/battery", "/parked", "/tyres", "/software", "/visited", "/all-cars", "/stored",
        "/outgoing", "/outgoing/new", "/outgoing/1", "/outgoing/abrp/1", "/sessions", "/tokens", "/telemetry", "/data/docs",
    ];

    // Parts of pages, files, and pages of rows or of an import that are not there.
    static readonly string[] NoPages =
        ["/confirm", "/drive/1/csv", "/geo-fences/1/edit", "/history/1", "/import", "/import/files", "/import/status", "/settings/general"];

    public async Task InitializeAsync()
    {
        await _pages.Access.RemovePasswordAsync(CancellationToken.None);
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car());
        _pages.Vehicles.Suspending = null;
        _pages.Account.Status = new(TeslaMate.Tesla.Accounts.SignIn.SignedIn, Generation: 1);
        // Whatever was guessed before is forgiven.
        _pages.Time.Advance(TimeSpan.FromHours(2));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public void An_address_of_every_page_is_known_to_these_tests()
        => Routes.Where(route => route is { Method: "GET", IsLive: false, Policy: Policies.Owner }).Select(route => route.Path)
            .Where(path => !path.EndsWith(".csv", StringComparison.Ordinal)).Except(PagePaths.Concat(NoPages).Select(path => path.Split('?')[0]))
            .ShouldBeEmpty();

    [Fact]
    public void Every_route_says_who_may_enter_and_changes_only_by_post_or_put()
    {
        Routes.Count.ShouldBeGreaterThan(25);
        Routes.Where(route => route.Policy is null).ShouldBeEmpty();
        Routes.ShouldAllBe(route => route.Method == "GET" || route.Method == "POST"
            && (route.Policy == Policies.Owner || route.Policy == Policies.LogIn) || route.Method == "PUT" && route.Policy == Policies.Logging);
        // Without a session only the way in is open.
        Routes.Where(route => route.Policy == Policies.LogIn).Select(route => $"{route.Method} {route.Path}").ShouldBe(
            ["GET /log_in", "POST /log_in", "GET /data/v1/calendar/1.ics", "GET /.well-known/appspecific/com.tesla.3p.public-key.pem"],
            ignoreOrder: true);
        ChangingPaths.Count().ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task A_change_without_the_token_of_a_form_is_refused()
    {
        foreach (var path in ChangingPaths.Append(LogInPages.Path))
        {
            using var browser = _pages.Visit();
            await browser.PageAsync("/settings");
            (await browser.PostWithAsync(token: null, path, [])).StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
            (await browser.PostWithAsync(token: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", path, [])).StatusCode.ShouldBe(
                HttpStatusCode.Forbidden, path);
        }
    }

    [Fact]
    public async Task A_change_with_the_token_of_another_browser_is_refused()
    {
        foreach (var path in ChangingPaths.Append(LogInPages.Path))
        {
            using var victim = _pages.Visit();
            using var attacker = _pages.Visit();
            var token = Browser.TokenOf(await attacker.PageAsync("/settings"));
            await victim.PageAsync("/settings");
            (await victim.PostWithAsync(token, path, [])).StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
        }
    }

    [Theory]
    [InlineData("Origin", "https://evil.example.com")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task A_put_from_another_site_is_refused(string header, string value)
    {
        foreach (var route in Routes.Where(route => route.Method == "PUT"))
        {
            using var browser = _pages.Visit();
            browser.Headers.TryAddWithoutValidation(header, value);
            (await browser.SendAsync(new HttpRequestMessage(HttpMethod.Put, route.Path))).StatusCode.ShouldBe(HttpStatusCode.Forbidden, route.Path);
            // The reference lets a form pretend to be a PUT.
            using var form = _pages.Visit();
            (await form.PostWithAsync(token: null, route.Path, [("_method", "put")])).StatusCode.ShouldBe(HttpStatusCode.NotFound, route.Path);
        }
    }

    [Theory]
    [InlineData("Origin", "https://evil.example.com")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "http://localhost.evil.example.com")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task A_change_from_another_site_is_refused_even_with_its_token(string header, string value)
    {
        foreach (var path in ChangingPaths.Append(LogInPages.Path))
        {
            using var browser = _pages.Visit();
            var token = Browser.TokenOf(await browser.PageAsync("/settings"));
            browser.Headers.TryAddWithoutValidation(header, value);
            (await browser.PostWithAsync(token, path, [])).StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
        }
    }

    [Fact]
    public async Task A_proxy_that_asks_for_another_host_than_the_browser_is_told_of()
    {
        using var browser = _pages.Visit();
        var token = Browser.TokenOf(await browser.PageAsync("/settings"));
        browser.Headers.Add("Origin", "http://tm.example.com");
        (await browser.PostWithAsync(token, "/settings", [])).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        _pages.Log.Lines.ShouldContain(line => line.StartsWith("Warning: ", StringComparison.Ordinal)
            && line.Contains($"http://tm.example.com was refused, because it came for {_pages.Address.Authority}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_change_from_its_own_page_goes_through()
    {
        using var browser = _pages.Visit();
        var token = Browser.TokenOf(await browser.PageAsync("/settings"));
        browser.Headers.Add("Origin", _pages.Address.GetLeftPart(UriPartial.Authority));
        browser.Headers.Add("Sec-Fetch-Site", "same-origin");
        (await browser.PostWithAsync(token, "/charge-cost/1", [("charging_process[cost]", "1")])).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task With_a_password_a_change_needs_a_session()
    {
        using var browser = _pages.Visit();
        var token = Browser.TokenOf(await browser.PageAsync("/settings"));
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        foreach (var path in ChangingPaths)
            (await browser.PostWithAsync(token, path, [])).StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
    }

    [Fact]
    public async Task With_a_password_a_page_leads_to_the_log_in()
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = _pages.Visit();
        foreach (var route in Routes.Where(route => route is { Method: "GET", Policy: Policies.Owner, IsLive: false }))
        {
            using var response = await browser.GetAsync(route.Path);
            response.StatusCode.ShouldBe(HttpStatusCode.Redirect, route.Path);
            response.Headers.Location!.ToString().ShouldBe($"/log_in?return={Uri.EscapeDataString(route.Path)}");
        }
    }

    [Fact]
    public async Task With_a_password_nothing_live_is_shown_to_strangers()
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = _pages.Visit();
        (await browser.GetAsync("/live/cars")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_right_password_opens_the_pages_until_it_changes()
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = _pages.Visit();
        using (var wrong = await LogInAsync(browser, "wrong horse battery"))
            wrong.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        using (var right = await LogInAsync(browser, Password))
        {
            right.StatusCode.ShouldBe(HttpStatusCode.Redirect);
            right.Headers.Location!.ToString().ShouldBe("/drives");
            var cookie = right.Headers.GetValues("Set-Cookie").Single(line => line.StartsWith("_teslamate_key=", StringComparison.Ordinal));
            cookie.ShouldContain("httponly");
            cookie.ShouldContain("samesite=lax");
        }

        (await browser.GetAsync("/drives")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await _pages.Access.SetPasswordAsync(new Secret("another horse battery"), CancellationToken.None);
        (await browser.GetAsync("/drives")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Logging_out_ends_the_session_also_for_a_stolen_cookie()
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = _pages.Visit();
        using var response = await LogInAsync(browser, Password);
        var stolen = response.Headers.GetValues("Set-Cookie").Single(line => line.StartsWith("_teslamate_key=", StringComparison.Ordinal))
            .Split(';')[0];
        (await browser.PostAsync("/log_out", from: "/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        using var thief = _pages.Visit();
        thief.Headers.Add("Cookie", stolen);
        (await thief.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task What_a_session_shows_is_kept_by_no_browser()
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = _pages.Visit();
        await LogInAsync(browser, Password);
        foreach (var path in PagePaths)
        {
            using var response = await browser.GetAsync(path);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            response.Headers.CacheControl!.NoStore.ShouldBeTrue(path);
        }
    }

    [Fact]
    public async Task A_session_ends_a_month_after_its_last_use()
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = _pages.Visit();
        await LogInAsync(browser, Password);
        _pages.Time.Advance(TimeSpan.FromDays(20));
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.OK);
        _pages.Time.Advance(TimeSpan.FromDays(20));
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.OK);
        _pages.Time.Advance(TimeSpan.FromDays(31));
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task The_cookie_lasts_as_long_as_the_session()
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = _pages.Visit();
        using var begun = await LogInAsync(browser, Password);
        _pages.Time.Advance(TimeSpan.FromDays(20));
        using var later = await browser.GetAsync("/settings");
        CookieOf(later).ShouldBe(CookieOf(begun));
        CookieOf(later).ShouldContain($"max-age={WebAccess.SessionLength.TotalSeconds}");

        static string CookieOf(HttpResponseMessage response)
            => response.Headers.GetValues("Set-Cookie").Single(line => line.StartsWith("_teslamate_key=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_guesses_has_to_wait_even_with_the_right_password()
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = _pages.Visit();
        for (var attempt = 0; attempt < LogInThrottle.FreeTries; attempt++)
            (await LogInAsync(browser, "wrong")).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        using (var throttled = await LogInAsync(browser, Password))
        {
            throttled.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            throttled.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
        }

        _pages.Time.Advance(TimeSpan.FromSeconds(5));
        (await LogInAsync(browser, Password)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Theory]
    [InlineData("https://evil.example.com/", "/")]
    [InlineData("//evil.example.com", "/")]
    [InlineData("/\\evil.example.com", "/")]
    [InlineData("/\t/evil.example.com", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("", "/")]
    [InlineData(null, "/")]
    [InlineData("/drive/1?x=y", "/drive/1?x=y")]
    public void After_the_log_in_nobody_is_led_elsewhere(string? sent, string path) => LogInPages.ReturnPath(sent).ShouldBe(path);

    [Theory]
    [InlineData("/api/car/1/logging/suspend")]
    [InlineData("/api/car/1/logging/resume")]
    public async Task With_a_password_a_put_needs_its_own_token(string path)
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        var token = await _pages.Access.MakeApiTokenAsync(CancellationToken.None);
        using var browser = _pages.Visit();
        using (var refused = await browser.SendAsync(new HttpRequestMessage(HttpMethod.Put, path)))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await refused.Content.ReadAsStringAsync()).ShouldBe("""{"error":"unauthorized"}""");
            refused.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Bearer");
        }

        browser.Headers.Add("Authorization", "Bearer wrong");
        (await browser.SendAsync(new HttpRequestMessage(HttpMethod.Put, path))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        browser.Headers.Remove("Authorization");
        browser.Headers.Add("Authorization", $"Bearer {token.Reveal()}");
        (await browser.SendAsync(new HttpRequestMessage(HttpMethod.Put, path))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Who_guesses_a_token_has_to_wait_even_with_the_right_one_and_nobody_else_does()
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        var token = (await _pages.Access.MakeApiTokenAsync(CancellationToken.None)).Reveal();
        // Bringing no token is no guess.
        for (var attempt = 0; attempt < 2 * LogInThrottle.FreeTries; attempt++)
            (await PutAsync("203.0.113.7", token: null)).ShouldBe((HttpStatusCode.Unauthorized, null));
        for (var attempt = 0; attempt < LogInThrottle.FreeTries; attempt++)
            (await PutAsync("203.0.113.7", $"wrong {attempt}")).ShouldBe((HttpStatusCode.Unauthorized, null));
        (await PutAsync("203.0.113.7", "wrong")).ShouldBe((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(5)));
        (await PutAsync("203.0.113.7", token)).ShouldBe((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(5)));
        // An automation elsewhere, however often it comes, and the log-in at the same address.
        for (var attempt = 0; attempt < 100; attempt++)
            (await PutAsync("203.0.113.8", token)).ShouldBe((HttpStatusCode.NoContent, null));
        using var browser = _pages.Visit();
        browser.Headers.Add("X-Forwarded-For", "203.0.113.7");
        (await LogInAsync(browser, Password)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        _pages.Time.Advance(TimeSpan.FromSeconds(5));
        (await PutAsync("203.0.113.7", token)).ShouldBe((HttpStatusCode.NoContent, null));

        async Task<(HttpStatusCode, TimeSpan?)> PutAsync(string address, string? token)
        {
            using var client = _pages.Visit();
            using var request = new HttpRequestMessage(HttpMethod.Put, "/api/car/1/logging/resume");
            request.Headers.Add("X-Forwarded-For", address);
            if (token is not null)
                request.Headers.Add("Authorization", $"Bearer {token}");
            using var response = await client.SendAsync(request);
            return (response.StatusCode, response.Headers.RetryAfter?.Delta);
        }
    }

    [Fact]
    public async Task Who_guesses_a_token_at_the_metrics_has_to_wait_too()
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        var token = (await _pages.Access.MakeApiTokenAsync(CancellationToken.None)).Reveal();
        (await MayKnowAllAsync(token)).ShouldBeTrue();
        for (var attempt = 0; attempt < LogInThrottle.FreeTries; attempt++)
            (await MayKnowAllAsync($"wrong {attempt}")).ShouldBeFalse();
        (await MayKnowAllAsync(token)).ShouldBeFalse();
        _pages.Time.Advance(TimeSpan.FromSeconds(5));
        (await MayKnowAllAsync(token)).ShouldBeTrue();

        Task<bool> MayKnowAllAsync(string token)
        {
            var http = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse("203.0.113.9") } };
            http.Request.Headers.Authorization = $"Bearer {token}";
            return _pages.Get<IMonitorAccess>().MayKnowAllAsync(http);
        }
    }

    [Fact]
    public async Task Every_answer_forbids_what_pages_do_not_need()
    {
        using var browser = _pages.Visit();
        foreach (var path in Routes.Where(route => route is { Method: "GET", IsLive: false }).Select(route => route.Path)
            .Concat(["/nowhere", "/assets/app.js", "/drive/x"]))
        {
            using var response = await browser.GetAsync(path);
            var policy = response.Headers.GetValues("Content-Security-Policy").Single();
            policy.ShouldContain("default-src 'none'");
            policy.ShouldContain("script-src 'self';");
            policy.ShouldContain("frame-ancestors 'self'");
            policy.ShouldContain("base-uri 'self'");
            policy.ShouldNotContain("unsafe");
            response.Headers.GetValues("X-Content-Type-Options").Single().ShouldBe("nosniff");
            response.Headers.GetValues("Referrer-Policy").Single().ShouldBe("strict-origin-when-cross-origin");
            response.Headers.GetValues("X-Permitted-Cross-Domain-Policies").Single().ShouldBe("none");
            response.Headers.GetValues("Cross-Origin-Opener-Policy").Single().ShouldBe("same-origin");
            response.Headers.GetValues("Cross-Origin-Resource-Policy").Single().ShouldBe("same-origin");
            response.Headers.Contains("Server").ShouldBeFalse();
        }
    }

    [Fact]
    public async Task No_page_has_a_script_or_style_of_its_own()
    {
        using var browser = _pages.Visit();
        foreach (var path in PagePaths.Where(path => !path.EndsWith("gpx", StringComparison.Ordinal) && path != "/cars/1/details"))
        {
            var page = await browser.PageAsync(path);
            page.QuerySelectorAll("script:not([src])").ShouldAllBe(script => script.GetAttribute("type") == "application/json", path);
            page.QuerySelectorAll("style, [style]").ShouldBeEmpty(path);
            page.All.SelectMany(element => element.Attributes).Select(attribute => attribute.Name)
                .ShouldAllBe(name => !name.StartsWith("on", StringComparison.Ordinal), path);
            page.QuerySelectorAll("form[method=post]").ShouldAllBe(form => form.QuerySelector("input[name=_csrf_token]") != null, path);
        }
    }

    [Fact]
    public async Task Names_are_text_wherever_they_are_shown()
    {
        const string Evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}@(1+1)</title></script><!--";
        await _pages.Database.ExecuteAsync($"""
            update cars set name = '{Evil.Replace("'", "''", StringComparison.Ordinal)}';
            update addresses set name = '{Evil.Replace("'", "''", StringComparison.Ordinal)}', city = '{Evil.Replace("'", "''", StringComparison.Ordinal)}';
            insert into geofences (id, name, latitude, longitude, radius, inserted_at, updated_at)
                values (1, '{Evil.Replace("'", "''", StringComparison.Ordinal)}', 1, 1, 20, now(), now())
            """);
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car(name: Evil) with { Version = Evil, UpdateAvailable = true, UpdateVersion = Evil });
        using var browser = _pages.Visit();
        foreach (var path in new[] { "/", "/drives", "/drive/1", "/charges", "/charge/1", "/charge-cost/1", "/geo-fences", "/geo-fences/1/edit",
            "/drives?place=%3Cscript%3Ealert(1)%3C/script%3E" })
        {
            var page = await browser.PageAsync(path);
            page.QuerySelectorAll("img[src=x], [onerror]").ShouldBeEmpty(path);
            page.QuerySelectorAll("script").ShouldAllBe(script => !script.TextContent.Contains("alert(", StringComparison.Ordinal), path);
            page.QuerySelectorAll("a[href]")
                .ShouldAllBe(link => !link.GetAttribute("href")!.StartsWith("javascript", StringComparison.OrdinalIgnoreCase), path);
        }
    }

    [Theory]
    [InlineData("/settings")]
    [InlineData("/geo-fences")]
    [InlineData("/charge-cost/1")]
    [InlineData("/api/car/1/logging/suspend")]
    public async Task What_is_too_large_is_refused(string path)
    {
        using var browser = _pages.Visit();
        using var request = new HttpRequestMessage(path.StartsWith("/api", StringComparison.Ordinal) ? HttpMethod.Put : HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(new byte[8_000_001]),
        };
        request.Content.Headers.ContentType = new("application/x-www-form-urlencoded");
        (await browser.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task What_turns_out_too_large_is_refused()
    {
        using var browser = _pages.Visit();
        await browser.PageAsync("/settings");
        using var request = new HttpRequestMessage(HttpMethod.Post,
            LogInPages.Path)
        { Content = new StreamContent(new MemoryStream(new byte[16_001])) };
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.ContentType = new("application/x-www-form-urlencoded");
        try
        {
            (await browser.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        }
        catch (HttpRequestException)
        {
            // The server may hang up while the rest is still being sent.
        }
    }

    [Fact]
    public async Task What_is_too_large_for_a_log_in_is_refused()
    {
        using var browser = _pages.Visit();
        (await browser.PostAsync(LogInPages.Path, from: "/settings", ("password", new string('x', 16_001)))).StatusCode.ShouldBe(
            HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task A_form_may_come_in_parts()
    {
        using var browser = _pages.Visit();
        using var form = new MultipartFormDataContent
        {
            { new StringContent(Browser.TokenOf(await browser.PageAsync("/settings"))), "_csrf_token" },
            { new StringContent("3"), "charging_process[cost]" },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/charge-cost/1") { Content = form };
        (await browser.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _pages.Database.ScalarAsync<decimal>("select cost from charging_processes")).ShouldBe(3);
    }

    [Fact]
    public async Task Too_many_headers_are_refused()
    {
        using var browser = _pages.Visit();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/settings");
        for (var number = 0; number < 200; number++)
            request.Headers.Add($"X-{number}", "x");
        (await browser.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
    }

    [Theory]
    [InlineData("https", true)]
    [InlineData("http", false)]
    [InlineData(null, false)]
    public async Task Behind_a_proxy_that_speaks_https_cookies_go_nowhere_else(string? scheme, bool isSecure)
    {
        using var browser = _pages.Visit();
        if (scheme is not null)
            browser.Headers.Add("X-Forwarded-Proto", scheme);
        using var response = await browser.GetAsync("/settings?locale=de");
        response.Headers.GetValues("Set-Cookie").Count().ShouldBe(2);
        foreach (var cookie in response.Headers.GetValues("Set-Cookie"))
        {
            cookie.Contains("; secure", StringComparison.Ordinal).ShouldBe(isSecure, cookie);
            cookie.ShouldContain("; httponly");
            cookie.ShouldContain("; samesite=");
            cookie.ShouldContain("; path=/");
        }
    }

    [Fact]
    public async Task Whoever_is_no_proxy_cannot_say_that_it_speaks_https()
    {
        await using var pages = await PagesUnderTest.StartAsync(("WEB_TRUSTED_PROXIES", "10.0.0.1"));
        using var browser = pages.Visit();
        browser.Headers.Add("X-Forwarded-Proto", "https");
        using var response = await browser.GetAsync("/settings");
        response.Headers.GetValues("Set-Cookie").ShouldAllBe(cookie => !cookie.Contains("secure", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_that_somebody_else_chose_is_not_taken_over()
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = _pages.Visit();
        const string Planted = "_teslamate_key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        browser.Headers.Add("Cookie", Planted);
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        browser.Headers.Remove("Cookie");
        using var response = await LogInAsync(browser, Password);
        response.Headers.GetValues("Set-Cookie").Single(line => line.StartsWith("_teslamate_key=", StringComparison.Ordinal))
            .ShouldNotContain("AAAA");
        using var attacker = _pages.Visit();
        attacker.Headers.Add("Cookie", Planted);
        (await attacker.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task A_form_of_the_time_before_the_log_in_is_refused_after_it()
    {
        using var browser = _pages.Visit();
        var token = Browser.TokenOf(await browser.PageAsync("/settings"));
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        await LogInAsync(browser, Password);
        (await browser.PostWithAsync(token, "/settings", [])).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Who_logs_in_in_a_second_tab_too_is_led_on()
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = _pages.Visit();
        var secondTab = Browser.TokenOf(await browser.PageAsync("/log_in"));
        await LogInAsync(browser, Password);
        using var response = await browser.PostWithAsync(secondTab, "/log_in", [("password", Password), ("return", "/charges")]);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.ToString().ShouldBe("/charges");
    }

    [Fact]
    public async Task What_cannot_be_read_is_a_bad_request()
    {
        using var browser = _pages.Visit();
        var token = Browser.TokenOf(await browser.PageAsync("/settings"));
        using var broken = new HttpRequestMessage(HttpMethod.Post, "/settings") { Content = new StringContent("--x\r\nnonsense") };
        broken.Content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x");
        broken.Headers.Add("X-CSRF-Token", token);
        (await browser.SendAsync(broken)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var many = Enumerable.Range(0, 5000).Select(number => ($"f{number}", "x"));
        (await browser.PostWithAsync(token, "/settings", many)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Tokens_are_never_shown_again()
    {
        _pages.Account.Answer = new ApiError.TokenRefresh("invalid_grant");
        _pages.Account.Status = new(TeslaMate.Tesla.Accounts.SignIn.SignedOut, Generation: 1);
        using var browser = _pages.Visit();
        using var response = await browser.PostAsync("/sign_in", from: "/sign_in", ("tokens[access]", "the-secret-access"),
            ("tokens[refresh]", "the-secret-refresh"));
        response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var text = await response.Content.ReadAsStringAsync();
        text.ShouldContain("Error: Tokens are invalid");
        text.ShouldNotContain("the-secret");
    }

    static async Task<HttpResponseMessage> LogInAsync(Browser browser, string password)
        => await browser.PostAsync("/log_in", from: "/log_in", ("password", password), ("return", "/drives"));
}
