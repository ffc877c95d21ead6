using Microsoft.Extensions.Hosting.Systemd;
using TeslaMate.Systemd.Watchdog;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Systemd;

public sealed class WatchdogTests
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);

    readonly ManualTime _time = new();
    readonly RecordedLog _log = new();
    readonly SentStates _sent = new();

    [Fact]
    public void The_watchdog_is_fed_while_every_loop_turns_and_starves_when_one_hangs()
    {
        var heartbeats = new Heartbeats(_time);
        using var lively = heartbeats.Start("car 1", TimeSpan.FromSeconds(20));
        using var hanging = heartbeats.Start("car 2", TimeSpan.FromSeconds(40));
        using var watchdog = new WatchdogLoop(_sent, heartbeats, _time, _log.For<WatchdogLoop>(), Interval);
        var fed = new List<int>();
        for (var seconds = 0; seconds <= 90; seconds += 15, _time.Advance(TimeSpan.FromSeconds(15)))
        {
            lively.Beat();
            if (seconds == 75)
                hanging.Beat();
            var before = _sent.All.Count;
            watchdog.Check();
            if (_sent.All.Count > before)
                fed.Add(seconds);
        }

        fed.ShouldBe([0, 15, 30, 75, 90]);
        _sent.All.Distinct().ShouldBe(["WATCHDOG=1"]);
        _log.Lines.ShouldBe(["Critical: The loop \"car 2\" has not turned for 45 s; the watchdog is no longer fed, so systemd will restart the "
            + "program"]);
    }

    [Fact]
    public async Task A_watchdog_of_200_ms_is_fed_again_and_again_until_the_stop()
    {
        using var manager = new DatagramListener();
        using var watchdog = new WatchdogLoop(
            Notifiers.At(manager.Name), new Heartbeats(TimeProvider.System), TimeProvider.System, _log.For<WatchdogLoop>(),
            TimeSpan.FromMilliseconds(200));
        await watchdog.StartAsync(default);
        Enumerable.Range(0, 3).Select(_ => manager.Receive()).ShouldBe(["WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
        await watchdog.StopAsync(default);
    }

    [Fact]
    public void A_loop_that_ended_in_order_or_announced_a_longer_pause_is_not_missed()
    {
        var heartbeats = new Heartbeats(_time);
        var ended = heartbeats.Start("import", TimeSpan.FromSeconds(1));
        using var asleep = heartbeats.Start("car 1", TimeSpan.FromSeconds(1));
        ended.Dispose();
        asleep.Beat(TimeSpan.FromMinutes(5));
        _time.Advance(TimeSpan.FromMinutes(5));
        heartbeats.Overdue().ShouldBeEmpty();
        _time.Advance(TimeSpan.FromSeconds(1));
        heartbeats.Overdue().ShouldBe([("car 1", TimeSpan.FromSeconds(301))]);
    }

    [Theory]
    [InlineData("60000000", null, 60.0)]
    [InlineData("60000000", "42", 60.0)]
    [InlineData("60000000", "41", null)]
    [InlineData("0", null, null)]
    [InlineData("-5", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    public void The_interval_counts_only_for_the_process_it_is_meant_for(string? microseconds, string? pid, double? seconds)
        => WatchdogInterval.Read(name => name == "WATCHDOG_USEC" ? microseconds : pid, processId: 42)
            .ShouldBe(seconds is { } number ? TimeSpan.FromSeconds(number) : null);

    sealed class SentStates : ISystemdNotifier
    {
        public List<string> All { get; } = [];

        public bool IsEnabled => true;

        public void Notify(ServiceState state) => All.Add(state.ToString());
    }
}
