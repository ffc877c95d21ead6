using FsCheck;
using FsCheck.Fluent;
using TeslaMate.Outgoing.Events;
using TeslaMate.Tests.Mqtt;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Outgoing.Events;

/// <summary>The rows of the table of spec api 4.2 that are read from what a car says.</summary>
public sealed class CarEventsTests
{
    static readonly DateTimeOffset Noon = new(2026, 7, 4, 12, 0, 0, TimeSpan.Zero);

    static readonly Summary Parked = ASummary.Online() with
    {
        State = VehicleStateName.Online,
        ShiftState = "P",
        BatteryLevel = 60,
        ChargeLimitSoc = 80,
        ChargingState = "Disconnected",
        DoorsOpen = false,
        WindowsOpen = false,
        TrunkOpen = false,
        FrunkOpen = false,
        Locked = true,
        IsUserPresent = false,
        SentryMode = true,
        CenterDisplayState = 0,
        TpmsSoftWarningFl = false,
        TpmsSoftWarningFr = false,
        TpmsSoftWarningRl = false,
        TpmsSoftWarningRr = false,
        Version = "2026.20.1",
        UpdateAvailable = false,
        UpdateVersion = null,
    };

    /// <summary>What a car tells that says one thing after the other.</summary>
    static List<OutgoingEvent> Told(params (int AtSecond, Summary Summary)[] looks) => Told(new CarMemory(), out _, looks);

    static List<OutgoingEvent> Told(CarMemory memory, out CarMemory next, params (int AtSecond, Summary Summary)[] looks)
    {
        var told = new List<OutgoingEvent>();
        foreach (var (second, summary) in looks)
        {
            (memory, var events) = CarEvents.Look(memory, View(summary), Noon.AddSeconds(second));
            told.AddRange(events);
        }

        next = memory;
        return told;
    }

    static CarView View(Summary summary, VehicleHealth? health = null) => new(summary, health, Noon, BatteryLowPct: 20);

    static VehicleHealth Health(DateTimeOffset? lastAnswer, bool healthy = true, string? error = null)
        => new(Parked.Car.Id, VehicleStateName.Online, healthy, lastAnswer, lastAnswer, 0, error, StreamConnected: false, Restarts: 0);

    static string InWords(IEnumerable<OutgoingEvent> events)
        => string.Join("; ", events.Select(happened => $"{happened.Type} {happened.Data.ToJsonString()}"));

    static Summary At(Summary summary, SummaryGeofence? fence) => summary with { Geofence = fence };

    [Fact]
    public void The_first_look_tells_nothing_whatever_it_sees() => Told((0, Parked with
    {
        State = VehicleStateName.Driving,
        BatteryLevel = 5,
        ChargingState = "Complete",
        TpmsSoftWarningFl = true,
        CenterDisplayState = 7,
        UpdateAvailable = true,
        UpdateVersion = "2026.24",
        Geofence = new SummaryGeofence(2, "Home"),
    })).ShouldBeEmpty();

    [Fact]
    public void A_changed_state_is_told_with_the_one_before()
    {
        var told = Told((0, Parked), (5, Parked with { State = VehicleStateName.Start }), (10, Parked with
        {
            State = VehicleStateName.Driving,
            Since = Noon.AddSeconds(9),
        }), (20, Parked with { State = VehicleStateName.Driving, Since = Noon.AddSeconds(9) }));
        InWords(told).ShouldBe("""state.changed {"from":"online","to":"driving","since":"2026-07-04T12:00:09.000Z"}""");
        told[0].OccurredAt.ShouldBe(Noon.AddSeconds(9));
        told[0].Car.ShouldBe(new EventCar(Parked.Car.Id, "Foo"));
    }

    [Fact]
    public void A_place_is_told_when_it_has_held_for_a_minute()
    {
        var (home, work) = (new SummaryGeofence(2, "Home"), new SummaryGeofence(3, "Work"));
        InWords(Told((0, At(Parked, home)), (10, At(Parked, null)), (69, At(Parked, null)))).ShouldBe("");
        var told = Told((0, At(Parked, home)), (10, At(Parked, null)), (70, At(Parked, null)), (100, At(Parked, work)), (160, At(Parked, work)));
        InWords(told).ShouldBe("""place.left {"geofence_id":2,"name":"Home"}; place.entered {"geofence_id":3,"name":"Work"}""");
        told.Select(happened => happened.OccurredAt).ShouldBe([Noon.AddSeconds(10), Noon.AddSeconds(100)]);
        // From one to the other both are told; back within the minute, nothing.
        InWords(Told((0, At(Parked, home)), (10, At(Parked, work)), (70, At(Parked, work))))
            .ShouldBe("""place.left {"geofence_id":2,"name":"Home"}; place.entered {"geofence_id":3,"name":"Work"}""");
        InWords(Told((0, At(Parked, home)), (10, At(Parked, work)), (30, At(Parked, home)), (80, At(Parked, home)), (200, At(Parked, home))))
            .ShouldBe("");
        // A car without a position is in no place that is known.
        InWords(Told((0, At(Parked, home)), (10, Parked with { Latitude = null }), (90, Parked with { Latitude = null }))).ShouldBe("");
    }

    [Fact]
    public void An_update_is_told_once_when_its_version_is_known_and_once_when_it_is_installed()
    {
        var offered = Parked with { UpdateAvailable = true, UpdateVersion = "2026.24" };
        InWords(Told((0, Parked), (1, Parked with { UpdateAvailable = true }), (2, offered), (3, offered), (4, Parked), (5, offered)))
            .ShouldBe("""update.available {"version":"2026.24","previous":"2026.20.1"}""");
        // A version that is older is an old answer.
        InWords(Told((0, Parked), (1, Parked with { Version = "2026.24" }), (2, Parked), (3, Parked with { Version = "2026.24" })))
            .ShouldBe("""update.installed {"version":"2026.24","previous":"2026.20.1"}""");
        InWords(Told((0, Parked with { Version = "2026.8.6" }), (1, Parked with { Version = "2026.20.1" })))
            .ShouldBe("""update.installed {"version":"2026.20.1","previous":"2026.8.6"}""");
    }

    [Theory]
    [InlineData(new[] { 21, 20, 19, 18 }, "19")]
    [InlineData(new[] { 19, 18 }, "")]
    [InlineData(new[] { 21, 19, 20, 19, 24, 19 }, "19")]
    [InlineData(new[] { 21, 19, 25, 18 }, "19 18")]
    public void A_battery_is_low_below_the_limit_and_again_after_five_more(int[] levels, string told)
        => string.Join(' ', Told([.. levels.Select((level, second) => (second, Parked with { BatteryLevel = level }))])
            .Select(happened => happened.Data["battery_pct"]!.ToJsonString())).ShouldBe(told);

    [Theory]
    [InlineData("Disconnected Charging Complete Complete", 1)]
    [InlineData("Complete Charging Complete", 0)]
    [InlineData("Charging Complete Charging Complete", 1)]
    [InlineData("Charging Complete Disconnected Charging Complete", 2)]
    [InlineData("Charging Stopped", 0)]
    public void A_limit_is_reached_once_while_the_car_is_plugged_in(string states, int times)
        => Told([.. states.Split(' ').Select((state, second) => (second, Parked with { ChargingState = state, BatteryLevel = 80 }))])
            .Count(happened => happened.Type == EventType.ChargeLimitReached).ShouldBe(times);

    [Fact]
    public void A_tyre_is_told_when_its_warning_turns_on()
    {
        InWords(Told((0, Parked), (1, Parked with { TpmsSoftWarningRl = true }), (2, Parked with { TpmsSoftWarningRl = null }),
            (3, Parked with { TpmsSoftWarningRl = true }), (4, Parked with { TpmsSoftWarningRl = true, TpmsSoftWarningFr = true })))
            .ShouldBe("""tyre.warning {"wheel":"rl"}; tyre.warning {"wheel":"fr"}""");
    }

    [Fact]
    public void Sentry_mode_tells_of_an_alarm_and_not_of_the_display_alone()
    {
        var alarm = At(Parked, new SummaryGeofence(2, "Home")) with { CenterDisplayState = 7 };
        InWords(Told((0, Parked), (1, alarm), (2, alarm), (3, alarm with { SentryMode = false }), (4, Parked)).Where(happened
            => happened.Type == EventType.SentryAlert)).ShouldBe("""sentry.alert {"place":"Home"}""");
        Told((0, Parked), (1, alarm with { SentryMode = false })).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("door")]
    [InlineData("window")]
    [InlineData("trunk")]
    [InlineData("frunk")]
    [InlineData("unlocked")]
    public void A_car_left_open_is_told_after_ten_minutes_once(string what)
    {
        var open = Parked with
        {
            DoorsOpen = what == "door",
            WindowsOpen = what == "window",
            TrunkOpen = what == "trunk",
            FrunkOpen = what == "frunk",
            Locked = what != "unlocked",
        };
        InWords(Told((0, Parked), (10, open), (610, open))).ShouldBe("");
        InWords(Told((0, Parked), (10, open), (611, open), (1300, open), (1400, Parked))).ShouldBe($$"""left.open {"what":["{{what}}"]}""");
        // Somebody in it, a drive, or everything shut in between: it begins anew.
        var driven = open with { State = VehicleStateName.Driving, ShiftState = "D" };
        foreach (var between in (Summary[])[open with { IsUserPresent = true }, driven, Parked])
            Told((0, Parked), (10, open), (600, between), (620, open), (1200, open)).ShouldAllBe(happened => happened.Type == EventType.StateChanged);
        // Who sits in it is not known: nothing is said.
        Told((0, Parked), (10, open with { IsUserPresent = null }), (900, open with { IsUserPresent = null })).ShouldBeEmpty();
    }

    [Fact]
    public void Data_stop_after_half_an_hour_without_an_answer_of_a_car_that_is_awake()
    {
        var memory = new CarMemory();
        string Look(int minute, VehicleHealth health, Summary? summary = null)
        {
            (memory, var events) = CarEvents.Look(memory, View(summary ?? Parked, health), Noon.AddMinutes(minute));
            return InWords(events.Where(happened => happened.Type != EventType.StateChanged));
        }

        Look(1, Health(Noon.AddMinutes(1))).ShouldBe("");
        Look(30, Health(Noon.AddMinutes(1))).ShouldBe("");
        Look(31, Health(Noon.AddMinutes(1), error: "timeout"))
            .ShouldBe("""data.stopped {"since":"2026-07-04T12:01:00.000Z","reason":"timeout"}""");
        Look(60, Health(Noon.AddMinutes(1), error: "timeout")).ShouldBe("");
        Look(62, Health(Noon.AddMinutes(62))).ShouldBe("""data.resumed {"since":"2026-07-04T12:01:00.000Z","reason":null}""");
        Look(70, Health(Noon.AddMinutes(62), healthy: false))
            .ShouldBe("""data.stopped {"since":"2026-07-04T13:02:00.000Z","reason":"too many errors"}""");
        Look(71, Health(Noon.AddMinutes(71))).ShouldStartWith("data.resumed");
        // Asleep, offline, and left alone to fall asleep, it need not answer; somebody else's car neither.
        Look(300, Health(Noon.AddMinutes(71)), Parked with { State = VehicleStateName.Asleep }).ShouldBe("");
        Look(301, Health(Noon.AddMinutes(71)), Parked with { State = VehicleStateName.Offline }).ShouldBe("");
        Look(302, Health(Noon.AddMinutes(252)), Parked with { State = VehicleStateName.Suspended }).ShouldBe("");
        Look(400, Health(Noon.AddMinutes(71)) with { IsStandby = true }).ShouldBe("");
    }

    [Fact]
    public void Values_of_the_database_are_no_news()
    {
        var restored = Parked with
        {
            IsRestored = true,
            State = VehicleStateName.Asleep,
            BatteryLevel = 5,
            Geofence = new SummaryGeofence(2, "Home"),
            Version = "2027.1",
        };
        InWords(Told((0, Parked), (5, restored), (100, restored))).ShouldStartWith("state.changed");
        Told((0, Parked), (5, restored), (100, restored)).Count.ShouldBe(1);
    }

    [Fact]
    public void A_restart_repeats_nothing_and_goes_on_where_it_was()
    {
        var open = Parked with { BatteryLevel = 10, TpmsSoftWarningFl = true, Locked = false, CenterDisplayState = 7 };
        Told(new CarMemory(), out var memory, (0, Parked), (10, open), (700, open))
            .Select(happened => happened.Type).ShouldBe([EventType.BatteryLow, EventType.TyreWarning, EventType.SentryAlert, EventType.LeftOpen]);
        var kept = System.Text.Json.JsonSerializer.Deserialize<CarMemory>(System.Text.Json.JsonSerializer.Serialize(memory))!;
        kept.ShouldBe(memory);
        Told(kept, out _, (800, Parked with { State = VehicleStateName.Unavailable, IsRestored = true }), (810, open), (2000, open)).ShouldBeEmpty();
        // What changed while nobody looked is told.
        InWords(Told(kept, out _, (800, open with { Version = "2026.24" })))
            .ShouldBe("""update.installed {"version":"2026.24","previous":"2026.20.1"}""");
    }

    [Fact]
    public void Looking_twice_tells_nothing_the_second_time() => Prop.ForAll(
        (from level in Gen.Choose(0, 100)
         from state in Gen.Elements(Enum.GetValues<VehicleStateName>())
         from charging in Gen.Elements("Disconnected", "Charging", "Complete", "Stopped", null)
         from fence in Gen.Elements<int?>(null, 1, 2)
         from flags in Gen.Choose(0, 127)
         from second in Gen.Choose(0, 4000)
         select (Second: second, Summary: Parked with
         {
             BatteryLevel = (flags & 1) > 0 ? null : level,
             State = state,
             ChargingState = charging,
             Geofence = fence is { } id ? new SummaryGeofence(id, $"Place {id}") : null,
             Locked = (flags & 2) > 0,
             TpmsSoftWarningFl = (flags & 4) > 0,
             IsRestored = (flags & 8) > 0,
             CenterDisplayState = (flags & 16) > 0 ? 7 : 0,
             IsUserPresent = (flags & 32) > 0,
             UpdateAvailable = (flags & 64) > 0,
             UpdateVersion = "2026.24",
         })).ArrayOf().ToArbitrary(),
        looks =>
        {
            var memory = new CarMemory();
            foreach (var (second, summary) in looks.OrderBy(look => look.Second))
            {
                (memory, _) = CarEvents.Look(memory, View(summary), Noon.AddSeconds(second));
                var (again, events) = CarEvents.Look(memory, View(summary), Noon.AddSeconds(second));
                if (events.Count > 0 || again != memory)
                    return false;
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("Stopped", 60, 80, true)]
    [InlineData("NoPower", 79, 80, true)]
    [InlineData("Stopped", 80, 80, false)]
    [InlineData("Complete", 60, 80, false)]
    [InlineData("Disconnected", 60, 80, false)]
    [InlineData("Stopped", null, 80, false)]
    [InlineData("Stopped", 60, null, false)]
    public void A_charge_is_interrupted_below_its_limit(string state, int? level, int? limit, bool isInterrupted)
        => CarEvents.IsInterrupted(state, level, limit).ShouldBe(isInterrupted);
}
