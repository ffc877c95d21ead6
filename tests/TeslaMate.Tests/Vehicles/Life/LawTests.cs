using FsCheck;
using FsCheck.Fluent;
using TeslaMate.Logbook;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;
using TeslaMate.Vehicles.Life;
using static TeslaMate.Tests.Vehicles.ACar;

namespace TeslaMate.Tests.Vehicles.Life;

/// <summary>What holds for every car, whatever happens to it.</summary>
public class LawTests
{
    static readonly VehicleData[] Datas =
    [
        Online(0), Online(60_000, null, null), Online(1).Timed(null), Bare, Asleep, Offline, Elsewhere("waking"),
        Online(2).Gear(ShiftState.D, 30).Range(200), Online(600_000).Gear(ShiftState.R).Range(300), Online(3).Gear(ShiftState.Other),
        Online(4).Gear(ShiftState.P).Odometer(1000),
        Online(1_800_000).Gear(ShiftState.P).Odometer(1010), Online(5).Charging("Charging", 1, 100), Online(5, null, null).Charging("Charging", 1,
            100), Online(5, null, null).Gear(ShiftState.D), Online(6).Charging("Complete", 2, 110), Online(7).Charging("Charging"),
        Online(8).Update("installing"), Online(9).Update("available"), Online(10).Update("", "1.0"),
        Online(11).Body(body => body with { SoftwareUpdate = null }),
        Online(12).Body(body => body with { SentryMode = true }), new VehicleData { State = "online", DriveState = new DriveState() },
    ];

    static readonly ApiError[] Errors =
    [
        new ApiError.Closed(), new ApiError.Timeout(), new ApiError.Unauthorized(), new ApiError.NotSignedIn(), new ApiError.VehicleInService(),
        new ApiError.VehicleNotFound(),
        new ApiError.VehicleUnavailable(), new ApiError.RateLimited(TimeSpan.FromSeconds(60)), new ApiError.Failed("x"),
        new ApiError.Refused(403, "no"),
        new ApiError.Unreachable("nxdomain"), new ApiError.TokenRefresh(null),
    ];

    static readonly StreamEvent[] Stream =
    [
        .. new[]
        {
            Sample(13, ShiftState.D, 1, 10), Sample(14, ShiftState.P, 0), Sample(15, null, -5), Sample(16, null, null), Sample(17, ShiftState.P, 5),
            Sample(-9, ShiftState.D),
            Sample(18, ShiftState.Other, 3, latitude: null), Sample(7_200_000, ShiftState.D, odometer: 5000),
        }.Select(sample => new StreamEvent.Data(new StreamId(1), sample)),
        new StreamEvent.Inactive(new StreamId(1)), new StreamEvent.TooManyDisconnects(new StreamId(1)),
        new StreamEvent.TokensExpired(new StreamId(1)),
        new StreamEvent.VehicleOffline(new StreamId(1)),
    ];

    /// <summary>Everything that can happen to a scene, by number.</summary>
    static readonly Action<Scene>[] Happenings =
    [
        .. Datas.Select(data => (Action<Scene>)(scene => Answer(scene, new ApiAnswer<VehicleData>.Ok(data)))),
        .. Errors.Select(error => (Action<Scene>)(scene => Answer(scene, error))),
        .. Stream.Select(said => (Action<Scene>)(scene => scene.Says(said))),
        .. Datas.Select(data => (Action<Scene>)(scene =>
            scene.Send(new VehicleEvent.SuspendChecked(scene.Now, 1, new ApiAnswer<VehicleData>.Ok(data), Surroundings.Unknown)))),
        .. Datas.Select(data => (Action<Scene>)(scene =>
            scene.Send(new VehicleEvent.AvailabilityProbed(scene.Now, new ApiAnswer<VehicleData>.Ok(data), Surroundings.Unknown)))),
        scene => scene.Resume(),
        scene => scene.Send(new VehicleEvent.SuspendAsked(scene.Now, 1)),
        scene => scene.Send(new VehicleEvent.SuspendChecked(scene.Now, 1, new ApiError.Timeout(), Surroundings.Unknown)),
        scene => scene.Send(new VehicleEvent.PositionDue(scene.Now)),
        scene => scene.Send(new VehicleEvent.SignedIn(scene.Now)),
        scene => scene.Ask(),
        scene => scene.PassMinutes(1),
        scene => scene.PassMinutes(20),
        scene => scene.Passes(TimeSpan.FromHours(-1)),
        scene => scene.Changes(settings => settings with { UseStreamingApi = !settings.UseStreamingApi }),
        scene => scene.Changes(settings => settings with { SuspendMin = 0, SuspendAfterIdleMin = 0 }),
    ];

    static void Answer(Scene scene, ApiAnswer<VehicleData> answer)
    {
        scene.Ask();
        scene.Send(new VehicleEvent.Answered(scene.Now, scene.Vehicle.Request ?? -1, answer, Surroundings.Unknown));
    }

    public static IEnumerable<object[]> EveryState() =>
        Scenes.States.SelectMany(state => Enumerable.Range(0, 2).Select(streaming => new object[] { state, streaming == 1 }));

    [Theory]
    [MemberData(nameof(EveryState))]
    public void There_is_a_rule_for_every_pair_of_state_and_event(string state, bool streaming)
    {
        foreach (var happening in Happenings)
        {
            var scene = Scenes.In(state, streaming);
            Should.NotThrow(() => happening(scene));
            IsSound(scene).ShouldBeTrue();
        }
    }

    [Fact]
    public void Whatever_happens_in_whatever_order_a_car_stays_sound() =>
        Prop.ForAll(ArbMap.Default.ArbFor<(bool Streaming, byte[] Happenings)>(), life => IsSound(Play(life.Streaming, life.Happenings)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1500).WithEndSize(150));

    [Fact]
    public void The_same_events_have_the_same_effects() =>
        Prop.ForAll(ArbMap.Default.ArbFor<(bool Streaming, byte[] Happenings)>(), life =>
                Play(life.Streaming, life.Happenings).Entries.SequenceEqual(Play(life.Streaming, life.Happenings).Entries))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(100));

    [Fact]
    public void No_car_is_ever_forgotten() =>
        Prop.ForAll(ArbMap.Default.ArbFor<(bool Streaming, byte[] Happenings)>(), life =>
            {
                var vehicle = Play(life.Streaming, life.Happenings).Vehicle;
                return vehicle.Request is not null || vehicle.Poll is not null || vehicle.IsSignedOut;
            })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1500).WithEndSize(150));

    static Scene Play(bool streaming, byte[] happenings)
    {
        var scene = new Scene(streaming, idleMin: 3);
        foreach (var number in happenings)
            Happenings[number % Happenings.Length](scene);
        return scene;
    }

    /// <summary>
    /// The entries make sense in their order: nothing begins twice, nothing ends that has not begun, and the phase agrees with what is open.
    /// </summary>
    static bool IsSound(Scene scene)
    {
        var (drive, charging, update) = (false, false, false);
        foreach (var entry in scene.Entries)
        {
            switch (entry)
            {
                case LogbookEntry.StartDrive when drive:
                case LogbookEntry.InsertDrivePosition or LogbookEntry.CloseDrive when !drive:
                case LogbookEntry.StartCharging when charging:
                case LogbookEntry.InsertCharge or LogbookEntry.CompleteCharging when !charging:
                case LogbookEntry.StartUpdate when update:
                case LogbookEntry.CancelUpdate or LogbookEntry.FinishUpdate when !update:
                    return false;
                case LogbookEntry.StartDrive: drive = true; break;
                case LogbookEntry.CloseDrive: drive = false; break;
                case LogbookEntry.StartCharging: charging = true; break;
                case LogbookEntry.CompleteCharging: charging = false; break;
                case LogbookEntry.StartUpdate: update = true; break;
                case LogbookEntry.CancelUpdate or LogbookEntry.FinishUpdate: update = false; break;
            }
        }

        var vehicle = scene.Vehicle;
        return drive == (vehicle.Phase is VehiclePhase.Driving { HasRow: true } || vehicle.Unfinished.Drive is not null)
            && charging == (vehicle.Phase is VehiclePhase.Charging { HasRow: true } || vehicle.Unfinished.Charging is not null)
            && update == (vehicle.Phase is VehiclePhase.Updating || vehicle.Unfinished.Update is not null)
            && scene.IsConnected == vehicle.IsStreaming;
    }
}
