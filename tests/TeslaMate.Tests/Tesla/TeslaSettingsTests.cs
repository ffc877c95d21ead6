using TeslaMate.Configuration;
using TeslaMate.Tesla;

namespace TeslaMate.Tests.Tesla;

public class TeslaSettingsTests
{
    [Fact]
    public void Nothing_needs_to_be_set()
    {
        var (settings, problems) = Read();
        problems.ShouldBeEmpty();
        settings.ApiHost.ShouldBeNull();
        settings.AuthClientId.ShouldBe("ownerapi");
        settings.ApiPoolSize.ShouldBe(10);
        settings.StreamUsesVin.ShouldBeFalse();
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("  ", null)]
    [InlineData("abc", "abc")]
    [InlineData(" abc ", "abc")]
    [InlineData("?token=abc", "abc")]
    [InlineData("token=abc", "abc")]
    [InlineData("TOKEN=abc", "TOKEN=abc")]
    [InlineData(" ?token=abc ", "abc")]
    public void The_fleet_token_is_trimmed_and_loses_the_legacy_prefix(string value, string? expected)
        => (Read(("TOKEN", value)).Settings.FleetToken?.Reveal()).ShouldBe(expected);

    [Theory]
    [InlineData("", false)]
    [InlineData("true", true)]
    [InlineData("1", true)]
    [InlineData("false", false)]
    [InlineData("False", false)]
    public void The_stream_uses_the_vin_when_asked_to(string value, bool expected)
    => Read(("TESLA_WSS_USE_VIN", value)).Settings.StreamUsesVin.ShouldBe(expected);

    [Theory]
    [InlineData("true", true)]
    [InlineData("1", false)]
    [InlineData("", false)]
    public void Invalid_certificates_are_accepted_only_by_the_word_true(string value, bool expected)
        => Read(("TESLA_WSS_TLS_ACCEPT_INVALID_CERTS", value)).Settings.StreamAcceptsInvalidCertificates.ShouldBe(expected);

    [Theory]
    [InlineData("TESLA_API_HOST", "owner-api.teslamotors.com")]
    [InlineData("TESLA_AUTH_HOST", "ftp://auth.tesla.com")]
    [InlineData("TESLA_WSS_HOST", "https://streaming")]
    [InlineData("TESLA_API_POOL_SIZE", "ten")]
    public void What_cannot_be_used_is_a_problem_that_names_the_variable(string name, string value)
        => Read((name, value)).Problems.ShouldHaveSingleItem().ShouldStartWith(name);

    [Fact]
    public void Hosts_lose_their_trailing_slash_and_paths_gain_a_leading_one()
    {
        var (settings, _) = Read(("TESLA_API_HOST", "https://api.example.org/"), ("TESLA_AUTH_PATH", "api/oauth2/v3/"));
        settings.ApiHost.ShouldBe(new Uri("https://api.example.org"));
        settings.AuthPath.ShouldBe("/api/oauth2/v3");
    }

    static (TeslaSettings Settings, IReadOnlyList<string> Problems) Read(params (string Name, string Value)[] values)
    {
        var variables = new Variables(values.ToDictionary(value => value.Name, value => value.Value));
        return (TeslaSettings.Read(variables), variables.Problems);
    }

    /// <summary>Requests to the Fleet API cost money, also behind a proxy (spec fleet-telemetry 4.9).</summary>
    [Theory]
    [InlineData(null, false)]
    [InlineData("https://owner-api.teslamotors.com", false)]
    [InlineData("https://owner-api.vn.cloud.tesla.cn/", false)]
    [InlineData("https://fleet-api.prd.eu.vn.cloud.tesla.com", true)]
    [InlineData("https://api.example.org", true)]
    public void What_is_priced_is_known_by_the_host(string? host, bool isPriced)
        => Read(host is null ? [] : [("TESLA_API_HOST", host)]).Settings.IsPriced.ShouldBe(isPriced);
}
