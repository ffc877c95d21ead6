using TeslaMate.Configuration.Health;
using TeslaMate.Health;

namespace TeslaMate.Tests.Host;

public sealed class PrometheusTextTests
{
    [Fact]
    public void Samples_of_one_name_stand_together_below_its_help_and_type()
        => PrometheusText.Write(
        [
            new Measure("cars", "Cars that are logged.", 2),
            new Measure("errors_total", "Failed\nrequests.", 3) { IsCounter = true, Labels = [("car", "1")] },
            new Measure("age_seconds", "Age.", 0.1),
            new Measure("errors_total", "Failed\nrequests.", double.PositiveInfinity) { IsCounter = true, Labels = [("car", "2"), ("name", "a\"b\\c\nd")] },
        ]).ShouldBe("""
            # HELP cars Cars that are logged.
            # TYPE cars gauge
            cars 2
            # HELP errors_total Failed\nrequests.
            # TYPE errors_total counter
            errors_total{car="1"} 3
            errors_total{car="2",name="a\"b\\c\nd"} +Inf
            # HELP age_seconds Age.
            # TYPE age_seconds gauge
            age_seconds 0.1

            """);
}
