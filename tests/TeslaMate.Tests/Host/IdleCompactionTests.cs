using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TeslaMate.Hosting;
using TeslaMate.Logbook;
using TeslaMate.Tests.Tesla;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Host;

/// <summary>When a program that has nothing to do compacts its heap.</summary>
public sealed class IdleCompactionTests
{
    const long Busy = IdleCompactionRule.Quiet + 1;

    readonly IdleCompactionRule _rule = new(allocated: 1000);
    long _allocated = 1000;

    [Fact]
    public void An_idle_program_never_compacts()
        // As much as is allowed of an interval that is quiet, for as long as it takes to allocate nearly a burst.
        => Assert.DoesNotContain(true, Look(IdleCompactionRule.Quiet, (int)(IdleCompactionRule.Burst / IdleCompactionRule.Quiet) - 1));

    [Fact]
    public void A_busy_program_never_compacts() => Assert.DoesNotContain(true, Look(Busy, 1000));

    [Fact]
    public void A_burst_is_followed_by_two_compactions_once_it_is_over()
    {
        Assert.False(Look(IdleCompactionRule.Burst));
        var afterwards = Look(0, 100);
        Assert.Equal([0, IdleCompactionRule.SecondAfter], Enumerable.Range(0, 100).Where(interval => afterwards[interval]));
    }

    [Fact]
    public void Less_than_a_burst_is_not_worth_a_pause()
    {
        Assert.False(Look(IdleCompactionRule.Burst - 1));
        Assert.DoesNotContain(true, Look(0, 100));
    }

    [Fact]
    public void The_second_compaction_waits_for_a_quiet_interval()
    {
        Look(IdleCompactionRule.Burst);
        Assert.True(Look(0));
        Assert.DoesNotContain(true, Look(Busy, IdleCompactionRule.SecondAfter + 3));
        Assert.True(Look(0));
        Assert.DoesNotContain(true, Look(0, 100));
    }

    [Fact]
    public void A_burst_between_the_two_starts_again()
    {
        Look(IdleCompactionRule.Burst);
        Assert.True(Look(0));
        Look(IdleCompactionRule.Burst);
        var afterwards = Look(0, 100);
        Assert.Equal([0, IdleCompactionRule.SecondAfter], Enumerable.Range(0, 100).Where(interval => afterwards[interval]));
    }

    [Fact]
    public async Task It_looks_by_the_clock_of_the_machine_not_by_that_of_the_cars()
    {
        var (cars, machine) = (new ManualTime(), new ManualTime());
        await using var services = new ServiceCollection()
            .AddSingleton<TimeProvider>(cars)
            .AddKeyedSingleton<TimeProvider>(Housekeeping.Clock, machine)
            .AddSingleton<ILogger<IdleCompaction>>(NullLogger<IdleCompaction>.Instance)
            .AddHostedService<IdleCompaction>()
            .BuildServiceProvider();
        var compaction = services.GetServices<IHostedService>().Single();
        await compaction.StartAsync(CancellationToken.None);
        await Eventually.BecomesTrueAsync(() => machine.PendingTimers == 1, "it waits");
        Assert.Equal(0, cars.PendingTimers);
        await compaction.StopAsync(CancellationToken.None);
    }

    bool[] Look(long allocatedEach, int times) => [.. Enumerable.Range(0, times).Select(_ => Look(allocatedEach))];

    bool Look(long allocated) => _rule.IsDue(_allocated += allocated);
}
