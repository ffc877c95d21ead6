using System.Net;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Vehicles;

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
    [InlineData("/drives")]
    [InlineData("/drives?from=2024-05-01&to=2024-05-02&place=Berlin&distance=1&time_zone=Europe/Berlin")]
    [InlineData("/drive/1")]
    [InlineData("/charges")]
    [InlineData("/charge/1")]
    public async Task Every_page_is_there(string path)
    {
        using var response = await _browser.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, string.Join('\n', _pages.Troubles.Lines));
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/html; charset=utf-8");
        (await Browser.ParseAsync(response)).Title.ShouldEndWith(" · TeslaMate for .NET");
    }

    [Theory]
    [InlineData("/nowhere", 404, "Not Found")]
    [InlineData("/settings/", 200, null)]
    [InlineData("/drive/4711/gpx", 404, "Drive not found")]
    [InlineData("/drive/4711", 404, "Not Found")]
    [InlineData("/drive/abc/gpx", 400, "Bad Request")]
    [InlineData("/charge-cost/9", 404, "Not Found")]
    [InlineData("/charge-cost/x", 400, "Bad Request")]
    [InlineData("/charge-cost/99999999999999999999", 404, "Not Found")]
    [InlineData("/charge-cost/-1", 404, "Not Found")]
    [InlineData("/geo-fences/7/edit", 404, "Not Found")]
    [InlineData("/geo-fences/seven/edit", 400, "Bad Request")]
    [InlineData("/api/car/1/logging/resume", 404, "\"Not Found\"")]
    public async Task What_is_not_there_is_said_in_the_words_of_http(string path, int status, string? body)
    {
        using var response = await _browser.GetAsync(path);
        ((int)response.StatusCode).ShouldBe(status);
        if (body is not null)
            (await response.Content.ReadAsStringAsync()).ShouldBe(body);
    }

    [Theory]
    [InlineData("/settings", "application/json", 406)]
    [InlineData("/settings", "application/xml", 406)]
    [InlineData("/drive/1/gpx", "application/xml", 406)]
    [InlineData("/settings", "text/html", 200)]
    [InlineData("/settings", "application/xhtml+xml, */*;q=0.1", 200)]
    [InlineData("/settings", null, 200)]
    public async Task A_page_is_html_or_nothing(string path, string? accept, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await _browser.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(status);
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
    [InlineData("/api/car/5/logging/resume", 404)]
    [InlineData("/api/car/five/logging/resume", 400)]
    [InlineData("/api/car/99999/logging/suspend", 404)]
    [InlineData("/api/car/1/logging/other", 404)]
    public async Task A_put_for_no_car_is_refused(string path, int status)
        => ((int)(await PutAsync(path)).StatusCode).ShouldBe(status);

    [Theory]
    [InlineData("{", 400)]
    [InlineData("{}", 204)]
    [InlineData("", 204)]
    public async Task The_body_of_a_put_is_ignored_unless_it_is_broken_json(string body, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/car/1/logging/resume") { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        ((int)(await _browser.SendAsync(request)).StatusCode).ShouldBe(status);
    }

    [Fact]
    public async Task A_drive_is_exported_as_gpx_in_the_order_of_time()
    {
        using var response = await _browser.GetAsync("/drive/1/gpx");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/xml; charset=utf-8");
        response.Content.Headers.GetValues("Content-Disposition").Single().ShouldBe("attachment; filename=\"2024-05-01 08:00:00.123456Z.gpx\"");
        var text = await response.Content.ReadAsStringAsync();
        text.ShouldStartWith("<?xml version=\"1.0\"?>\n<gpx xmlns=\"http://www.topografix.com/GPX/1/1\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
            + "version=\"1.1\" creator=\"Teslamate\" xsi:schemaLocation=\"http://www.topografix.com/GPX/1/1 http://www.topografix.com/GPX/1/1/gpx.xsd\">\n");
        text.ShouldEndWith("</gpx>");
        var gpx = System.Xml.Linq.XDocument.Parse(text).Root!;
        System.Xml.Linq.XNamespace ns = "http://www.topografix.com/GPX/1/1";
        gpx.Element(ns + "trk")!.Element(ns + "name")!.Value.ShouldBe("2024-05-01T08:00:00.123456Z");
        gpx.Descendants(ns + "trkpt").Select(point => $"{point.Attribute("lat")!.Value} {point.Attribute("lon")!.Value} {point.Element(ns + "ele")?.Value} {point.Element(ns + "time")!.Value}").ShouldBe(
        [
            "52.514521 13.350144 34 2024-05-01T08:00:00.123456Z",
            "52.515000 13.351000  2024-05-01T08:00:10.000000Z",
            "52.516000 13.352000 40 2024-05-01T08:00:20.000000Z",
            "0.000000 13.353000 41 2024-05-01T08:00:30.000000Z",
        ]);
    }

    [Fact]
    public async Task Head_is_answered_like_get_without_a_body()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/settings");
        using var response = await _browser.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("12345678901234567890", "12345678901234567890")]
    [InlineData("short", null)]
    public async Task A_request_keeps_its_id(string sent, string? kept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/settings");
        request.Headers.Add("X-Request-Id", sent);
        using var response = await _browser.SendAsync(request);
        var id = response.Headers.GetValues("X-Request-Id").Single();
        if (kept is not null)
            id.ShouldBe(kept);
        else
            id.Length.ShouldBe(20);
    }

    [Fact]
    public async Task Files_are_compressed_marked_and_kept_for_ever()
    {
        var page = await _browser.PageAsync("/settings");
        var css = page.QuerySelector("link[rel=stylesheet]")!.GetAttribute("href")!;
        using var request = new HttpRequestMessage(HttpMethod.Get, css);
        request.Headers.Add("Accept-Encoding", "gzip, br");
        using var response = await _browser.SendAsync(request);
        response.Content.Headers.ContentEncoding.ShouldBe(["br"]);
        response.Headers.GetValues("Cache-Control").Single().ShouldContain("immutable");
        using var again = new HttpRequestMessage(HttpMethod.Get, css);
        again.Headers.Add("If-None-Match", response.Headers.ETag!.ToString());
        (await _browser.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Theory]
    [InlineData("/assets/app.js")]
    [InlineData("/favicon.ico")]
    [InlineData("/robots.txt")]
    [InlineData("/site.webmanifest")]
    [InlineData("/android-chrome-192x192.png")]
    [InlineData("/android-chrome-512x512.png")]
    [InlineData("/apple-touch-icon.png")]
    [InlineData("/browserconfig.xml")]
    [InlineData("/favicon-16x16.png")]
    [InlineData("/favicon-32x32.png")]
    [InlineData("/mstile-150x150.png")]
    [InlineData("/safari-pinned-tab.svg")]
    public async Task The_fixed_files_are_there(string path)
        => (await _browser.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.OK);

    [Theory]
    [InlineData("/assets/../app.js")]
    [InlineData("/assets/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/assets/..%2f..%2fetc%2fpasswd")]
    [InlineData("/assets/app.css.br")]
    [InlineData("/wwwroot/assets/app.css")]
    public async Task Tricks_with_paths_find_nothing(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_pages.Address, path));
        ((int)(await _browser.SendAsync(request)).StatusCode).ShouldBe(404);
    }

    Task<HttpResponseMessage> PutAsync(string path) => _browser.SendAsync(new HttpRequestMessage(HttpMethod.Put, path));
}
