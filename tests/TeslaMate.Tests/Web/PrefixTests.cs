using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using AngleSharp.Html.Dom;
using TeslaMate.Configuration;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Tests.Web;

/// <summary>The pages below a path that a proxy strips (spec web 1.3): nothing leads out of it, and everything leads somewhere.</summary>
public sealed partial class PrefixTests : IAsyncLifetime
{
    const string Prefix = "/cars/mate";

    PagesUnderTest _pages = null!;
    Browser _browser = null!;

    public async Task InitializeAsync()
    {
        _pages = await PagesUnderTest.StartAsync(("URL_PATH", $"{Prefix}/"));
        await SampleRows.AddAsync(_pages.Database);
        await _pages.Database.ExecuteAsync("""
            insert into car_settings (id) values (2);
            insert into cars (id, eid, vid, vin, name, settings_id, inserted_at, updated_at) values (2, 2, 2, 'VIN2', 'Second', 2, now(), now());
            insert into geofences (id, name, latitude, longitude, radius, inserted_at, updated_at) values (1, 'Home', 52.5, 13.3, 20, now(), now());
            select setval('geofences_id_seq', 1);
            insert into teslamate.history_changes (car_id, author, changed_at, edit) values (1, 'pages', now(), '{"do": "delete", "kind": "Drive", "ids": [9]}');
            insert into drives (id, car_id, start_date, end_date, distance, duration_min) select 1 + day, 1, '2024-01-01', '2024-01-01', 1, 1
                from generate_series(1, 90) day;
            insert into charging_processes (id, car_id, position_id, address_id, start_date) select 1 + day, 1, 5, 1, '2024-01-01'
                from generate_series(1, 90) day
            """);
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car() with { ClimateKeeperMode = "off", Latitude = 52, Longitude = 13 });
        _browser = _pages.Visit(Prefix);
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        await _pages.DisposeAsync();
    }

    [Fact]
    public async Task Every_address_on_every_page_is_below_the_prefix_and_answers()
    {
        var routes = Route.All(_pages.Services);
        var paths = routes.Where(route => route is { Method: "GET", Policy: Policies.Owner, IsLive: false }).Select(route => route.Path)
            .Except(["/import", "/drive/1/gpx", "/confirm"])
            // They are asked for with the name of a table, by links of their pages.
            .Where(path => !path.EndsWith("csv", StringComparison.Ordinal))
            .Concat(["/settings?car=2", "/drives?page=2", "/charges?page=2&place=Berlin", "/geo-fences/new?lat=52.5&lng=13.4", "/nowhere"]).ToList();
        paths.Count.ShouldBeGreaterThan(15);
        var found = new HashSet<(string Address, bool IsPosted)>();
        foreach (var path in paths)
            found.UnionWith(Own(await OpenAsync(path), path));
        found.Count.ShouldBeGreaterThan(40);
        found.Where(own => !own.Address.StartsWith($"{Prefix}/", StringComparison.Ordinal)).ShouldBeEmpty();
        // What a route of the pages can do is linked from some page: none is forgotten here.
        var posted = found.Where(own => own.IsPosted).Select(own => own.Address.Split('?')[0]).ToHashSet();
        // What is for programs is linked from no page.
        foreach (var route in routes.Where(route => route.Method == "POST" && !route.Path.StartsWith("/api/", StringComparison.Ordinal)
            && !route.Path.StartsWith("/data/v1/", StringComparison.Ordinal)))
            (posted.Contains(Prefix + route.Path) || Unlinked.Contains(route.Path)).ShouldBeTrue(route.Path);
        foreach (var (address, isPosted) in found)
        {
            using var request = new HttpRequestMessage(isPosted ? HttpMethod.Post : HttpMethod.Get, address);
            using var response = await _browser.StreamAsync(request);
            // A form that is sent without its token is refused where it leads somewhere, and not found where it does not.
            response.StatusCode.ShouldBe(isPosted ? HttpStatusCode.Forbidden : HttpStatusCode.OK, address);
        }
    }

    [Fact]
    public async Task Every_way_on_stays_below_the_prefix()
    {
        var fence = new (string Name, string Value)[] { ("geo_fence[name]", "Home"), ("geo_fence[latitude]", "52.5"),
            ("geo_fence[longitude]", "13.4"), ("geo_fence[radius]", "50"), ("geo_fence[billing_type]", "per_kwh") };
        (await LocationAsync("/import")).ShouldBe($"{Prefix}/");
        (await LocationAsync("/log_in")).ShouldBe($"{Prefix}/");
        (await LocationAsync("/geo-fences", fence)).ShouldBe($"{Prefix}/geo-fences");
        using (var preview = await _browser.PostAsync($"{Prefix}/geo-fences/2/delete", from: $"{Prefix}/settings"))
        {
            var form = (await Browser.ParseAsync(preview)).QuerySelector("main form")!;
            form.GetAttribute("action").ShouldBe($"{Prefix}/geo-fences/2/delete");
            (await LocationAsync("/geo-fences/2/delete", [("version", form.QuerySelector("[name=version]")!.GetAttribute("value")!)]))
                .ShouldBe($"{Prefix}/geo-fences");
        }

        (await LocationAsync("/cars/1/suspend", [])).ShouldBe($"{Prefix}/");
        (await LocationAsync("/cars/1/resume", [])).ShouldBe($"{Prefix}/");
        (await LocationAsync("/settings/car/2", [.. "enabled req_not_unlocked free_supercharging use_streaming_api lfp_battery".Split(' ')
            .Select(field => ($"car_settings[{field}]", "true"))]))
            .ShouldBe($"{Prefix}/settings?car=2");
        (await LocationAsync("/sign_out", [])).ShouldBe($"{Prefix}/");
        (await LocationAsync("/")).ShouldBe($"{Prefix}/sign_in");
        _browser.Headers.Add("HX-Request", "true");
        using (var signedIn = await _browser.PostAsync($"{Prefix}/sign_in", from: $"{Prefix}/settings", ("tokens[access]", "a"),
            ("tokens[refresh]", "b")))
            signedIn.Headers.GetValues("HX-Redirect").Single().ShouldBe($"{Prefix}/");
        await _pages.Access.SetPasswordAsync(new Secret("correct horse battery"), CancellationToken.None);
        using (var stranger = await _browser.GetAsync($"{Prefix}/cars/1/details"))
            stranger.Headers.GetValues("HX-Redirect").Single().ShouldBe($"{Prefix}/log_in");
        _browser.Headers.Remove("HX-Request");
        // The way back is the path that the program sees; the prefix is put in front of it again.
        (await LocationAsync("/drives?page=2")).ShouldBe($"{Prefix}/log_in?return=%2Fdrives%3Fpage%3D2");
        using var loggedIn = await _browser.PostAsync($"{Prefix}/log_in", from: $"{Prefix}/log_in?return=%2Fdrives%3Fpage%3D2",
            ("password", "correct horse battery"), ("return", "/drives?page=2"));
        loggedIn.Headers.Location!.ToString().ShouldBe($"{Prefix}/drives?page=2");
        (await LocationAsync("/log_out", [])).ShouldBe($"{Prefix}/");
    }

    [Fact]
    public async Task The_files_that_name_files_lead_to_them()
    {
        var manifest = JsonDocument.Parse(await TextAsync($"{Prefix}/site.webmanifest")).RootElement;
        var named = manifest.GetProperty("icons").EnumerateArray().Select(icon => icon.GetProperty("src").GetString()!)
            .Append(manifest.GetProperty("start_url").GetString()!)
            .Select(address => ("/site.webmanifest", address))
            .Concat(XDocument.Parse(await TextAsync($"{Prefix}/browserconfig.xml")).Descendants().Attributes("src")
                .Select(source => ("/browserconfig.xml", source.Value)))
            .Concat(Url().Matches(await TextAsync($"{Prefix}/assets/app.css")).Select(match => ("/assets/app.css", match.Groups[1].Value)))
            .Concat(Import().Matches(await TextAsync($"{Prefix}/assets/cars.js")).Select(match => ("/assets/cars.js", match.Groups[1].Value)))
            .Where(file => !file.Item2.StartsWith("data:", StringComparison.Ordinal)).ToList();
        named.Count.ShouldBeGreaterThan(5);
        foreach (var (file, address) in named)
        {
            var resolved = new Uri(new Uri(_pages.Address, Prefix + file), address).PathAndQuery;
            resolved.ShouldStartWith($"{Prefix}/");
            (await _browser.GetAsync(resolved)).StatusCode.ShouldBe(HttpStatusCode.OK, resolved);
        }
    }

    // Sent by a script from an address in an attribute, or shown only to those who came in by password.
    static readonly string[] Unlinked = ["/log_in", "/log_out", "/cars/1/resume", "/sessions/end", "/sessions/password", "/confirm",
        "/settings/grafana_url", "/history", "/import/discard"];

    async Task<IHtmlDocument> OpenAsync(string path)
    {
        // The page of tokens is for those who have none, and a page that is not there for browsers.
        _pages.Account.Status = new AccountStatus(path == "/sign_in" ? SignIn.SignedOut : SignIn.SignedIn, Generation: 1);
        await _pages.Database.ExecuteAsync($"update settings set grafana_url = "
            + $"{(path.Contains("lat=", StringComparison.Ordinal) ? "null" : "'https://grafana.example.com'")}");
        using var request = new HttpRequestMessage(HttpMethod.Get, Prefix + path) { Headers = { { "Sec-Fetch-Mode", "navigate" } } };
        using var response = await _browser.SendAsync(request);
        ((int)response.StatusCode).ShouldBeOneOf([200, 404], path);
        return await Browser.ParseAsync(response);
    }

    /// <summary>Every attribute that holds an address of these pages, and whether it is one that a form is sent to.</summary>
    static IEnumerable<(string Address, bool IsPosted)> Own(IHtmlDocument page, string path)
    {
        foreach (var element in page.All)
        {
            foreach (var attribute in element.Attributes)
            {
                attribute.Value.ShouldNotContain("127.0.0.1", Case.Insensitive, path);
                // A relative address would depend on the page it is on.
                if (attribute.Name is "href" or "src" or "action" or "formaction" or "poster" or "data-live" or "data-discover" or "data-icons"
                    || attribute.Name.StartsWith("hx-g", StringComparison.Ordinal) || attribute.Name.StartsWith("hx-p", StringComparison.Ordinal))
                    attribute.Value.ShouldMatch("^(/|https?://|#)", $"{path} {element.OuterHtml}");
                if (!attribute.Value.StartsWith('/'))
                    continue;
                var isPosted = attribute.Name is "hx-post" or "data-discover"
                    || attribute.Name == "action" && element.GetAttribute("method") == "post";
                yield return (attribute.Value.Split('#')[0], isPosted);
            }
        }
    }

    async Task<string> LocationAsync(string path)
    {
        using var response = await _browser.GetAsync(Prefix + path);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect, path);
        return response.Headers.Location!.ToString();
    }

    async Task<string> LocationAsync(string path, (string Name, string Value)[] fields)
    {
        using var response = await _browser.PostAsync(Prefix + path, from: $"{Prefix}/settings", fields);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect, path);
        return response.Headers.Location!.ToString();
    }

    async Task<string> TextAsync(string path) => await (await _browser.GetAsync(path)).Content.ReadAsStringAsync();

    [GeneratedRegex(@"url\([""']?([^)""']+)[""']?\)")]
    private static partial Regex Url();

    [GeneratedRegex("from \"([^\"]+)\"")]
    private static partial Regex Import();
}
