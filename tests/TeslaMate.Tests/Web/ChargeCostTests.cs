using System.Net;
using AngleSharp.Html.Dom;

namespace TeslaMate.Tests.Web;

/// <summary>The page of a charge's cost on real rows (spec web 6.6 and 12).</summary>
public sealed class ChargeCostTests(SharedPages shared) : IClassFixture<SharedPages>, IAsyncLifetime
{
    readonly PagesUnderTest _pages = shared.Pages;
    readonly Browser _browser = shared.Pages.Visit();

    public Task InitializeAsync() => _pages.Database.ExecuteAsync("""
        update charging_processes
        set end_date = '2024-05-01 09:15', cost = null, charge_energy_added = 8, charge_energy_used = 10, duration_min = 15, geofence_id = null,
            address_id = 1;
        update addresses set name = 'Beelitz Supercharger', city = 'Beelitz', road = null, house_number = null;
        delete from geofences
        """);

    public Task DisposeAsync()
    {
        _browser.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_charge_is_described_by_tags()
    {
        var page = await _browser.PageAsync("/charge-cost/1");
        page.Texts(".tag").ShouldBe(["2024-05-01, 09:00 – 09:15", "Model Y", "10.00 kWh", "15 min", "Beelitz Supercharger, Beelitz"]);
        page.QuerySelectorAll(".tag time").Select(time => time.GetAttribute("datetime"))
            .ShouldBe(["2024-05-01T09:00:00Z", "2024-05-01T09:00:00Z", "2024-05-01T09:15:00Z"]);
    }

    [Fact]
    public async Task A_charge_that_goes_on_has_no_date()
    {
        await _pages.Database.ExecuteAsync("update charging_processes set end_date = null, duration_min = null");
        var page = await _browser.PageAsync("/charge-cost/1");
        page.QuerySelectorAll(".tag time").ShouldBeEmpty();
        page.Texts(".tag").ShouldBe(["Model Y", "10.00 kWh", "Beelitz Supercharger, Beelitz"]);
    }

    [Theory]
    [InlineData("50.0", "48.1", "50.00 kWh")]
    [InlineData("50.0", "50.5", "50.50 kWh")]
    [InlineData("null", "50.0", "50.00 kWh")]
    [InlineData("null", "null", null)]
    public async Task The_energy_is_the_greater_of_used_and_added(string used, string added, string? tag)
    {
        await _pages.Database.ExecuteAsync($"update charging_processes set charge_energy_used = {used}, charge_energy_added = {added}");
        (await _browser.PageAsync("/charge-cost/1")).Texts(".tag").SingleOrDefault(text => text.EndsWith("kWh", StringComparison.Ordinal))
            .ShouldBe(tag);
    }

    [Theory]
    [InlineData("update addresses set name = null, road = 'Main Street', house_number = '5'", "Main Street 5, Beelitz")]
    [InlineData("update addresses set name = null, road = 'Main Street'", "Main Street, Beelitz")]
    [InlineData("update addresses set city = null", "Beelitz Supercharger")]
    [InlineData("update charging_processes set address_id = null", "???")]
    [InlineData("insert into geofences (id, name, latitude, longitude, radius, inserted_at, updated_at) values (1, 'Home', 1, 1, 1, now(), "
        + "now()); update charging_processes set geofence_id = 1", "Home")]
    public async Task The_place_is_named_as_well_as_it_is_known(string rows, string tag)
    {
        await _pages.Database.ExecuteAsync(rows);
        (await _browser.PageAsync("/charge-cost/1")).Texts(".tag")[^1].ShouldBe(tag);
    }

    [Theory]
    [InlineData("total", "42.12", "42.12")]
    [InlineData("", "42.12", "42.12")]
    [InlineData("total", "-3", "-3.00")]
    [InlineData("total", "", null)]
    [InlineData("per_kwh", "0.12", "1.20")]
    [InlineData("per_kwh", "-0.029", "-0.29")]
    [InlineData("per_kwh", ".5", "5.00")]
    [InlineData("per_minute", "0.10", "1.50")]
    public async Task A_cost_is_stored(string mode, string entered, string? stored)
    {
        await _pages.Database.ExecuteAsync("update charging_processes set cost = 7");
        var opened = await _browser.PageAsync("/charge-cost/1");
        opened.Value("#cost").ShouldBe("7.00");
        opened.Value("select").ShouldBe("total");
        using var response = await PostAsync(mode, entered);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var page = await Browser.ParseAsync(response);
        page.Text("button[type=submit].is-success").ShouldBe("Saved!");
        page.Value("select").ShouldBe("total");
        page.Value("#cost").ShouldBe(stored ?? "");
        (await _pages.Database.ScalarAsync<string>("select cost::text from charging_processes")).ShouldBe(stored);
    }

    [Theory]
    [InlineData("total", "wat", "is invalid")]
    [InlineData("total", "NaN", "is invalid")]
    [InlineData("total", "1e3", "is invalid")]
    [InlineData("total", "1,5,0", "is invalid")]
    [InlineData("total", "9999999999999", "is too large")]
    [InlineData("per_kwh", "999999999999", "is too large")]
    [InlineData("per_mile", "1", "is invalid")]
    public async Task A_cost_that_cannot_be_is_explained_and_nothing_is_stored(string mode, string entered, string problem)
    {
        var page = await RefusedAsync(mode, entered);
        page.Text("#cost-problem").ShouldBe(problem);
        page.QuerySelector("#cost")!.GetAttribute("value").ShouldBe(entered);
    }

    [Theory]
    [InlineData("per_kwh", "The energy of this charge is not known; please enter the total.")]
    [InlineData("per_minute", "The duration of this charge is not known; please enter the total.")]
    public async Task A_price_per_unit_of_an_unknown_amount_is_not_taken_for_the_total(string mode, string problem)
    {
        await _pages.Database.ExecuteAsync("update charging_processes set charge_energy_added = null, charge_energy_used = null, duration_min = "
            + "null");
        (await RefusedAsync(mode, "1")).Text("#cost-problem").ShouldBe(problem);
    }

    [Theory]
    [InlineData("http://grafana.example.com/d/x", "http://grafana.example.com/d/x")]
    [InlineData("http://localhost/charge-cost/1", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("", "/")]
    [InlineData(null, "/")]
    public async Task Back_leads_to_where_the_visitor_came_from(string? referrer, string back)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/charge-cost/1");
        if (referrer is not null)
            request.Headers.TryAddWithoutValidation("Referer", referrer);
        using var response = await _browser.SendAsync(request);
        var page = await Browser.ParseAsync(response);
        page.QuerySelector(".buttons a")!.GetAttribute("href").ShouldBe(back);
        // And still does after the cost was stored.
        using var saved = await PostAsync("total", "1", ("back", page.Value("input[name=back]")));
        (await Browser.ParseAsync(saved)).QuerySelector(".buttons a")!.GetAttribute("href").ShouldBe(back);
    }

    Task<HttpResponseMessage> PostAsync(string mode, string entered, params (string Name, string Value)[] more)
        => _browser.PostAsync("/charge-cost/1", from: "/charge-cost/1",
            [("charging_process[mode]", mode), ("charging_process[cost]", entered), .. more]);

    Task<IHtmlDocument> RefusedAsync(string mode, string entered)
        => _pages.RefusedAsync(_browser, "/charge-cost/1", "/charge-cost/1", ("charging_process[mode]", mode), ("charging_process[cost]", entered));
}
