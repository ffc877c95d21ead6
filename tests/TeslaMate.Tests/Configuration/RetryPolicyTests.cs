using FsCheck;
using FsCheck.Fluent;
using TeslaMate.Configuration;

namespace TeslaMate.Tests.Configuration;

public sealed class RetryPolicyTests
{
    [Theory]
    [InlineData(0, 0.5, 1)]
    [InlineData(1, 0.5, 2)]
    [InlineData(3, 0.5, 8)]
    [InlineData(100, 0.5, 60)]
    [InlineData(0, 0.0, 0.8)]
    [InlineData(100, 1.0, 72)]
    public void Pauses_double_up_to_a_longest(int attempt, double chance, double seconds)
        => new RetryPolicy(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)).Pause(attempt, chance).TotalSeconds.ShouldBe(seconds, tolerance: 1e-9);

    [Theory]
    [InlineData(-3, 1)]
    [InlineData(0, 1)]
    [InlineData(1, 1.5)]
    [InlineData(2, 2.25)]
    [InlineData(int.MaxValue, 10)]
    public void Without_chance_a_pause_grows_by_its_factor_alone(int attempt, double seconds)
        => new RetryPolicy(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10)) { Factor = 1.5 }.Pause(attempt).TotalSeconds.ShouldBe(seconds);

    [Theory]
    [InlineData(0.0, 4)]
    [InlineData(0.5, 8)]
    [InlineData(1.0, 12)]
    public void Chance_spreads_a_pause_as_far_as_the_policy_says(double chance, double seconds)
        => new RetryPolicy(TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(8)) { Spread = 0.5 }.Pause(0, chance).TotalSeconds.ShouldBe(seconds);

    [Fact]
    public void A_pause_never_exceeds_the_longest_by_more_than_a_fifth_and_never_vanishes()
        => Prop.ForAll<NonNegativeInt>(attempt => new[] { 0, 0.5, 0.999 }.All(chance
            => new RetryPolicy(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(15)).Pause(attempt.Get, chance) is var pause
                && pause >= TimeSpan.FromSeconds(0.4) && pause <= TimeSpan.FromSeconds(18))).QuickCheckThrowOnFailure();
}
