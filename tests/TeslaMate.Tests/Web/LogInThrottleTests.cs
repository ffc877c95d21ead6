using System.Net;
using TeslaMate.Tests.Time;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Tests.Web;

public sealed class LogInThrottleTests
{
    static readonly IPAddress Owner = IPAddress.Parse("203.0.113.7");

    readonly ManualTime _time = new();
    readonly LogInThrottle _throttle;

    public LogInThrottleTests() => _throttle = new(_time);

    [Theory]
    [InlineData(5, 5)]
    [InlineData(6, 10)]
    [InlineData(8, 40)]
    [InlineData(12, 640)]
    [InlineData(13, 900)]
    [InlineData(1000, 900)]
    public void Each_further_wrong_try_doubles_the_wait(int failures, int seconds)
    => LogInThrottle.Pause(failures).ShouldBe(TimeSpan.FromSeconds(seconds));

    [Fact]
    public void A_wait_ends_and_the_next_one_is_longer()
    {
        Guess(Owner, LogInThrottle.FreeTries);
        _throttle.Try(Owner).ShouldBe(TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(3));
        _throttle.Try(Owner).ShouldBe(TimeSpan.FromSeconds(2));
        _time.Advance(TimeSpan.FromSeconds(2));
        _throttle.Try(Owner).ShouldBeNull();
        _throttle.Try(Owner).ShouldBe(TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromHours(1));
        Guess(Owner, LogInThrottle.FreeTries);
    }

    [Fact]
    public void A_right_try_makes_up_for_the_wrong_ones()
    {
        Guess(Owner, LogInThrottle.FreeTries - 1);
        _throttle.Try(Owner).ShouldBeNull();
        _throttle.Succeeded(Owner);
        Guess(Owner, LogInThrottle.FreeTries - 1);
        _throttle.Try(Owner, isRight: true).ShouldBeNull();
        Guess(Owner, LogInThrottle.FreeTries);
        _throttle.Try(Owner, isRight: true).ShouldNotBeNull("who guesses learns nothing");
    }

    [Fact]
    public void One_network_is_one_guesser()
    {
        for (var number = 1; number <= LogInThrottle.FreeTries; number++)
            _throttle.Try(IPAddress.Parse($"2001:db8:1:2::{number}")).ShouldBeNull();
        _throttle.Try(IPAddress.Parse("2001:db8:1:2:ffff::1")).ShouldNotBeNull();
        _throttle.Try(IPAddress.Parse("2001:db8:1:3::1")).ShouldBeNull();
        // The same address, as a listener of both families sees it.
        Guess(Owner, LogInThrottle.FreeTries);
        _throttle.Try(Owner.MapToIPv6()).ShouldNotBeNull();
    }

    [Fact]
    public void A_crowd_of_guessers_waits_together_and_locks_nobody_out_who_was_right_before()
    {
        _throttle.Try(Owner).ShouldBeNull();
        _throttle.Succeeded(Owner);
        _time.Advance(TimeSpan.FromDays(30));
        var crowd = Enumerable.Range(0, 11_000).Select(number => new IPAddress([10, 0, (byte)(number / 256), (byte)number])).ToList();
        crowd.Count(address => _throttle.Try(address) is null).ShouldBe(60);
        _throttle.Try(crowd[^1]).ShouldBe(TimeSpan.FromMinutes(1));
        _throttle.Try(crowd[^1], isRight: true).ShouldBeNull();
        Guess(Owner, LogInThrottle.FreeTries);
        _throttle.Try(Owner).ShouldBe(TimeSpan.FromSeconds(5));

        // Nor does it make it forgotten.
        foreach (var minute in crowd.Skip(100).Chunk(60))
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            minute.ShouldAllBe(address => _throttle.Try(address, false) == null);
        }

        _throttle.Try(Owner).ShouldBeNull();
    }

    void Guess(IPAddress address, int times)
    {
        for (var attempt = 0; attempt < times; attempt++)
            _throttle.Try(address).ShouldBeNull();
    }
}
