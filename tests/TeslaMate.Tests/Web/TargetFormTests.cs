using System.Net;
using TeslaMate.Outgoing.Targets;
using TeslaMate.Tests.Outgoing;

namespace TeslaMate.Tests.Web;

/// <summary>The pages of targets (spec api 4), without script.</summary>
public sealed class TargetFormTests : IAsyncLifetime
{
    PagesUnderTest _pages = null!;
    Receiver _receiver = null!;
    Browser _browser = null!;

    public async Task InitializeAsync()
    {
        _pages = await PagesUnderTest.StartAsync(("OUTGOING_ALLOWED_NETWORKS", "127.0.0.0/8"));
        await SampleRows.AddAsync(_pages.Database);
        _receiver = await Receiver.StartAsync();
        _browser = _pages.Visit();
        // The first visitor of all brings the pages their key, which is a row.
        await _browser.PageAsync("/outgoing");
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        await _receiver.DisposeAsync();
        await _pages.DisposeAsync();
    }

    static (string Name, string Value)[] Form(params (string Name, string Value)[] fields)
        => [("target[is_enabled]", "true"),
            .. fields.Select(field => (field.Name is "kind" or "do" ? field.Name : $"target[{field.Name}]", field.Value))];

    [Fact]
    public async Task A_webhook_is_made_its_secret_shown_once_and_tested()
    {
        using var made = await _browser.PostAsync("/outgoing", from: "/outgoing/new",
            Form(("kind", "webhook"), ("name", "bell <b>"), ("url", _receiver.Url),
            ("header_name", "X-Key"), ("header_value", "open sesame"), ("events", "drive.ended"), ("events", "left.open"), ("cars", "1")));
        made.StatusCode.ShouldBe(HttpStatusCode.OK);
        made.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var secret = (await Browser.ParseAsync(made)).Text("#made").ShouldNotBeNull();
        var target = (await _pages.Get<TargetTable>().ListAsync(default)).Single(one => one.Name == "bell <b>");
        target.Filter.Types!.Select(type => type.Name).ShouldBe(["drive.ended", "left.open"]);
        target.Filter.Cars.ShouldHaveSingleItem().Value.ShouldBe((short)1);
        var address = $"/outgoing/{target.Id}";
        (await _browser.PostAsync(address, from: address, ("do", "test"))).Headers.Location!.ToString().ShouldBe(address);
        _receiver.Requests.ShouldHaveSingleItem().Headers["X-Key"].ShouldBe("open sesame");
        var page = await _browser.PageAsync(address);
        page.Text(".notification.is-success").ShouldNotBeNull().ShouldContain("The test has arrived.");
        page.Texts("tbody tr td").ShouldContain("Delivered");
        // What is left empty stays.
        using var saved = await _browser.PostAsync(address, from: address, Form(("do", "save"), ("name", "bell"), ("url", _receiver.Url),
            ("header_name", "X-Key"), ("header_value", "")));
        saved.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        _receiver.Then(500);
        await _browser.PostAsync(address, from: address, ("do", "test"));
        _receiver.Requests.Last().Headers["X-Key"].ShouldBe("open sesame");
        page = await _browser.PageAsync(address);
        page.Text(".notification.is-danger").ShouldNotBeNull().ShouldContain("The test did not arrive: HTTP 500");
        foreach (var shown in new[] { page.DocumentElement.OuterHtml, (await _browser.PageAsync("/outgoing")).DocumentElement.OuterHtml,
            _pages.Log.Everything })
        {
            shown.ShouldNotContain("open sesame");
            shown.ShouldNotContain(secret);
        }

        _pages.Log.Lines.ShouldContain(line => line.Contains("(webhook, bell <b>) was made in the pages, from 127.0.0.1", StringComparison.Ordinal));
        using var rolled = await _browser.PostAsync(address, from: address, ("do", "key"));
        (await Browser.ParseAsync(rolled)).Text("#made").ShouldNotBe(secret);
        await _browser.PostAsync(address, from: address, ("do", "off"));
        (await _pages.Get<TargetTable>().FindAsync(target.Id, default))!.IsEnabled.ShouldBeFalse();
        await _browser.PostAsync(address, from: address, ("do", "delete"));
        (await _browser.GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Events_are_called_what_messages_call_them_in_the_language_of_the_visitor()
    {
        foreach (var (language, ended, failed) in ((string, string, string)[])[
            ("en", "Drive ended", "Sending to … has failed"), ("de", "Fahrt beendet", "Senden an … ist fehlgeschlagen")])
        {
            var page = await _browser.PageAsync($"/outgoing/new?kind=ntfy&locale={language}");
            var events = page.QuerySelectorAll("label").Where(label => label.QuerySelector("[name='target[events]']") is not null)
                .Select(label => label.TextContent.Trim()).ToList();
            events.ShouldContain(ended);
            events.ShouldContain(failed);
            events.ShouldAllBe(text => !text.Contains('.'), "no names for programs");
            // The form of a webhook has them too: its receiver gets them.
            page = await _browser.PageAsync($"/outgoing/1?locale={language}");
            page.Texts("tbody td:first-child").ShouldBe([ended]);
            page.Texts("label code").ShouldContain("drive.ended");
        }
    }

    [Fact]
    public async Task The_settings_of_a_car_lead_to_its_live_data_for_the_planner()
    {
        var link = (await _browser.PageAsync("/settings?car=1")).QuerySelectorAll("a").Select(a => a.GetAttribute("href"))
            .Single(href => href!.StartsWith("/outgoing/abrp", StringComparison.Ordinal))!;
        var form = await _browser.PageAsync(link);
        form.QuerySelector("input[name=kind]")!.GetAttribute("value").ShouldBe("abrp");
        form.QuerySelectorAll("[name='target[cars]'][checked]").ShouldHaveSingleItem().GetAttribute("value").ShouldBe("1");
        using var made = await _browser.PostAsync(
            "/outgoing", from: link, Form(("kind", "abrp"), ("name", "Planner"), ("user_token", "t"), ("cars", "1")));
        made.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        using var again = await _browser.GetAsync(link);
        again.Headers.Location!.ToString().ShouldBe(made.Headers.Location!.ToString());
        (await _browser.GetAsync("/outgoing/abrp/9")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    public static TheoryData<TargetKind> Kinds => [.. TargetKinds.All.Except([TargetKind.HomeAssistant])];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_is_missing_is_said_beside_its_field(TargetKind kind)
    {
        var page = await _pages.RefusedAsync(_browser, "/outgoing", $"/outgoing/new?kind={kind.Word()}",
            Form(("kind", kind.Word()), ("name", "mine")));
        foreach (var field in TargetSettings.FieldsOf(kind).Where(field => field is { IsRequired: true, Default: null }))
            page.Text($"#target_{field.Name}-problem").ShouldBe("can't be blank", field.Name);
        page.Value("#target_name").ShouldBe("mine");
    }

    [Fact]
    public async Task A_secret_is_not_shown_again_when_a_form_is_refused()
    {
        var page = await _pages.RefusedAsync(_browser, "/outgoing", "/outgoing/new?kind=gotify",
            Form(("kind", "gotify"), ("name", "mine"), ("server", "http://192.168.1.1"), ("token", "open sesame")));
        page.Text("#target_server-problem").ShouldBe("is inside a private network that OUTGOING_ALLOWED_NETWORKS does not name");
        page.DocumentElement.OuterHtml.ShouldNotContain("open sesame");
    }
}
