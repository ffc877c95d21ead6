using TeslaMate.Logbook;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Time;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Supervision;

namespace TeslaMate.Tests.Vehicles.Supervision;

public class DataWatchTests
{
    readonly ManualTime _time = new(ACar.T);
    readonly RecordedLog _log = new();
    readonly FixedHealth _vehicles = new();

    [Fact]
    public void A_silent_car_is_told_once_then_ever_more_rarely_and_so_is_its_return()
    {
        var watch = new DataWatch(_vehicles, _time, _log.For<DataWatch>());
        Pass(watch, minutes: 29);
        _log.Lines.ShouldBeEmpty();
        Pass(watch, minutes: 2);
        _log.Lines.ShouldHaveSingleItem().ShouldBe("Warning: Car 1 has not given a usable answer for 30 min (timeout)");
        Pass(watch, minutes: 100);
        _log.Lines.Count.ShouldBe(1);
        Pass(watch, minutes: 30);
        _log.Lines.Count.ShouldBe(2);
        _vehicles.Answered = _time.GetUtcNow();
        Pass(watch, minutes: 1);
        _log.Lines[^1].ShouldBe("Information: Car 1 answers again");
        Pass(watch, minutes: 35);
        _log.Lines.Count.ShouldBe(4, "a new silence is told at once");
    }

    [Fact]
    public void A_car_of_another_instance_is_not_missed()
    {
        _vehicles.IsStandby = true;
        Pass(new DataWatch(_vehicles, _time, _log.For<DataWatch>()), minutes: 100);
        _log.Lines.ShouldBeEmpty();
    }

    void Pass(DataWatch watch, int minutes)
    {
        for (var i = 0; i < minutes; i++)
        {
            watch.LookAtAll();
            _time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    sealed class FixedHealth : HealthOnly
    {
        public DateTimeOffset? Answered { get; set; }

        public bool IsStandby { get; set; }

        public override IReadOnlyList<VehicleHealth> Health =>
            [new(new CarId(1), VehicleStateName.Online, Healthy: true, Answered, null, 3, "timeout", StreamConnected: false, Restarts: 0, IsStandby)];
    }
}
