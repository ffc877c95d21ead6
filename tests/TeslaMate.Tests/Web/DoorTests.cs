using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TeslaMate.Configuration;
using TeslaMate.Web;
using TeslaMate.Web.Forms;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Tests.Web;

/// <summary>Doors that were found open, and their neighbours.</summary>
public sealed class DoorTests
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task Clients_that_do_not_read_keep_nobody_waiting_and_are_hung_up()
    {
        await using var pages = await PagesUnderTest.StartAsync(settings => settings, reach: database => database + ";Maximum Pool Size=10");
        await SampleRows.AddAsync(pages.Database);
        await pages.Database.ExecuteAsync("""
            insert into positions (id, car_id, drive_id, date, latitude, longitude)
            select 1000000 + n, 1, 1, '2024-05-01'::timestamp + make_interval(secs => n), 52.5, 13.4 from generate_series(1, 200000) n
            """);
        var slow = new List<TcpClient>();
        for (var number = 0; number < 30; number++)
            slow.Add(await AskAsync(pages, "GET /drive/1/gpx HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        using var browser = pages.Visit();
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await browser.GetAsync("/drives")).StatusCode.ShouldBe(HttpStatusCode.OK);
        // Some get theirs one after the other, the others are told to come again.
        while ((await browser.StreamAsync(
            new HttpRequestMessage(HttpMethod.Get, "/drive/1/gpx"))) is { StatusCode: not HttpStatusCode.ServiceUnavailable } other)
            other.Dispose();
        // Whoever does not read is not waited for.
        while (await pages.Database.ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and query like "
            + "'%from positions%' and state <> 'idle' and pid <> pg_backend_pid()") > 0)
            pages.Time.Advance(PatientBody.PartTimeout);
        slow.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task The_limiter_that_ticks_ten_times_a_second_is_made_when_a_request_has_a_limit()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        using var browser = pages.Visit();
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.OK);
        pages.HasLimiter.ShouldBeFalse();
        (await browser.GetAsync("/drive/1/gpx")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        pages.HasLimiter.ShouldBeTrue();
    }

    [Fact]
    public async Task A_request_of_HTTP_1_0_without_a_host_is_a_bad_request_in_one_line()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        foreach (var path in new[] { "/", "/settings", "/log_in", "/nowhere" })
        {
            using var client = await AskAsync(pages, $"GET {path} HTTP/1.0\r\n\r\n");
            using var reader = new StreamReader(client.GetStream());
            (await reader.ReadLineAsync())!.ShouldStartWith("HTTP/1.1 400 ", customMessage: path);
        }

        pages.Log.Lines.ShouldAllBe(line => !line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("MAP_TILES_URL", "https://karten.bücher.example/{z}/{x}/{y}.png", "https://karten.xn--bcher-kva.example")]
    [InlineData("NOMINATIM_URL", "https://suche.bücher.example:8443/x", "https://suche.xn--bcher-kva.example:8443")]
    public async Task Hosts_with_other_letters_stand_in_the_policy_by_their_name_in_the_DNS(string name, string value, string policy)
    {
        await using var pages = await PagesUnderTest.StartAsync((name, value));
        using var browser = pages.Visit();
        using var response = await browser.GetAsync("/log_in");
        ((int)response.StatusCode).ShouldBeLessThan(400);
        response.Headers.GetValues("Content-Security-Policy").Single().ShouldContain(policy);
    }

    [Theory]
    [InlineData("xn--")]
    [InlineData("a.xn--0")]
    [InlineData("xn--\u007f.example")]
    public async Task A_host_that_is_no_name_is_a_bad_request_in_one_line(string host)
    {
        await using var pages = await PagesUnderTest.StartAsync();
        foreach (var path in new[] { "/", "/log_in", "/nowhere", "/api/ping" })
        {
            using var client = await AskAsync(pages, $"GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Proto: https\r\n\r\n");
            using var reader = new StreamReader(client.GetStream());
            (await reader.ReadLineAsync())!.ShouldStartWith("HTTP/1.1 400 ", customMessage: path);
        }

        pages.Log.Lines.ShouldAllBe(line => !line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("POST /settings", 8_000_001)]
    [InlineData("POST /log_in", 16_001)]
    [InlineData("GET /drives", 9_000_000)]
    [InlineData("GET /no-such-page", 9_000_000)]
    [InlineData("PUT /api/car/1/logging/suspend", 8_000_001)]
    [InlineData("PUT /data/v1/drives/1/tags", 70_000)]
    public async Task Who_sends_too_much_hears_of_it_while_still_sending(string request, int bytes)
    {
        await using var pages = await PagesUnderTest.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, pages.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{request} HTTP/1.1\r\nHost: {pages.Address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {bytes}\r\n\r\n"));
        await stream.WriteAsync(new byte[1000]);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var answer = await ReadAnswerAsync(reader);
        answer.ShouldStartWith("HTTP/1.1 413 ");
        answer.ShouldContain("Connection: close");
        // Hung up on in good order, not cut off.
        await stream.WriteAsync(new byte[bytes - 1000]);
        (await reader.ReadToEndAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_asks_before_sending_too_much_need_not_send_it()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, pages.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /settings HTTP/1.1\r\nHost: {pages.Address.Authority}\r\nExpect: 100-continue\r\n"
            + "Content-Type: application/json\r\nContent-Length: 9000000\r\n\r\n"));
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var answer = await ReadAnswerAsync(reader);
        answer.ShouldStartWith("HTTP/1.1 413 ");
        answer.ShouldContain("Connection: close");
        (await reader.ReadToEndAsync()).ShouldBeEmpty();
    }

    /// <summary>The head of an answer; its body is read too.</summary>
    static async Task<string> ReadAnswerAsync(StreamReader reader)
    {
        var head = new StringBuilder();
        var length = 0;
        var isChunked = false;
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            head.AppendLine(line);
            if (line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase))
                length = int.Parse(line["Content-Length: ".Length..], CultureInfo.InvariantCulture);
            isChunked |= line.StartsWith("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase);
        }

        if (!isChunked)
            await reader.ReadBlockAsync(new char[length], 0, length);
        else
            while (await reader.ReadLineAsync() is { } line && line != "0")
            {
            }

        if (isChunked)
            await reader.ReadLineAsync();
        return head.ToString();
    }

    [Fact]
    public async Task Once_the_password_is_removed_only_this_machine_is_served()
    {
        await using var pages = await PagesUnderTest.StartAsync(settings => settings with { OpenToThisMachineOnly = true },
            reach: database => database);
        await pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        await pages.Access.RemovePasswordAsync(CancellationToken.None);
        using var browser = pages.Visit();
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var settings = pages.Get<WebSettings>();
        OpenHandler.MayReach(settings, IPAddress.Parse("192.168.1.5")).ShouldBeFalse();
        OpenHandler.MayReach(settings, IPAddress.Parse("::ffff:192.168.1.5")).ShouldBeFalse();
        OpenHandler.MayReach(settings, IPAddress.Parse("fe80::1")).ShouldBeFalse();
        OpenHandler.MayReach(settings, IPAddress.Parse("127.0.0.1")).ShouldBeTrue();
        OpenHandler.MayReach(settings, IPAddress.IPv6Loopback).ShouldBeTrue();
        OpenHandler.MayReach(settings, IPAddress.Parse("::ffff:127.0.0.1")).ShouldBeTrue();
        OpenHandler.MayReach(settings, peer: null).ShouldBeTrue();
        OpenHandler.MayReach(settings with { OpenToThisMachineOnly = false }, IPAddress.Parse("192.168.1.5")).ShouldBeTrue();
    }

    [Fact]
    public async Task Another_machine_is_turned_away_while_there_is_no_password()
    {
        if (OtherAddress() is not { } address)
            return;
        await using var pages = await PagesUnderTest.StartAsync(settings => settings with { OpenToThisMachineOnly = true },
            reach: database => database, listenOn: address);
        using var browser = pages.Visit();
        foreach (var path in new[] { "/settings", "/drives", "/live/cars" })
            (await browser.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
        (await browser.SendAsync(new HttpRequestMessage(HttpMethod.Put, "/api/car/1/logging/resume"))).StatusCode.ShouldBe(
            HttpStatusCode.Unauthorized);
        pages.Log.Lines.ShouldContain(line => line.Contains($"A request from {address} was refused", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("stored")]
    [InlineData("configured")]
    public async Task Where_a_token_is_set_a_put_needs_it_also_without_a_password(string kind)
    {
        const string Configured = "a token from the environment";
        await using var pages = kind == "configured"
            ? await PagesUnderTest.StartAsync(("WEB_API_TOKEN", Configured)) : await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(pages.Database);
        pages.Vehicles.Hub.Publish(FakeVehicles.Car());
        using var browser = pages.Visit();
        if (kind == "stored")
            (await PutAsync(token: null)).ShouldBe(HttpStatusCode.NoContent);
        var token = kind == "stored" ? (await pages.Access.MakeApiTokenAsync(CancellationToken.None)).Reveal() : Configured;
        (await PutAsync(token: null)).ShouldBe(HttpStatusCode.Unauthorized);
        (await PutAsync("wrong")).ShouldBe(HttpStatusCode.Unauthorized);
        (await PutAsync(token)).ShouldBe(HttpStatusCode.NoContent);
        // The pages themselves go on without.
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.OK);

        async Task<HttpStatusCode> PutAsync(string? token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, "/api/car/1/logging/resume");
            if (token is not null)
                request.Headers.Authorization = new("Bearer", token);
            using var response = await browser.SendAsync(request);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Over_https_cookies_belong_to_this_very_host_and_browsers_remember_https()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = pages.Visit();
        browser.Headers.Add("X-Forwarded-Proto", "https");
        browser.Headers.Host = "cars.example.com";
        using var page = await browser.GetAsync("/log_in?locale=de");
        page.Headers.GetValues("Strict-Transport-Security").Single().ShouldStartWith("max-age=");
        var cookies = page.Headers.GetValues("Set-Cookie").ToList();
        cookies.Count.ShouldBe(2);
        cookies.ShouldAllBe(cookie => cookie.StartsWith("__Host-_teslamate_", StringComparison.Ordinal)
            && cookie.Contains("; secure", StringComparison.Ordinal) && !cookie.Contains("domain", StringComparison.Ordinal));
        browser.Headers.Add("Cookie", cookies.Select(cookie => cookie.Split(';')[0]));
        using var logIn = await browser.PostWithAsync(Browser.TokenOf(await Browser.ParseAsync(page)), "/log_in", [("password", Password)]);
        logIn.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var session = logIn.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith("__Host-_teslamate_key=", StringComparison.Ordinal))
            .Split(';')[0];
        browser.Headers.Add("Cookie", session);
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.OK);
        // What a neighbour's page plants under the plain name is not looked at.
        using var planted = pages.Visit();
        planted.Headers.Add("X-Forwarded-Proto", "https");
        planted.Headers.Add("Cookie", session["__Host-".Length..]);
        (await planted.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Over_http_nothing_is_said_of_https()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        using var browser = pages.Visit();
        browser.Headers.Host = "cars.local";
        using var page = await browser.GetAsync("/settings");
        page.Headers.Contains("Strict-Transport-Security").ShouldBeFalse();
        page.Headers.GetValues("Set-Cookie").ShouldAllBe(cookie => cookie.StartsWith("_teslamate_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_ends_some_day_however_often_it_is_used()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = pages.Visit();
        await LogInAsync(browser);
        for (var day = 0; day < WebAccess.LongestSession.TotalDays - 1; day += 10)
        {
            (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.OK);
            pages.Time.Advance(TimeSpan.FromDays(10));
        }

        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Before_tokens_are_handed_over_the_owner_gives_the_password_again()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        pages.Account.Status = new(TeslaMate.Tesla.Accounts.SignIn.SignedOut, Generation: 1);
        await pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = pages.Visit();
        await LogInAsync(browser);
        var token = Browser.TokenOf(await browser.PageAsync("/sign_in"));
        pages.Time.Advance(Confirmation.Length + TimeSpan.FromSeconds(1));
        (await browser.GetAsync("/sign_in")).Headers.Location!.ToString().ShouldBe("/confirm?return=%2Fsign_in");
        (await browser.PostWithAsync(token, "/sign_in", [("tokens[access]", "a"), ("tokens[refresh]", "r")])).Headers.Location!.ToString()
            .ShouldStartWith("/confirm");
        pages.Account.Given.ShouldBeNull();
        (await browser.PostAsync("/confirm", from: "/confirm?return=%2Fsign_in", ("password", "wrong horse battery"),
            ("return", "/sign_in"))).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await browser.PostAsync("/confirm", from: "/confirm?return=%2Fsign_in", ("password", Password),
            ("return", "/sign_in"))).Headers.Location!.ToString().ShouldBe("/sign_in");
        (await browser.GetAsync("/sign_in")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_owner_sees_all_sessions_and_ends_one()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var thief = pages.Visit();
        thief.Headers.UserAgent.ParseAdd("Thief/1.0");
        thief.Headers.Add("X-Forwarded-For", "203.0.113.7");
        await LogInAsync(thief);
        using var owner = pages.Visit();
        owner.Headers.UserAgent.ParseAdd("Owner/1.0");
        await LogInAsync(owner);
        var page = await owner.PageAsync("/sessions");
        page.QuerySelectorAll("tbody tr").Length.ShouldBe(2);
        var row = page.QuerySelectorAll("tbody tr").Single(line => line.TextContent.Contains("Thief/1.0", StringComparison.Ordinal));
        row.TextContent.ShouldContain("203.0.113.7");
        (await owner.PostAsync("/sessions/end", from: "/sessions",
            ("id", row.QuerySelector("input[name=id]")!.GetAttribute("value")!))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await thief.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await owner.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.OK);
        pages.Log.Lines.Count(line => line.StartsWith("Information: Log-in by password from ", StringComparison.Ordinal)).ShouldBe(2);
        pages.Log.Lines.ShouldContain(
            line => line.StartsWith("Information: A session was ended in the pages, from 127.0.0.1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_new_password_needs_the_old_one_and_ends_all_other_sessions()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var other = pages.Visit();
        await LogInAsync(other);
        using var owner = pages.Visit();
        await LogInAsync(owner);
        (await owner.PostAsync("/sessions/password", from: "/sessions", ("password", "wrong"),
            ("new_password", "another horse battery"))).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await owner.PostAsync("/sessions/password", from: "/sessions", ("password", Password), ("new_password", "short"))).StatusCode.ShouldBe(
            HttpStatusCode.UnprocessableEntity);
        (await owner.PostAsync("/sessions/password", from: "/sessions", ("password", Password),
            ("new_password", "another horse battery"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await owner.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await other.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await pages.Access.IsPasswordAsync(new Secret("another horse battery"), CancellationToken.None)).ShouldBeTrue();
        pages.Log.Lines.ShouldContain(line => line.Contains("The password of the pages was changed in the pages", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/tm/settings")]
    [InlineData("/settings")]
    [InlineData("/tm")]
    [InlineData("/tm/assets/app.css")]
    public async Task A_proxy_may_keep_the_prefix_or_strip_it(string path)
    {
        await using var pages = await PagesUnderTest.StartAsync(("URL_PATH", "/tm"));
        pages.Vehicles.Hub.Publish(FakeVehicles.Car());
        using var browser = pages.Visit();
        (await browser.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("0,2345678", "0.2345678")]
    [InlineData("0.2345678", "0.2345678")]
    [InlineData(" -0,5 ", "-0.5")]
    [InlineData(",5", "0.5")]
    [InlineData("12", "12")]
    [InlineData("1.234,5", null)]
    [InlineData("1,234.5", null)]
    [InlineData("1,2,3", null)]
    [InlineData("wat", null)]
    [InlineData("", null)]
    public void A_comma_is_a_decimal_point(string typed, string? number)
        => Decimals.Parse(typed)?.ToString(System.Globalization.CultureInfo.InvariantCulture).ShouldBe(number);

    [Fact]
    public async Task A_comma_in_a_price_is_taken_and_a_trims_tooltip_is_whole()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(pages.Database);
        pages.Vehicles.Hub.Publish(FakeVehicles.Car());
        using var browser = pages.Visit();
        (await browser.PostAsync("/charge-cost/1", from: "/charge-cost/1", ("charging_process[cost]", "12,34"))).StatusCode.ShouldBe(
            HttpStatusCode.OK);
        (await pages.Database.ScalarAsync<decimal>("select cost from charging_processes")).ShouldBe(12.34m);
        (await browser.PostAsync("/geo-fences", from: "/geo-fences/new", ("geo_fence[name]", "Home"), ("geo_fence[latitude]", "52,5"),
            ("geo_fence[longitude]", "13,4"), ("geo_fence[radius]", "50"),
            ("geo_fence[billing_type]", "per_kwh"), ("geo_fence[cost_per_unit]", "0,2345"), ("costs", "keep"))).StatusCode.ShouldBe(
                HttpStatusCode.Redirect);
        (await pages.Database.ScalarAsync<decimal>("select cost_per_unit from geofences")).ShouldBe(0.2345m);
        var page = await browser.PageAsync("/");
        page.QuerySelectorAll(".tip").ShouldAllBe(tip => tip.HasAttribute("data-tip"));
        page.Body!.TextContent.ShouldNotContain("@");
        // The cards count by the program's clock.
        DateTimeOffset.Parse(page.QuerySelector("#cars")!.GetAttribute("data-now")!, System.Globalization.CultureInfo.InvariantCulture)
            .ShouldBe(pages.Time.GetUtcNow());
    }

    [Theory]
    [InlineData("x", HttpStatusCode.Unauthorized)]
    [InlineData("1234567", HttpStatusCode.Unauthorized)]
    [InlineData("12345678", HttpStatusCode.NoContent)]
    public async Task A_token_of_a_few_characters_opens_nothing_and_does_not_stop_the_start(string token, HttpStatusCode status)
    {
        await using var pages = await PagesUnderTest.StartAsync(("WEB_API_TOKEN", token));
        await SampleRows.AddAsync(pages.Database);
        pages.Vehicles.Hub.Publish(FakeVehicles.Car());
        using var browser = pages.Visit();
        foreach (var given in (string?[])[null, token])
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, "/api/car/1/logging/resume");
            if (given is not null)
                request.Headers.Authorization = new("Bearer", given);
            using var response = await browser.SendAsync(request);
            response.StatusCode.ShouldBe(given is null ? HttpStatusCode.Unauthorized : status);
        }
    }

    static async Task LogInAsync(Browser browser)
        => (await browser.PostAsync("/log_in", from: "/log_in", ("password", Password))).StatusCode.ShouldBe(HttpStatusCode.Redirect);

    static async Task<TcpClient> AskAsync(PagesUnderTest pages, string request)
    {
        var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(IPAddress.Loopback, pages.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        return client;
    }

    /// <summary>An address of this machine that is not loopback, as another machine's would be; null where there is none.</summary>
    static IPAddress? OtherAddress()
        => System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
            .Where(card => card.OperationalStatus == System.Net.NetworkInformation.OperationalStatus.Up)
            .SelectMany(card => card.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address)
            .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
}
