using System.Net;
using System.Net.ServerSentEvents;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Web;

/// <summary>The events that keep the home page up to date (spec web 1.4, 6.1, 7).</summary>
public sealed class LiveTests : IAsyncLifetime
{
    const string Password = "correct horse battery";

    static readonly TimeSpan HalfAMinute = TimeSpan.FromSeconds(30);

    PagesUnderTest _pages = null!;

    public async Task InitializeAsync()
    {
        _pages = await PagesUnderTest.StartAsync();
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car());
    }

    public async Task DisposeAsync() => await _pages.DisposeAsync();

    [Fact]
    public async Task A_page_gets_the_cards_of_now_and_every_change()
    {
        using var browser = _pages.Visit();
        await using var events = await EventsAsync(browser);
        (await NextAsync(events, "busy")).Data.ShouldBe("false");
        (await NextAsync(events, "car")).Data.ShouldContain("Model Y");
        _pages.Vehicles.Set(new CarId(1), isBusy: true);
        (await NextAsync(events, "busy")).Data.ShouldBe("true");
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car(state: VehicleStateName.Suspended));
        var card = await NextAsync(events, "car");
        card.EventId.ShouldBe("1");
        card.Data.ShouldContain("falling asleep");
        card.Data.ShouldContain("cancel sleep attempt");
        // A car that appears later is told too; a page without its card loads itself again.
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car(2, "Second"));
        (await NextAsync(events, "car")).EventId.ShouldBe("2");
    }

    [Fact]
    public async Task A_page_reads_its_visitors_language_and_units()
    {
        await _pages.Database.ExecuteAsync("update settings set unit_of_length = 'mi'");
        using var browser = _pages.Visit();
        browser.Headers.Add("Accept-Language", "de");
        await using var events = await EventsAsync(browser);
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car() with { OdometerKm = 42000 });
        string card;
        do
            card = (await NextAsync(events, "car")).Data;
        while (!card.Contains("26098 mi", StringComparison.Ordinal));
        card.ShouldContain("Kilometerstand");
    }

    [Fact]
    public async Task A_car_that_is_gone_is_told()
    {
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car(2, "Second"));
        using var browser = _pages.Visit();
        await using var events = await EventsAsync(browser);
        await NextAsync(events, "car");
        // Told again and again, so that a page that missed it learns it with the next sign of life.
        (await NextAsync(events, "cars", _pages.Time)).Data.ShouldBe("1,2");
        _pages.Vehicles.Hub.Remove(new CarId(2));
        // What was under way when it went comes first.
        string data;
        do
            data = (await NextAsync(events, "cars")).Data;
        while (data == "1,2");
        data.ShouldBe("1");
    }

    [Fact]
    public async Task Where_no_car_is_logged_yet_the_page_follows_too()
    {
        _pages.Vehicles.Hub.Remove(new CarId(1));
        using var browser = _pages.Visit();
        var page = await browser.PageAsync("/");
        page.QuerySelector("#cars[data-live='/live/cars']").ShouldNotBeNull();
        page.QuerySelector("script[src='/assets/cars.js']").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_name_cannot_pretend_to_be_an_event()
    {
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car(name: "evil\n\nevent: cars\ndata: 7\r\rid: 9\r\n\r\nevent: busy\ndata: true\n\n"));
        using var browser = _pages.Visit();
        await using var events = await EventsAsync(browser);
        var kinds = new List<string>();
        do
        {
            (await events.MoveNextAsync()).ShouldBeTrue();
            kinds.Add($"{events.Current.EventType} {events.Current.EventId}");
        }
        while (events.Current.EventType != "car");
        _pages.Vehicles.Set(new CarId(1), isBusy: true);
        (await events.MoveNextAsync()).ShouldBeTrue();
        kinds.Add($"{events.Current.EventType} {events.Current.EventId}");
        kinds.ShouldBe(["alive ", "busy 1", "car 1", "busy 1"]);
    }

    [Fact]
    public async Task The_end_of_a_session_ends_what_it_follows()
    {
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        using var browser = _pages.Visit();
        await browser.PostAsync("/log_in", from: "/log_in", ("password", Password));
        await using var events = await EventsAsync(browser);
        await NextAsync(events, "car");
        (await NextAsync(events, "cars", _pages.Time)).Data.ShouldBe("1");
        await browser.PostAsync("/log_out", from: "/settings");
        await ShouldEndAsync(events);
        using var again = await browser.GetAsync("/live/cars");
        again.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_password_ends_what_everybody_followed()
    {
        using var browser = _pages.Visit();
        await using var events = await EventsAsync(browser);
        await NextAsync(events, "car");
        await _pages.Access.SetPasswordAsync(new Secret(Password), CancellationToken.None);
        await ShouldEndAsync(events);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example.com", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.OK)]
    public async Task Pages_of_other_origins_get_no_events(string header, string value, HttpStatusCode status)
    {
        using var browser = _pages.Visit();
        browser.Headers.TryAddWithoutValidation(header, value);
        using var response = await browser.StreamAsync(new HttpRequestMessage(HttpMethod.Get, "/live/cars"));
        response.StatusCode.ShouldBe(status);
        response.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Fact]
    public async Task With_check_origin_false_every_origin_passes_but_no_browser_lets_it_read()
    {
        await using var pages = await PagesUnderTest.StartAsync(("CHECK_ORIGIN", "false"));
        using var browser = pages.Visit();
        browser.Headers.Add("Origin", "https://evil.example.com");
        using var response = await browser.StreamAsync(new HttpRequestMessage(HttpMethod.Get, "/live/cars"));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Fact]
    public async Task No_proxy_holds_the_events_back()
    {
        using var browser = _pages.Visit();
        using var response = await browser.StreamAsync(new HttpRequestMessage(HttpMethod.Get, "/live/cars"));
        response.Headers.GetValues("X-Accel-Buffering").ShouldBe(["no"]);
    }

    [Fact]
    public async Task Who_asks_for_the_head_only_does_not_wait_for_the_end()
    {
        using var browser = _pages.Visit();
        using var response = await browser.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/live/cars")).WaitAsync(TimeSpan.FromSeconds(30));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    static async Task<IAsyncEnumerator<SseItem<string>>> EventsAsync(Browser browser)
    {
        var response = await browser.StreamAsync(new HttpRequestMessage(HttpMethod.Get, "/live/cars"));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        return SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator();
    }

    /// <summary>The next event of a kind; the clock moves on while it is waited for, if one is given.</summary>
    static async Task<SseItem<string>> NextAsync(IAsyncEnumerator<SseItem<string>> events, string kind, Time.ManualTime? time = null)
    {
        do
        {
            var next = events.MoveNextAsync().AsTask();
            while (time is not null && await Task.WhenAny(next, Task.Delay(20)) != next)
                time.Advance(HalfAMinute);
            (await next.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue();
        }
        while (events.Current.EventType != kind);
        return events.Current;
    }

    async Task ShouldEndAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        while (true)
        {
            var next = events.MoveNextAsync().AsTask();
            while (await Task.WhenAny(next, Task.Delay(20)) != next)
                _pages.Time.Advance(HalfAMinute);
            if (!await next)
                return;
        }
    }
}
