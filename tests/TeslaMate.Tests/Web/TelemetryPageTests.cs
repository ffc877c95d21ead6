using System.Net;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Telemetry;

namespace TeslaMate.Tests.Web;

/// <summary>The page of cars that send their data by themselves, and the key that is served to everybody.</summary>
public sealed class TelemetryPageTests
{
    const string WellKnown = "/.well-known/appspecific/com.tesla.3p.public-key.pem";

    [Fact]
    public async Task The_public_key_is_there_for_everybody_also_behind_a_password()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await pages.Access.SetPasswordAsync(new Secret("a long password of the owner"), CancellationToken.None);
        using var stranger = pages.Visit();
        (await stranger.GetAsync(WellKnown)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        pages.Telemetry.PublicKey = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n";

        using var answer = await stranger.GetAsync(WellKnown);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/x-pem-file");
        (await answer.Content.ReadAsStringAsync()).ShouldBe(pages.Telemetry.PublicKey);
        // The page itself is the owner's.
        (await stranger.GetAsync("/telemetry")).StatusCode.ShouldNotBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_page_shows_cars_their_cost_and_the_code_for_pairing()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        pages.Telemetry.Report = new TelemetryReport(
            [new ReportedCar("Nimbus", "5YJ3E7EB2KF000042", "telemetry", true, pages.Time.GetUtcNow(), true, null, ["ChargerVoltage (2024.44.32)"],
                12, 1, 15_000, 3, 0.106, 0.42)],
            [new ReportedRequest(pages.Time.GetUtcNow(), "Nimbus", "light", "asleep", 408, 0.002)]);
        using var browser = pages.Visit();

        var page = await browser.PageAsync("/telemetry?domain=telemetry.example.org");
        var text = page.QuerySelector("section[data-vin]")!.TextContent;
        foreach (var word in new[] { "Nimbus", "telemetry", "online", "15000", "0.106 USD", "0.420 USD", "ChargerVoltage (2024.44.32)" })
            text.ShouldContain(word);
        page.QuerySelector("#requests tbody")!.TextContent.ShouldContain("light: asleep");
        var code = page.QuerySelector("#pairing")!;
        code.GetAttribute("aria-label").ShouldBe("https://tesla.com/_ak/telemetry.example.org");
        // The policy of the pages allows no style and no script of an element's own.
        code.QuerySelector("svg").ShouldNotBeNull();
        code.InnerHtml.ShouldNotContain("style=");
        code.InnerHtml.ShouldNotContain("<script");
    }

    [Theory]
    [InlineData(false, "polling", true)]
    [InlineData(false, "telemetry", false)]
    [InlineData(true, "telemetry", false)]
    public async Task The_page_warns_of_a_car_that_is_polled_because_it_has_no_configuration(bool isSynced, string feed, bool isWarned)
    {
        await using var pages = await PagesUnderTest.StartAsync();
        pages.Telemetry.Report = new TelemetryReport(
            [new ReportedCar("Nimbus", "5YJ3E7EB2KF000042", feed, false, pages.Time.GetUtcNow(), isSynced, null, [], 12, 1, 15_000, 3, 0.106, 0.42)],
            []);
        using var browser = pages.Visit();

        ((await browser.PageAsync("/telemetry")).QuerySelector("[data-unsynced]") is not null).ShouldBe(isWarned);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task The_page_warns_of_a_car_that_is_polled_because_it_sends_nothing(bool isPolled, bool isSpent)
    {
        await using var pages = await PagesUnderTest.StartAsync();
        pages.Telemetry.Report = new TelemetryReport(
            [
                new ReportedCar("Nimbus", "5YJ3E7EB2KF000042", isPolled ? "polling" : "telemetry", false, pages.Time.GetUtcNow(), true, null, [],
                    12, 1, 15_000, 3, 0.106, 0.42)
                {
                    IsPolledInstead = isPolled,
                    IsSpent = isSpent,
                },
            ],
            []);
        using var browser = pages.Visit();

        var page = await browser.PageAsync("/telemetry");
        (page.QuerySelector("[data-polled]") is not null).ShouldBe(isPolled);
        (page.QuerySelector("[data-spent]") is not null).ShouldBe(isSpent);
    }

    [Theory]
    [InlineData("\"><script>alert(1)</script>")]
    [InlineData("example.org/../x")]
    [InlineData("-a.example.org")]
    [InlineData("localhost")]
    public async Task What_is_no_domain_is_not_taken_for_one(string domain)
    {
        await using var pages = await PagesUnderTest.StartAsync();
        using var browser = pages.Visit();

        var page = await browser.PageAsync($"/telemetry?domain={Uri.EscapeDataString(domain)}");

        // Nor is the address by which the pages are asked for.
        page.QuerySelector("#pairing").ShouldBeNull();
    }

    [Fact]
    public async Task What_has_no_column_is_shown_on_the_drive_with_how_long_it_is_kept()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        await SampleRows.AddAsync(pages.Database);
        using var browser = pages.Visit();
        (await browser.PageAsync("/drive/1")).QuerySelector("#battery-plot").ShouldBeNull();
        pages.Telemetry.Battery = new BatteryCurve([1, 2], [380, 381], [10, 12], [4, 5], [30, 31]);

        foreach (var path in new[] { "/drive/1", "/charge/1" })
        {
            var page = await browser.PageAsync(path);
            page.QuerySelector("#battery-plot")!.GetAttribute("data-chart")!.ShouldContain("380");
            page.QuerySelector("#cells-plot").ShouldNotBeNull();
            page.Body!.TextContent.ShouldContain("Kept for 365 days.");
        }
    }
}

/// <summary>What a test says about cars that send their data by themselves.</summary>
sealed class FakeTelemetry : ITelemetryReport
{
    public string? PublicKey { get; set; }

    public TelemetryReport Report { get; set; } = new([], []);

    public BatteryCurve Battery { get; set; } = BatteryCurve.Empty;

    public TimeSpan KeepValues => TimeSpan.FromDays(365);

    public Task<TelemetryReport> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(Report);

    public Task<BatteryCurve> BatteryAsync(DriveId drive, CancellationToken cancellationToken) => Task.FromResult(Battery);

    public Task<BatteryCurve> BatteryAsync(ChargingProcessId process, CancellationToken cancellationToken) => Task.FromResult(Battery);
}
