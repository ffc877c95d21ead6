using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using TeslaMate.Configuration;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Configuration;

public class JobTests
{
    readonly ManualTime _time = new();

    [Fact]
    public async Task A_loop_that_fails_begins_again_later()
    {
        var runs = 0;
        using var stop = new CancellationTokenSource();
        var running = Job.KeepRunningAsync(_ => ++runs < 3 ? throw new InvalidOperationException("bug") : Task.CompletedTask, _time,
            NullLogger.Instance, stop.Token);
        runs.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1.2));
        while (_time.PendingTimers == 0)
            await Task.Delay(10);
        runs.ShouldBe(2);
        _time.Advance(TimeSpan.FromSeconds(2.4));
        await running;
        runs.ShouldBe(3);
    }

    [Fact]
    public async Task A_failure_after_a_long_good_run_is_a_first_one()
    {
        var runs = 0;
        var failure = new TaskCompletionSource();
        using var stop = new CancellationTokenSource();
        var running = Job.KeepRunningAsync(
            _ => ++runs < 10 ? throw new InvalidOperationException("bug") : runs == 10 ? failure.Task : Task.CompletedTask, _time,
            NullLogger.Instance, stop.Token);
        while (runs < 10)
        {
            if (_time.PendingTimers > 0)
                _time.Advance(TimeSpan.FromMinutes(6));
            await Task.Delay(1);
        }

        _time.Advance(TimeSpan.FromMinutes(11));
        failure.SetException(new InvalidOperationException("another bug"));
        while (_time.PendingTimers == 0)
            await Task.Delay(1);
        _time.Advance(TimeSpan.FromSeconds(1.2));
        await running;
        runs.ShouldBe(11);
    }

    [Fact]
    public async Task A_loop_that_waits_to_begin_again_ends_with_the_program_and_is_no_failure()
    {
        using var stop = new CancellationTokenSource();
        var running = Job.KeepRunningAsync(_ => throw new InvalidOperationException("bug"), _time, NullLogger.Instance, stop.Token);
        await stop.CancelAsync();
        await running;

        using var other = new CancellationTokenSource();
        running = Job.KeepRunningAsync(
            async stopping =>
            {
                await Task.Delay(Timeout.Infinite, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw new ChannelClosedException();
            },
            _time, NullLogger.Instance, other.Token);
        await other.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_cancellation_that_nobody_asked_for_is_a_failure_as_any_other()
    {
        var runs = 0;
        using var stop = new CancellationTokenSource();
        var running = Job.KeepRunningAsync(_ => ++runs < 2 ? throw new OperationCanceledException() : Task.CompletedTask, _time, NullLogger.Instance,
            stop.Token);
        _time.Advance(TimeSpan.FromSeconds(1.2));
        await running;
        runs.ShouldBe(2);
    }
}
