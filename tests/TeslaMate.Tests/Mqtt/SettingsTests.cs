using TeslaMate.Configuration;
using TeslaMate.Mqtt;

namespace TeslaMate.Tests.Mqtt;

public sealed class SettingsTests
{
    static (MqttSettings? Settings, IReadOnlyList<string> Problems) Read(params (string Name, string Value)[] variables)
    {
        var read = new Variables(variables.ToDictionary(variable => variable.Name, variable => variable.Value));
        return (MqttSettings.Read(read), read.Problems);
    }

    [Fact]
    public void Disabled_nothing_is_read()
    {
        var (settings, problems) = Read(("DISABLE_MQTT", "true"), ("MQTT_NAMESPACE", "a/b"));
        settings.ShouldBeNull();
        problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("1")]
    [InlineData("yes")]
    [InlineData("")]
    public void Only_the_exact_word_disables(string word) => Read(("DISABLE_MQTT", word)).Problems.ShouldHaveSingleItem().ShouldContain("MQTT_HOST");

    [Theory]
    [InlineData("true", "", 8883)]
    [InlineData("", "", 1883)]
    [InlineData("true", "1884", 1884)]
    [InlineData("TRUE", "", 8883)]
    public void The_port_follows_TLS(string tls, string port, int expected)
        => Read(("MQTT_HOST", "h"), ("MQTT_TLS", tls), ("MQTT_PORT", port)).Settings!.Port.ShouldBe(expected);

    [Theory]
    [InlineData("MQTT_PORT", "abc", "MQTT_PORT is \"abc\"")]
    [InlineData("MQTT_PORT", "0", "not a port")]
    [InlineData("MQTT_NAMESPACE", "a/b", "must not contain '/'")]
    [InlineData("MQTT_NAMESPACE", "a+", "must not contain MQTT wildcards")]
    [InlineData("MQTT_NAMESPACE", "a#", "must not contain MQTT wildcards")]
    // A line end of a file that was written elsewhere; the broker's library refuses every such topic.
    [InlineData("MQTT_NAMESPACE", "home\r", "must not contain control characters")]
    [InlineData("MQTT_USERNAME", "me\r", "must not contain control characters")]
    [InlineData("MQTT_HOME_ASSISTANT_DISCOVERY_PREFIX", "ha\u0085x", "must not contain control characters")]
    [InlineData("MQTT_HOME_ASSISTANT_DISCOVERY_PREFIX", "ha/+", "must not contain MQTT wildcards")]
    [InlineData("MQTT_HOME_ASSISTANT_DISCOVERY_PREFIX", "a#", "must not contain MQTT wildcards")]
    [InlineData("MQTT_HOME_ASSISTANT_DISCOVERY_PREFIX", "//", "empty but for slashes")]
    [InlineData("MQTT_HOME_ASSISTANT_DISCOVERY_URL", "example", "http://")]
    [InlineData("MQTT_TLS", "yes", "neither true nor false")]
    [InlineData("MQTT_PASSWORD", "p", "MQTT_USERNAME")]
    public void A_mistake_has_one_clear_message(string name, string value, string message)
        => Read(("MQTT_HOST", "h"), (name, value)).Problems.ShouldHaveSingleItem().ShouldContain(message);

    [Theory]
    [InlineData("true", "my home", 1)]
    [InlineData("true", "münchen", 1)]
    [InlineData("true", "account-0_B", 0)]
    [InlineData("false", "my home", 0)]
    public void With_discovery_a_namespace_must_be_good_for_an_id(string discovery, string @namespace, int problems)
        => Read(("MQTT_HOST", "h"), ("MQTT_HOME_ASSISTANT_DISCOVERY", discovery), ("MQTT_NAMESPACE", @namespace)).Problems.Count.ShouldBe(problems);

    [Fact]
    public void A_missing_certificate_file_is_named()
        => Read(("MQTT_HOST", "h"), ("MQTT_TLS", "true"), ("MQTT_TLS_CA_CERT_FILE", "/no/such.pem")).Problems.ShouldHaveSingleItem()
            .ShouldContain("/no/such.pem");

    [Theory]
    [InlineData("MQTT_TLS_CERT_FILE")]
    [InlineData("MQTT_TLS_KEY_FILE")]
    public void A_client_certificate_needs_its_key_and_the_other_way_round(string name)
        => Read(("MQTT_HOST", "h"), ("MQTT_TLS", "true"), (name, typeof(SettingsTests).Assembly.Location)).Problems.ShouldHaveSingleItem()
            .ShouldContain("belong together");

    [Theory]
    [InlineData("ha/x", "ha/x")]
    [InlineData(" /ha/x/ ", "ha/x")]
    [InlineData("", "homeassistant")]
    public void The_discovery_prefix_may_have_levels_and_defaults_when_empty(string text, string prefix)
        => Read(("MQTT_HOST", "h"), ("MQTT_HOME_ASSISTANT_DISCOVERY_PREFIX", text)).Settings!.HomeAssistant.Prefix.ShouldBe(prefix);

    [Fact]
    public void An_empty_namespace_is_none() => Read(("MQTT_HOST", "h"), ("MQTT_NAMESPACE", "")).Settings!.Root.ShouldBe("teslamate");

    [Fact]
    public void The_password_does_not_show_itself()
        => Read(("MQTT_HOST", "h"), ("MQTT_USERNAME", "u"), ("MQTT_PASSWORD", "very-secret")).Settings!.ToString().ShouldNotContain("very-secret");
}
