using FsCheck;
using FsCheck.Fluent;
using TeslaMate.Configuration;

namespace TeslaMate.Tests.Configuration;

public sealed class BackOffTests
{
    [Theory]
    [InlineData(0, 0.5, 1)]
    [InlineData(1, 0.5, 2)]
    [InlineData(3, 0.5, 8)]
    [InlineData(100, 0.5, 60)]
    [InlineData(0, 0.0, 0.8)]
    [InlineData(100, 1.0, 72)]
    public void Pauses_double_up_to_a_longest(int attempt, double chance, double seconds)
        => BackOff.Pause(attempt, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), () => chance).TotalSeconds.ShouldBe(seconds, tolerance: 1e-9);

    [Fact]
    public void A_pause_never_exceeds_the_longest_by_more_than_a_fifth_and_never_vanishes()
        => Prop.ForAll<NonNegativeInt>(attempt => new[] { 0, 0.5, 0.999 }.All(chance
            => BackOff.Pause(attempt.Get, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(15), () => chance) is var pause
                && pause >= TimeSpan.FromSeconds(0.4) && pause <= TimeSpan.FromSeconds(18))).QuickCheckThrowOnFailure();
}
