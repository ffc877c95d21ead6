using TeslaMate.Configuration;
using TeslaMate.Hosting;

namespace TeslaMate.Tests.Host;

public sealed class LocalTimeZoneTests
{
    [Theory]
    [InlineData(null, true)]
    [InlineData("", true)]
    [InlineData("UTC", true)]
    [InlineData("Europe/Berlin", true)]
    [InlineData(":Europe/Berlin", true)]
    [InlineData("Europe/Berlon", false)]
    [InlineData("CET-1CEST,M3.5.0", false)]
    [InlineData("../../etc/passwd", false)]
    [InlineData("/nowhere", false)]
    public void A_zone_that_does_not_exist_is_told_of(string? zone, bool isKnown)
    {
        var problem = LocalTimeZone.Problem(new Variables(zone is null ? [] : new Dictionary<string, string> { ["TZ"] = zone }));
        (problem is null).ShouldBe(isKnown);
        if (!isKnown)
            problem!.ShouldContain(zone!);
    }
}
