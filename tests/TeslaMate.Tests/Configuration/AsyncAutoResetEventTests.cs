using TeslaMate.Configuration;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Configuration;

public class AsyncAutoResetEventTests
{
    readonly ManualTime _time = new();
    readonly AsyncAutoResetEvent _event = new();

    [Fact]
    public async Task It_wakes_a_waiter_once_however_often_it_was_set()
    {
        _event.Set();
        _event.Set();
        await _event.WaitAsync(CancellationToken.None);
        var again = _event.WaitAsync(CancellationToken.None);
        again.IsCompleted.ShouldBeFalse();
        _event.Set();
        await again;
    }

    [Fact]
    public async Task A_wait_ends_after_its_time_and_what_is_set_later_wakes_the_next()
    {
        var waiting = _event.WaitAsync(TimeSpan.FromMinutes(1), _time, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(59));
        waiting.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(1));
        await waiting;
        _event.Set();
        await _event.WaitAsync(TimeSpan.FromMinutes(1), _time, CancellationToken.None);
    }

    [Fact]
    public async Task A_cancelled_wait_says_so()
    {
        using var stop = new CancellationTokenSource();
        var waiting = _event.WaitAsync(TimeSpan.FromMinutes(1), _time, stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
    }
}
