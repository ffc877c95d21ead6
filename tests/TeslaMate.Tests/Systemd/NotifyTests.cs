using TeslaMate.Systemd.Notify;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Systemd;

public sealed class NotifyTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_state_arrives_as_one_datagram_at_a_path_and_at_an_abstract_name(bool @abstract)
    {
        using var manager = new DatagramListener(@abstract);
        var notifier = new SystemdNotifier(manager.Name);

        notifier.IsEnabled.ShouldBeTrue();
        notifier.Notify(ServiceState.Ready);
        notifier.Notify(ServiceState.Status("2 cars:\n1 driving, 1 asleep"));
        notifier.Notify(ServiceState.ExtendTimeout(TimeSpan.FromSeconds(90)));

        manager.Receive().ShouldBe("READY=1");
        manager.Receive().ShouldBe("STATUS=2 cars: 1 driving, 1 asleep");
        manager.Receive().ShouldBe("EXTEND_TIMEOUT_USEC=90000000");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("vsock:2:1234")]
    public void Without_a_unix_socket_nothing_is_sent(string? name)
    {
        var notifier = new SystemdNotifier(name);
        notifier.IsEnabled.ShouldBeFalse();
        notifier.Notify(ServiceState.Ready);
    }

    [Fact]
    public void A_manager_that_is_gone_does_no_harm()
        => new SystemdNotifier("/nonexistent/notify").Notify(ServiceState.Ready);

    [Theory]
    [InlineData(42, null, null, "42", true)]
    [InlineData(42, null, null, "41", false)]
    [InlineData(42, "/run/notify", "f00", null, true)]
    [InlineData(42, "/run/notify", null, null, false)]
    [InlineData(1, "/run/notify", null, null, true)]
    [InlineData(1, null, "f00", null, false)]
    public void A_service_of_systemd_is_recognised_by_its_environment(int pid, string? notify, string? invocation, string? execPid, bool isService)
        => SystemdHelpers.IsSystemdService(
            name => name switch { "NOTIFY_SOCKET" => notify, "INVOCATION_ID" => invocation, "SYSTEMD_EXEC_PID" => execPid, _ => null }, pid).ShouldBe(isService);

    [Fact]
    public async Task A_long_start_extends_the_limit_before_it_can_elapse_and_stops_with_the_work()
    {
        using var manager = new DatagramListener();
        var time = new ManualTime();

        var start = LongStart.Begin(new SystemdNotifier(manager.Name), time);
        time.Advance(TimeSpan.FromSeconds(35));
        await start.DisposeAsync();
        time.Advance(TimeSpan.FromSeconds(35));

        manager.Drain().ShouldBe(Enumerable.Repeat("EXTEND_TIMEOUT_USEC=60000000", 4));
    }
}
