using TeslaMate.Configuration;

namespace TeslaMate.Tests.Configuration;

public sealed class VariablesTests
{
    [Fact]
    public void Every_problem_is_reported_with_its_variable_and_an_example()
    {
        var variables = new Variables(new Dictionary<string, string> { ["PORT"] = "abc", ["POOL"] = "0", ["SSL"] = "maybe" });

        variables.Port("PORT", fallback: 4000).ShouldBe(4000);
        variables.Whole("POOL", fallback: 10, least: 1, most: 100).ShouldBe(10);
        variables.Flag("SSL", fallback: false).ShouldBeFalse();
        variables.Required("HOST", example: "localhost");

        variables.Problems.ShouldBe([
            "PORT is \"abc\", which is not a port. Example: PORT=4000",
            "POOL is \"0\", which is not a whole number from 1 to 100. Example: POOL=10",
            "SSL is \"maybe\", which is neither true nor false. Example: SSL=true",
            "HOST is not set. Example: HOST=localhost",
        ]);
    }

    [Fact]
    public void A_set_but_empty_variable_counts_as_not_set()
    {
        var variables = new Variables(new Dictionary<string, string> { ["PORT"] = "" });
        variables.Port("PORT", fallback: 4000).ShouldBe(4000);
        variables.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void A_secret_file_wins_over_the_variable_and_loses_its_line_break()
    {
        var variables = new Variables(new Dictionary<string, string> { ["PASS"] = "a", ["PASS_FILE"] = "/f" }, _ => "b\n");
        var secret = variables.Secret("PASS");
        secret!.Reveal().ShouldBe("b");
        secret.ToString().ShouldBe("***");
    }
}
