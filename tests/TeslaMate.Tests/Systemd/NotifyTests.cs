using Microsoft.Extensions.Hosting.Systemd;
using TeslaMate.Systemd.Notify;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.EndToEnd;
using TeslaMate.Tests.Host;
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
        var notifier = Notifiers.At(manager.Name);

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
    [InlineData("@")]
    [InlineData("vsock:2:1234")]
    [InlineData("/nonexistent/notify")]
    [InlineData("/a/path/that/is/longer/than/the/name/of/a/unix/socket/may/be/a/path/that/is/longer/than/the/name/of/a/unix/socket/may/be")]
    public void A_manager_that_is_not_there_does_no_harm(string? name) => Notifiers.At(name).Notify(ServiceState.Ready);

    [Fact]
    public void A_manager_that_has_gone_does_no_harm()
    {
        var manager = new DatagramListener();
        var notifier = Notifiers.At(manager.Name);
        manager.Dispose();
        notifier.Notify(ServiceState.Watchdog);
    }

    /// <summary>In a process of its own, whose environment names the socket and whose parent is no systemd: a wrapper stands between.</summary>
    [Fact]
    public async Task The_manager_is_told_of_start_and_stop_also_where_another_process_stands_between()
    {
        using var manager = new DatagramListener();
        await using var database = await TestServer.CreateDatabaseAsync();
        var folder = Directory.CreateTempSubdirectory("host-notify-");
        var environment = RunningProgram.EnvironmentOf(database, folder.FullName);
        environment["NOTIFY_SOCKET"] = manager.Name;
        environment["SYSTEMD_EXEC_PID"] = "1";
        await using (var program = ProgramProcess.Start(environment, Path.Combine(folder.FullName, "log"), "start"))
        {
            await Task.Run(() => ReceiveUntil("READY=1"));
            var stop = program.StopAsync();
            await Task.Run(() => ReceiveUntil("STOPPING=1"));
            // The queue of the socket is short, and the last status lines are for it too.
            while (!stop.IsCompleted)
            {
                manager.Drain();
                await Task.WhenAny(stop, Task.Delay(20));
            }
        }

        folder.Delete(recursive: true);

        void ReceiveUntil(string state)
        {
            while (manager.Receive() != state)
            {
            }
        }
    }

    [Fact]
    public async Task A_long_start_extends_the_limit_before_it_can_elapse_and_stops_with_the_work()
    {
        using var manager = new DatagramListener();
        var time = new ManualTime();

        var start = LongStart.Begin(Notifiers.At(manager.Name), time);
        time.Advance(TimeSpan.FromSeconds(35));
        await start.DisposeAsync();
        time.Advance(TimeSpan.FromSeconds(35));

        manager.Drain().ShouldBe(Enumerable.Repeat("EXTEND_TIMEOUT_USEC=60000000", 4));
    }
}
