using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tests.Logbook;
using TeslaMate.Vehicles;
using TeslaMate.Web.Layout;

namespace TeslaMate.Tests.Web;

/// <summary>The HTTP contract (spec web 1 to 4).</summary>
public sealed class RouteTests : IClassFixture<SharedPages>, IDisposable
{
    readonly PagesUnderTest _pages;
    readonly Browser _browser;

    public RouteTests(SharedPages shared)
    {
        _pages = shared.Pages;
        _browser = _pages.Visit();
        _pages.Vehicles.Suspending = null;
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car());
        _pages.Account.Status = new AccountStatus(SignIn.SignedIn, Generation: 1);
    }

    public void Dispose() => _browser.Dispose();

    [Theory]
    [InlineData("/")]
    [InlineData("/sign_in")]
    [InlineData("/settings")]
    [InlineData("/settings?car=1&locale=de")]
    [InlineData("/geo-fences")]
    [InlineData("/geo-fences/new")]
    [InlineData("/geo-fences/new?lat=52.5&lng=13.4")]
    [InlineData("/charge-cost/1")]
    [InlineData("/history")]
    [InlineData("/history/drive/1")]
    [InlineData("/history/charge/1")]
    [InlineData("/drives")]
    [InlineData("/drives?from=2024-05-01&to=2024-05-02&place=Berlin&distance=1&time_zone=Europe/Berlin")]
    [InlineData("/drive/1")]
    [InlineData("/charges")]
    [InlineData("/charge/1")]
    [InlineData("/statistics")]
    [InlineData("/statistics?preset=7d&period=day&measure=energy&time_zone=Asia/Kolkata")]
    [InlineData("/driving")]
    [InlineData("/mileage")]
    [InlineData("/trips")]
    [InlineData("/trip?from=2024-05-01T08:00:00Z&to=2024-05-01T10:00:00Z")]
    [InlineData("/timeline?kind=driving&text=Beelitz")]
    [InlineData("/review?preset=last-year")]
    [InlineData("/charging?period=week")]
    [InlineData("/charging-stops?show=all")]
    [InlineData("/charge-curve?axis=minute&place=Beelitz")]
    [InlineData("/battery?period=total")]
    [InlineData("/parked?hours=0&period=total")]
    [InlineData("/tyres?period=total")]
    [InlineData("/software")]
    [InlineData("/visited?preset=all&text=Beelitz")]
    [InlineData("/all-cars?measure=cost&hide=1&hide=2")]
    [InlineData("/stored")]
    [InlineData("/telemetry")]
    [InlineData("/outgoing")]
    [InlineData("/outgoing/1")]
    [InlineData("/outgoing/new?kind=telegram")]
    public async Task Every_page_is_there(string path)
    {
        using var response = await _browser.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, string.Join('\n', _pages.Log.Lines));
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/html; charset=utf-8");
        (await Browser.ParseAsync(response)).Title.ShouldEndWith(" · TeslaMate for .NET");
    }

    [Theory]
    [InlineData("GET", "/nowhere", 404, "Not Found")]
    [InlineData("GET", "/health_check/", 404, "Not Found")]
    [InlineData("GET", "/settings/", 200, null)]
    [InlineData("PUT", "/settings", 404, "Not Found")]
    [InlineData("DELETE", "/geo-fences/1", 404, "Not Found")]
    [InlineData("POST", "/assets/app.css", 404, "Not Found")]
    [InlineData("GET", "/assets/nothing.css", 404, "Not Found")]
    [InlineData("GET", "/drive/4711", 404, "Not Found")]
    [InlineData("GET", "/drive/abc/gpx", 400, "Bad Request")]
    [InlineData("GET", "/charge/9", 404, "Not Found")]
    [InlineData("GET", "/history/9", 404, "Not Found")]
    [InlineData("GET", "/history/drive/9", 404, "Not Found")]
    [InlineData("GET", "/charge-cost/9", 404, "Not Found")]
    [InlineData("GET", "/charge-cost/x", 400, "Bad Request")]
    [InlineData("GET", "/charge-cost/1.5", 400, "Bad Request")]
    [InlineData("GET", "/charge-cost/99999999999999999999", 404, "Not Found")]
    [InlineData("GET", "/charge-cost/-1", 404, "Not Found")]
    [InlineData("GET", "/geo-fences/7/edit", 404, "Not Found")]
    [InlineData("GET", "/geo-fences/seven/edit", 400, "Bad Request")]
    [InlineData("GET", "/cars/7/details", 404, "Not Found")]
    public async Task What_is_not_there_is_said_in_the_words_of_http(string method, string path, int status, string? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await _browser.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/html; charset=utf-8");
        if (body is not null)
            (await response.Content.ReadAsStringAsync()).ShouldBe(body);
    }

    [Theory]
    [InlineData("GET", "/api/car/1/logging/resume", null, 404, "\"Not Found\"")]
    [InlineData("POST", "/api/car/1/logging/resume", null, 404, "\"Not Found\"")]
    [InlineData("PUT", "/api/car/5/logging/resume", null, 404, "\"Not Found\"")]
    [InlineData("PUT", "/api/car/five/logging/resume", null, 400, "\"Bad Request\"")]
    [InlineData("PUT", "/api/car/99999/logging/suspend", null, 404, "\"Not Found\"")]
    [InlineData("PUT", "/api/car/1/logging/other", null, 404, "\"Not Found\"")]
    [InlineData("PUT", "/api/car/1/logging/resume", "text/html", 406, "\"Not Acceptable\"")]
    [InlineData("GET", "/nowhere", "application/json", 404, "\"Not Found\"")]
    [InlineData("GET", "/settings", "application/json", 406, "\"Not Acceptable\"")]
    public async Task Who_asks_for_json_gets_the_same_words_as_json(string method, string path, string? accept, int status, string body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await _browser.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json; charset=utf-8");
        (await response.Content.ReadAsStringAsync()).ShouldBe(body);
    }

    [Theory]
    [InlineData("/nowhere", 404, "Not Found")]
    [InlineData("/api/car/1/logging/resume", 404, "Not Found")]
    [InlineData("/charge-cost/text", 400, "Bad Request")]
    public async Task Who_asks_for_problem_details_gets_them(string path, int status, string title)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept", "text/html, application/problem+json");
        using var response = await _browser.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        problem.GetProperty("title").GetString().ShouldBe(title);
        problem.GetProperty("status").GetInt32().ShouldBe(status);
        problem.GetProperty("instance").GetString().ShouldBe(response.Headers.GetValues("X-Request-Id").Single());
        problem.GetProperty("type").GetString().ShouldStartWith("https://");
    }

    [Theory]
    [InlineData("/settings", "application/json", 406)]
    [InlineData("/settings", "application/xml", 406)]
    [InlineData("/settings", "image/png", 406)]
    [InlineData("/settings", "text/html", 200)]
    [InlineData("/settings", "text/*", 200)]
    [InlineData("/settings", "application/xhtml+xml, */*;q=0.1", 200)]
    [InlineData("/settings", null, 200)]
    [InlineData("/settings?_format=html", "application/json", 200)]
    [InlineData("/settings?_format=json", null, 406)]
    [InlineData("/settings?_format=pdf", null, 406)]
    // A program that asks for what it gets is served.
    [InlineData("/drive/1/gpx", "application/xml", 200)]
    [InlineData("/drive/1/gpx", "application/gpx+xml", 200)]
    [InlineData("/drive/1/gpx", "text/html", 200)]
    [InlineData("/drive/1/gpx", "application/json", 406)]
    public async Task A_page_is_html_or_nothing(string path, string? accept, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await _browser.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(status);
        if (status == 406)
            (await response.Content.ReadAsStringAsync()).Trim('"').ShouldBe("Not Acceptable");
    }

    [Theory]
    [InlineData("/api/car/1/logging/resume", "application/json", 204)]
    [InlineData("/api/car/1/logging/resume", "*/*", 204)]
    [InlineData("/api/car/1/logging/resume", null, 204)]
    [InlineData("/api/car/1/logging/resume", "text/html", 406)]
    [InlineData("/api/car/1/logging/resume?_format=json", "text/html", 204)]
    [InlineData("/api/car/1/logging/resume?_format=html", null, 406)]
    public async Task The_put_routes_speak_json_or_nothing(string path, string? accept, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await _browser.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(status);
    }

    [Fact]
    public async Task While_nothing_is_imported_the_import_leads_home()
        => (await _browser.GetAsync("/import")).Headers.Location!.ToString().ShouldBe("/");

    [Theory]
    [InlineData("Sec-Fetch-Mode", "navigate")]
    [InlineData("Upgrade-Insecure-Requests", "1")]
    public async Task A_browser_that_opens_a_page_which_is_not_there_gets_one_with_a_way_back(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nowhere");
        request.Headers.Add(header, value);
        using var response = await _browser.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var page = await Browser.ParseAsync(response);
        page.Text("h1").ShouldBe("Not Found");
        page.QuerySelector("main a[href='/']").ShouldNotBeNull();
    }

    [Theory]
    [InlineData("delete from settings")]
    [InlineData("insert into settings (inserted_at, updated_at) values (now(), now())")]
    [InlineData("alter table cars rename column vin to vinn")]
    public async Task A_broken_database_is_an_internal_error(string damage)
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await pages.Database.ExecuteAsync(damage);
        using var browser = pages.Visit();
        using var response = await browser.GetAsync("/settings");
        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await response.Content.ReadAsStringAsync()).ShouldBe("Internal Server Error");
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/html; charset=utf-8");
    }

    [Fact]
    public async Task A_page_that_fails_while_it_is_made_leaves_the_answer_to_the_error()
    {
        await using var scope = _pages.Services.CreateAsyncScope();
        var http = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        var page = (await PageContext.BindAsync(http)).Render<BrokenPage, string>("the page fails", StatusCodes.Status422UnprocessableEntity);
        (await Should.ThrowAsync<InvalidOperationException>(() => page.ExecuteAsync(http))).Message.ShouldBe("the page fails");
        // An answer with a type counts as one that has its body.
        http.Response.ContentType.ShouldBeNull();
        http.Response.StatusCode.ShouldBe(StatusCodes.Status200OK);
    }

    sealed class BrokenPage : PageComponent<string>
    {
        protected override void BuildRenderTree(RenderTreeBuilder builder) => throw new InvalidOperationException(Model);
    }

    [Fact]
    public async Task While_the_database_is_away_pages_say_so_and_the_files_are_there()
    {
        LossyProxy? way = null;
        await using var pages = await PagesUnderTest.StartAsync(settings => settings, database => (way = new LossyProxy(database)).ConnectionString);
        await using var _ = way;
        using var browser = pages.Visit();
        await browser.PageAsync("/settings");
        way!.SwallowAnswers = true;
        way.Cut();
        using var response = await browser.GetAsync("/settings");
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(10));
        (await response.Content.ReadAsStringAsync()).ShouldBe("Service Unavailable");
        browser.Headers.Add("Sec-Fetch-Mode", "navigate");
        using var page = await browser.GetAsync("/settings");
        (await Browser.ParseAsync(page)).Body!.TextContent.ShouldContain("Your cars are still being logged.");
        (await browser.GetAsync("/assets/app.css")).StatusCode.ShouldBe(HttpStatusCode.OK);
        way.SwallowAnswers = false;
        (await browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(SignIn.SignedOut)]
    [InlineData(SignIn.Undecryptable)]
    public async Task Who_is_not_signed_in_is_led_to_the_tokens(SignIn status)
    {
        _pages.Account.Status = new AccountStatus(status, Generation: 1);
        using var response = await _browser.GetAsync("/");
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.ToString().ShouldBe("/sign_in");
        (await _browser.GetAsync("/settings")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("suspend", null, 204, "")]
    [InlineData("resume", null, 204, "")]
    [InlineData("suspend", "preconditioning", 412, """{"error":"preconditioning"}""")]
    [InlineData("suspend", "vehicle_not_parked", 412, """{"error":"vehicle_not_parked"}""")]
    public async Task Logging_is_suspended_and_resumed_by_put(string action, string? refusal, int status, string body)
    {
        _pages.Vehicles.Suspending = refusal is null ? null : new SuspendAnswer.InUse(refusal);
        using var response = await PutAsync($"/api/car/1/logging/{action}");
        ((int)response.StatusCode).ShouldBe(status);
        (await response.Content.ReadAsStringAsync()).ShouldBe(body);
        if (status == 412)
            response.Content.Headers.ContentType!.ToString().ShouldBe("application/json; charset=utf-8");
    }

    [Fact]
    public async Task A_put_that_cannot_be_carried_out_now_says_so()
    {
        _pages.Vehicles.Suspending = new SuspendAnswer.RateLimited(TimeSpan.FromMinutes(5));
        using (var limited = await PutAsync("/api/car/1/logging/suspend"))
        {
            limited.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            (await limited.Content.ReadAsStringAsync()).ShouldBe("""{"error":"too_many_request"}""");
        }

        _pages.Vehicles.Suspending = new SuspendAnswer.NotRunning();
        (await PutAsync("/api/car/1/logging/suspend")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Theory]
    [InlineData("{", 400)]
    [InlineData("{}", 204)]
    [InlineData("", 204)]
    public async Task The_body_of_a_put_is_ignored_unless_it_is_broken_json(string body, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put,
            "/api/car/1/logging/resume")
        { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        ((int)(await _browser.SendAsync(request)).StatusCode).ShouldBe(status);
    }

    [Fact]
    public async Task A_drive_is_exported_as_gpx_in_the_order_of_time()
    {
        using var response = await _browser.GetAsync("/drive/1/gpx");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/xml; charset=utf-8");
        response.Headers.Vary.ShouldBe(["Accept"]);
        response.Content.Headers.GetValues("Content-Disposition").Single().ShouldBe("attachment; filename=\"2024-05-01 08:00:00.123456Z.gpx\"");
        var text = await response.Content.ReadAsStringAsync();
        text.ShouldStartWith("<?xml version=\"1.0\"?>\n<gpx xmlns=\"http://www.topografix.com/GPX/1/1\" "
            + "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
            + "version=\"1.1\" creator=\"Teslamate\" xsi:schemaLocation=\"http://www.topografix.com/GPX/1/1 "
            + "http://www.topografix.com/GPX/1/1/gpx.xsd\">\n");
        text.ShouldEndWith("</gpx>");
        var gpx = System.Xml.Linq.XDocument.Parse(text).Root!;
        System.Xml.Linq.XNamespace ns = "http://www.topografix.com/GPX/1/1";
        gpx.Element(ns + "trk")!.Element(ns + "name")!.Value.ShouldBe("2024-05-01T08:00:00.123456Z");
        gpx.Descendants(ns + "trkpt").Select(point => $"{point.Attribute("lat")!.Value} {point.Attribute("lon")!.Value} "
            + $"{point.Element(ns + "ele")?.Value} {point.Element(ns + "time")!.Value}").ShouldBe(
        [
            "52.514521 13.350144 34 2024-05-01T08:00:00.123456Z",
            "52.515000 13.351000  2024-05-01T08:00:10.000000Z",
            "52.516000 13.352000 40 2024-05-01T08:00:20.000000Z",
            "0.000000 13.353000 41 2024-05-01T08:00:30.000000Z",
        ]);
    }

    [Fact]
    public async Task A_drive_that_is_not_there_has_no_file()
    {
        using var response = await _browser.GetAsync("/drive/4/gpx");
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        response.Content.Headers.ContentType.ShouldBeNull();
        (await response.Content.ReadAsStringAsync()).ShouldBe("Drive not found");
    }

    [Fact]
    public async Task A_program_that_knows_gpx_gets_it_by_name()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/drive/1/gpx");
        request.Headers.Add("Accept", "application/gpx+xml");
        (await _browser.SendAsync(request)).Content.Headers.ContentType!.ToString().ShouldBe("application/gpx+xml");
    }

    [Fact]
    public async Task A_drive_under_way_and_one_without_positions_have_files_too()
    {
        await _pages.Database.ExecuteAsync("""
            insert into drives (id, start_date, car_id) values (2, '2024-05-02 08:00', 1), (3, '2024-05-03 08:00', 1);
            insert into positions (id, date, latitude, longitude, car_id, drive_id) values (100, '2024-05-02 08:00:01', 1, 2, 1, 2)
            """);
        (await (await _browser.GetAsync("/drive/2/gpx")).Content.ReadAsStringAsync()).ShouldContain(
            "<trkpt lat=\"1.000000\" lon=\"2.000000\"><time>2024-05-02T08:00:01.000000Z</time></trkpt>");
        var empty = System.Xml.Linq.XDocument.Parse(await (await _browser.GetAsync("/drive/3/gpx")).Content.ReadAsStringAsync());
        empty.Descendants().Select(element => element.Name.LocalName).ShouldBe(["gpx", "trk", "name", "trkseg"]);
        await _pages.Database.ExecuteAsync("delete from positions where id = 100; delete from drives where id > 1");
    }

    [Theory]
    [InlineData("/", 200)]
    [InlineData("/settings", 200)]
    [InlineData("/drive/1/gpx", 200)]
    [InlineData("/assets/app.css", 200)]
    [InlineData("/nowhere", 404)]
    public async Task Head_is_answered_like_get_without_a_body(string path, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var response = await _browser.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(status);
        (await response.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        using var got = await _browser.GetAsync(path);
        response.Content.Headers.ContentType.ShouldBe(got.Content.Headers.ContentType);
        response.Headers.CacheControl!.ToString().ShouldBe(got.Headers.CacheControl!.ToString());
    }

    [Theory]
    [InlineData(20, true)]
    [InlineData(200, true)]
    [InlineData(19, false)]
    [InlineData(201, false)]
    [InlineData(0, false)]
    public async Task A_request_keeps_its_id(int length, bool isKept)
    {
        foreach (var path in new[] { "/settings", "/nowhere", "/assets/app.css" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            var sent = new string('i', length);
            request.Headers.Add("X-Request-Id", sent);
            using var response = await _browser.SendAsync(request);
            var id = response.Headers.GetValues("X-Request-Id").Single();
            (id == sent).ShouldBe(isKept);
            id.Length.ShouldBe(isKept ? length : 20);
        }
    }

    [Fact]
    public async Task Pages_are_not_kept_by_anybody()
    {
        foreach (var path in new[] { "/", "/settings", "/nowhere", "/drive/1/gpx" })
            (await _browser.GetAsync(path)).Headers.CacheControl.ShouldBe(new() { MaxAge = TimeSpan.Zero, Private = true, MustRevalidate = true });
    }

    [Fact]
    public async Task A_header_may_be_long()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/settings");
        request.Headers.Add("X-Long", new string('x', 16384));
        (await _browser.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("gzip, br", "br")]
    [InlineData("br;q=0, gzip", "gzip")]
    [InlineData("gzip", "gzip")]
    [InlineData("zstd, br, gzip", "br")]
    [InlineData("identity", null)]
    [InlineData(null, null)]
    public async Task Files_are_compressed_as_the_browser_can_read_them(string? accept, string? encoding)
    {
        var plain = await (await _browser.GetAsync("/assets/app.css")).Content.ReadAsByteArrayAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/assets/app.css");
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accept);
        using var response = await _browser.SendAsync(request);
        response.Content.Headers.ContentEncoding.ShouldBe(encoding is null ? [] : [encoding]);
        response.Headers.Vary.ShouldBe(["Accept-Encoding"]);
        var body = await response.Content.ReadAsStreamAsync();
        await using var read = encoding switch
        {
            "br" => new System.IO.Compression.BrotliStream(body, System.IO.Compression.CompressionMode.Decompress),
            "gzip" => new System.IO.Compression.GZipStream(body, System.IO.Compression.CompressionMode.Decompress),
            _ => body,
        };
        using var memory = new MemoryStream();
        await read.CopyToAsync(memory);
        memory.ToArray().ShouldBe(plain);
    }

    [Fact]
    public async Task Files_that_pages_name_are_kept_for_ever_and_others_are_asked_for_again()
    {
        var marked = (await _browser.PageAsync("/settings")).QuerySelector("link[rel=stylesheet]")!.GetAttribute("href")!;
        marked.ShouldEndWith("vsn=d");
        using (var response = await _browser.GetAsync(marked))
            response.Headers.GetValues("Cache-Control").Single().ShouldBe("public, max-age=31536000, immutable");
        using (var response = await _browser.GetAsync("/assets/app.css"))
        {
            response.Headers.GetValues("Cache-Control").Single().ShouldBe("public");
            using var again = new HttpRequestMessage(HttpMethod.Get, "/assets/app.css");
            again.Headers.Add("If-None-Match", response.Headers.ETag!.ToString());
            using var unchanged = await _browser.SendAsync(again);
            unchanged.StatusCode.ShouldBe(HttpStatusCode.NotModified);
            (await unchanged.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("/assets/app.css", "text/css; charset=utf-8")]
    [InlineData("/assets/app.js", "text/javascript; charset=utf-8")]
    [InlineData("/favicon.ico", "image/x-icon")]
    [InlineData("/robots.txt", "text/plain; charset=utf-8")]
    [InlineData("/site.webmanifest", "application/manifest+json")]
    [InlineData("/android-chrome-192x192.png", "image/png")]
    [InlineData("/android-chrome-512x512.png", "image/png")]
    [InlineData("/apple-touch-icon.png", "image/png")]
    [InlineData("/browserconfig.xml", "application/xml; charset=utf-8")]
    [InlineData("/favicon-16x16.png", "image/png")]
    [InlineData("/favicon-32x32.png", "image/png")]
    [InlineData("/mstile-150x150.png", "image/png")]
    [InlineData("/safari-pinned-tab.svg", "image/svg+xml")]
    public async Task The_fixed_files_are_there(string path, string type)
    {
        using var response = await _browser.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe(type);
    }

    [Fact]
    public async Task The_manifest_describes_an_app_for_the_home_screen()
    {
        var manifest = System.Text.Json.JsonDocument.Parse(
            await (await _browser.GetAsync("/site.webmanifest")).Content.ReadAsStringAsync()).RootElement;
        new[] { "name", "short_name", "display", "theme_color", "background_color" }.Select(name => manifest.GetProperty(name).GetString())
            .ShouldBe(["TeslaMate for .NET", "TeslaMate.NET", "standalone", "#ffffff", "#ffffff"]);
        manifest.GetProperty("icons").EnumerateArray().Select(icon => icon.GetProperty("sizes").GetString()).ShouldBe(["192x192", "512x512"]);
    }

    [Fact]
    public async Task Robots_are_forbidden_nothing()
        => (await (await _browser.GetAsync("/robots.txt")).Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ShouldAllBe(line => line.StartsWith('#'));

    [Theory]
    [InlineData("/assets/../app.js")]
    [InlineData("/assets/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/assets/..%2f..%2fetc%2fpasswd")]
    [InlineData("/assets/..%5c..%5cetc%5cpasswd")]
    [InlineData("/assets//app.js")]
    [InlineData("/assets/app.js%00.png")]
    [InlineData("/assets/app.css.br")]
    [InlineData("/assets/APP.CSS")]
    [InlineData("/wwwroot/assets/app.css")]
    [InlineData("//etc/passwd")]
    public async Task Tricks_with_paths_find_nothing(string path)
    {
        // As it stands: a client would tidy it up first.
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(_pages.Address.Host, _pages.Address.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync();
        answer.ShouldMatch("^HTTP/1.1 40[04] ");
        answer.ShouldNotContain("root:");
    }

    Task<HttpResponseMessage> PutAsync(string path) => _browser.SendAsync(new HttpRequestMessage(HttpMethod.Put, path));
}
