using System.Text.Json.Nodes;
using TeslaMate.Logbook;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Deliveries;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Tests.Outgoing;

/// <summary>What can be entered as a target, and which events it gets (spec api 4.2, 4.3).</summary>
public sealed class TargetInputTests
{
    static readonly DateTimeOffset Now = new(2026, 7, 4, 20, 30, 0, TimeSpan.Zero);

    static TargetDraft Draft(TargetKind kind, params (string Name, string? Value)[] fields)
        => new() { Kind = kind, Name = "mine", Fields = fields.ToDictionary(field => field.Name, field => field.Value) };

    static IEnumerable<string> ErrorsOf(TargetDraft draft, params string[] known)
        => TargetInput.Check(draft, known.ToHashSet(), new AddressGuard([])).Errors.Select(error => error.Field);

    public static TheoryData<TargetKind> Kinds => [.. TargetKinds.All];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_needed_is_asked_for(TargetKind kind)
        => ErrorsOf(new TargetDraft { Kind = kind }).ShouldBe(
            ["name", .. TargetSettings.FieldsOf(kind).Where(field => field is { IsRequired: true, Default: null }).Select(field => field.Name)]);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_word_of_a_kind_leads_back_to_it(TargetKind kind) => TargetKinds.Find(kind.Word()).ShouldBe(kind);

    [Theory]
    [InlineData("ftp://example.org/")]
    [InlineData("https://user:password@example.org/")]
    [InlineData("https://example.org/#part")]
    [InlineData("/hook")]
    [InlineData("javascript:alert(1)")]
    public void An_address_has_to_be_one_of_the_web(string url) => ErrorsOf(Draft(TargetKind.Webhook, ("url", url))).ShouldBe(["url"]);

    [Theory]
    [InlineData("Host", "x", "header_name")]
    [InlineData("webhook-signature", "x", "header_name")]
    [InlineData("X Key", "x", "header_name")]
    [InlineData("X-Key", "a\r\nB: c", "header_value")]
    [InlineData("X-Key", "", "header_value")]
    public void A_header_cannot_be_bent(string name, string value, string field)
        => ErrorsOf(Draft(TargetKind.Webhook, ("url", "https://example.org"), ("header_name", name), ("header_value", value))).ShouldBe([field]);

    [Fact]
    public void A_secret_that_is_left_empty_stays_and_null_removes_it()
    {
        ErrorsOf(Draft(TargetKind.Gotify, ("server", "https://example.org"), ("token", "")), "token").ShouldBeEmpty();
        ErrorsOf(Draft(TargetKind.Gotify, ("server", "https://example.org"), ("token", null)), "token").ShouldBe(["token"]);
        var (input, _) = TargetInput.Check(
            Draft(TargetKind.Ntfy, ("topic", "cars"), ("token", null), ("password", "")), new HashSet<string>(["token", "password"]),
                new AddressGuard([]));
        input.ShouldNotBeNull().Secrets.Keys.ShouldBe(["topic", "token"]);
        input.Secrets["token"].ShouldBeNull();
        input.Values["server"].ShouldBe("https://ntfy.sh");
    }

    [Fact]
    public void Quiet_hours_need_both_ends()
    {
        var draft = Draft(TargetKind.Ntfy, ("topic", "cars"));
        ErrorsOf(draft with { QuietFrom = "22:00" }).ShouldBe(["quiet_to"]);
        ErrorsOf(draft with { QuietFrom = "22:00", QuietTo = "22:00" }).ShouldBe(["quiet_to"]);
        ErrorsOf(draft with { QuietFrom = "25:00", QuietTo = "07:00" }).ShouldBe(["quiet_from"]);
        ErrorsOf(draft with { QuietFrom = "22:00", QuietTo = "07:00", Events = ["drive.ended", "test"] }).ShouldBe(["events"]);
        ErrorsOf(draft with { Cars = [], LeastDistanceKm = -1 }).ShouldBe(["cars", "least_distance_km"]);
    }

    [Fact]
    public void Quiet_hours_end_in_the_morning_also_when_the_clocks_change()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var quiet = new QuietHours(new(22, 0), new(7, 0));
        quiet.EndFor(Now, zone).ShouldBe(new DateTimeOffset(2026, 7, 5, 5, 0, 0, TimeSpan.Zero));
        quiet.EndFor(Now.AddHours(-1), zone).ShouldBeNull();
        quiet.EndFor(new DateTimeOffset(2026, 7, 5, 5, 0, 0, TimeSpan.Zero), zone).ShouldBeNull();
        quiet.EndFor(new DateTimeOffset(2026, 3, 28, 23, 0, 0, TimeSpan.Zero),
            zone).ShouldBe(new DateTimeOffset(2026, 3, 29, 5, 0, 0, TimeSpan.Zero));
        // 02:30 does not exist in that night.
        new QuietHours(new(0, 0), new(2, 30)).EndFor(new DateTimeOffset(2026, 3, 29, 0, 30, 0, TimeSpan.Zero), zone)
            .ShouldBe(new DateTimeOffset(2026, 3, 29, 1, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public void Events_are_chosen_by_type_car_and_size()
    {
        var drive = Happened(EventType.DriveEnded, 1, """{"distance_km":4.9}""");
        EventFilter.Everything.Accepts(drive).ShouldBeTrue();
        new EventFilter([EventType.ChargeEnded], null).Accepts(drive).ShouldBeFalse();
        new EventFilter(null, [new CarId(2)]).Accepts(drive).ShouldBeFalse();
        new EventFilter(null, [new CarId(2)]).Accepts(drive with { Car = null }).ShouldBeTrue();
        new EventFilter(null, null, LeastDistanceKm: 5).Accepts(drive).ShouldBeFalse();
        new EventFilter(null, null, LeastDistanceKm: 4.9m).Accepts(drive).ShouldBeTrue();
        new EventFilter(null, null, LeastEnergyKwh: 5).Accepts(drive).ShouldBeTrue();
        new EventFilter(null, null, LeastDistanceKm: 5).Accepts(Happened(EventType.DriveStarted, 1, """{"distance_km":0}""")).ShouldBeTrue();
        new EventFilter(null, null, LeastDistanceKm: 5).Accepts(Happened(EventType.DriveEnded, 1, """{"distance_km":null}""")).ShouldBeTrue();
        new EventFilter(null, null, LeastEnergyKwh: 1).Accepts(Happened(EventType.ChargeEnded, 1, """{"energy_added_kwh":0.4}""")).ShouldBeFalse();
    }

    [Fact]
    public void People_sleep_unless_it_is_urgent_and_hear_the_same_once_in_ten_minutes()
    {
        var quiet = new QuietHours(new(20, 0), new(7, 0));
        var morning = new DateTimeOffset(2026, 7, 5, 7, 0, 0, TimeSpan.Zero);
        At(TargetKind.Ntfy, EventType.DriveEnded, null).ShouldBe(morning);
        At(TargetKind.Ntfy, EventType.LeftOpen, null).ShouldBe(Now);
        At(TargetKind.Ntfy, EventType.LeftOpen, Now.AddMinutes(-9)).ShouldBeNull();
        At(TargetKind.Ntfy, EventType.LeftOpen, Now.AddMinutes(-10)).ShouldBe(Now);
        At(TargetKind.Webhook, EventType.DriveEnded, Now.AddMinutes(-1)).ShouldBe(Now);
        At(TargetKind.Abrp, EventType.DriveEnded, null).ShouldBeNull();

        DateTimeOffset? At(TargetKind kind, EventType type, DateTimeOffset? lastSame)
            => DeliveryRules.SendAt(kind, EventFilter.Everything, quiet, Happened(type, 1, "{}"), lastSame, Now, TimeZoneInfo.Utc);
    }

    [Fact]
    public void A_body_leads_back_to_its_event()
    {
        foreach (var type in EventType.All.Append(EventType.Test))
        {
            var happened = Happened(type, 3, """{"what":["door \"x\" ü"],"since":null,"n":1.50}""");
            OutgoingEvent.FromBody(happened.ToBody()).ToBody().ShouldBe(happened.ToBody());
        }

        OutgoingEvent.IdOf(EventType.DriveEnded, new CarId(1), "drive 7").ShouldBe(OutgoingEvent.IdOf(EventType.DriveEnded, new CarId(1), "drive 7"));
        OutgoingEvent.IdOf(EventType.DriveEnded, new CarId(1),
            "drive 7").ShouldNotBe(OutgoingEvent.IdOf(EventType.DriveEnded, new CarId(2), "drive 7"));
        OutgoingEvent.NewId().ShouldNotBe(OutgoingEvent.NewId());
    }

    static OutgoingEvent Happened(EventType type, short car, string data)
        => new("evt_1", type, Now, new EventCar(new CarId(car), null), (JsonObject)JsonNode.Parse(data)!);
}
