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

    [Theory]
    [InlineData("huge", "larger than any secret")]
    [InlineData("endless", "larger than any secret")]
    [InlineData("Latin-1", "no text in UTF-8")]
    [InlineData("folder", "may not be read")]
    [InlineData("missing", "does not exist")]
    public void A_file_that_holds_no_secret_is_a_problem(string kind, string sentence)
    {
        var folder = Directory.CreateTempSubdirectory("secrets-").FullName;
        try
        {
            var file = Path.Combine(folder, "secret");
            if (kind is "huge" or "Latin-1")
                File.WriteAllBytes(file, kind == "huge" ? new byte[1_000_000] : [0x6d, 0xfc, 0x6c, 0x6c]);
            var path = kind switch { "endless" => "/dev/zero", "folder" => folder, _ => file };
            var variables = new Variables(new Dictionary<string, string> { ["PASS_FILE"] = path, ["PASS"] = "not this one" });
            variables.Secret("PASS").ShouldBeNull();
            variables.Problems.Single().ShouldContain(sentence);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_credential_has_the_variables_name_or_the_one_usual_for_credentials()
    {
        var folder = Directory.CreateTempSubdirectory("credentials-").FullName;
        try
        {
            var variables = new Variables(new Dictionary<string, string> { ["CREDENTIALS_DIRECTORY"] = folder, ["MQTT_PASSWORD"] = "environment" });
            variables.Secret("MQTT_PASSWORD")!.Reveal().ShouldBe("environment");
            File.WriteAllText(Path.Combine(folder, "mqtt-password"), "usual");
            variables.Secret("MQTT_PASSWORD")!.Reveal().ShouldBe("usual");
            File.WriteAllText(Path.Combine(folder, "MQTT_PASSWORD"), "exact\n");
            variables.Secret("MQTT_PASSWORD")!.Reveal().ShouldBe("exact");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_secret_that_was_put_where_its_file_belongs_is_not_repeated()
    {
        var variables = new Variables(new Dictionary<string, string> { ["PASS_FILE"] = "hunter2", ["KEY_FILE"] = "/nowhere/key" });
        variables.Secret("PASS").ShouldBeNull();
        variables.Secret("KEY").ShouldBeNull();
        variables.Problems.ShouldBe([
            "PASS_FILE names a file without an absolute path, which does not exist. Example: a file such as /run/secrets/teslamate, readable by "
                + "this program",
            "KEY_FILE names /nowhere/key, which does not exist. Example: a file such as /run/secrets/teslamate, readable by this program",
        ]);
    }

    [Theory]
    [InlineData("http://user:pa%73s@proxy:3128", "pa%73s", "pass")]
    [InlineData("https://user:p@ss:word@host/a:b@c", "p@ss:word")]
    [InlineData("https://user@host/a:b@c")]
    [InlineData("https://host:443/")]
    [InlineData("user:pass@host")]
    public void A_password_in_an_address_is_a_secret(string address, params string[] secrets)
    {
        var variables = new Variables(new Dictionary<string, string> { ["PROXY"] = address });
        variables.Text("PROXY").ShouldBe(address);
        variables.Secrets.Select(secret => secret.Reveal()).ShouldBe(secrets);
    }
}
