using TeslaMate.Configuration;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Vehicles;

/// <summary>The variables of polling (spec vehicle 4.1): they lengthen pauses, never shorten them.</summary>
public class PollingIntervalsTests
{
    [Theory]
    [InlineData("1", 2.5)]
    [InlineData("2", 2.5)]
    [InlineData("3", 3)]
    [InlineData("10", 10)]
    [InlineData("", 2.5)]
    [InlineData(null, 2.5)]
    public void The_driving_interval(string? value, double seconds) =>
        PollingIntervals.Read(With("POLLING_DRIVING_INTERVAL", value)).Driving.TotalSeconds.ShouldBe(seconds);

    [Theory]
    [InlineData("2.5")]
    [InlineData("fast")]
    [InlineData("10s")]
    public void Anything_but_whole_seconds_is_a_problem(string value)
    {
        var variables = With("POLLING_CHARGING_INTERVAL", value);
        PollingIntervals.Read(variables).Charging.TotalSeconds.ShouldBe(5);
        variables.Problems.ShouldHaveSingleItem().ShouldContain("POLLING_CHARGING_INTERVAL");
    }

    [Fact]
    public void All_variables_are_read()
    {
        var names = new[] { "ASLEEP", "DRIVING", "DEFAULT", "ONLINE", "CHARGING", "MINIMUM" };
        var read = PollingIntervals.Read(new Variables(
            names.Select((name, index) => (name, index)).ToDictionary(pair => $"POLLING_{pair.name}_INTERVAL", pair => $"{100 + pair.index}")));
        new[] { read.Asleep, read.Driving, read.Default, read.Online, read.Charging, read.Minimum }.Select(interval => interval.TotalSeconds)
            .ShouldBe([100, 101, 102, 103, 104, 105]);
    }

    [Fact]
    public void A_longer_charging_interval_holds_without_power_too() =>
        new PollingIntervals { Charging = TimeSpan.FromSeconds(30) }.WhileCharging(null).TotalSeconds.ShouldBe(30);

    static Variables With(string name, string? value) => new(value is null ? [] : new Dictionary<string, string> { [name] = value });
}
