using TeslaMate.Configuration;

namespace TeslaMate.Tests.Configuration;

public sealed class CircuitBreakerTests
{
    static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    static readonly CircuitBreaker Closed = new(Tolerance: 2, Window: TimeSpan.FromMinutes(10), Reset: TimeSpan.FromMinutes(5));

    static CircuitBreaker After(params double[] minutes)
        => minutes.Aggregate(Closed, (breaker, minute) => breaker.RecordFailure(Start.AddMinutes(minute)));

    [Fact]
    public void One_failure_more_than_it_tolerates_opens_it_until_the_reset()
    {
        After(0, 1).IsOpen(Start.AddMinutes(1)).ShouldBeFalse();
        var open = After(0, 1, 2);
        open.IsOpen(Start.AddMinutes(2)).ShouldBeTrue();
        open.IsOpen(Start.AddMinutes(6.9)).ShouldBeTrue();
        open.IsOpen(Start.AddMinutes(7)).ShouldBeFalse();
    }

    [Fact]
    public void A_failure_as_old_as_the_window_does_not_count() => After(0, 5, 10).IsOpen(Start.AddMinutes(10)).ShouldBeFalse();

    [Fact]
    public void It_counts_anew_after_it_was_open_and_after_a_success()
    {
        After(0, 1, 2, 8, 9).IsOpen(Start.AddMinutes(9)).ShouldBeFalse();
        After(0, 1).RecordSuccess().RecordFailure(Start.AddMinutes(2)).IsOpen(Start.AddMinutes(2)).ShouldBeFalse();
    }

    [Fact]
    public void A_clock_that_is_set_back_by_hours_closes_it() => After(0, 1, 2).IsOpen(Start.AddHours(-3)).ShouldBeFalse();

    [Fact]
    public void Forced_open_it_stays_so() => Closed.ForceOpen().IsOpen(Start.AddYears(1)).ShouldBeTrue();
}
