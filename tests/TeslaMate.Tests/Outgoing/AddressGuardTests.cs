using System.Net;
using TeslaMate.Configuration;
using TeslaMate.Outgoing;
using TeslaMate.Outgoing.Channels;

namespace TeslaMate.Tests.Outgoing;

/// <summary>Which addresses are sent to.</summary>
public sealed class AddressGuardTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("192.0.2.1")]
    [InlineData("198.18.0.1")]
    [InlineData("203.0.113.9")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::127.0.0.1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%2")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("ff02::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2001::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("2002:c0a8:101::1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("fec0::1")]
    public void Addresses_that_are_not_on_the_Internet_are_refused(string address) =>
        new AddressGuard([]).Allows(IPAddress.Parse(address)).ShouldBeFalse();

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("192.0.1.1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("2a00:1450:4001::1")]
    [InlineData("2001:4860:4860::8888")]
    [InlineData("2002:808:808::1")]
    [InlineData("64:ff9b::8.8.8.8")]
    public void Others_are_allowed(string address) => new AddressGuard([]).Allows(IPAddress.Parse(address)).ShouldBeTrue();

    [Theory]
    [InlineData("http://127.0.0.1/", false)]
    [InlineData("http://2130706433/", false)]
    [InlineData("http://0x7f.1/", false)]
    [InlineData("http://0177.0.0.1/", false)]
    [InlineData("http://[::1]/", false)]
    [InlineData("http://[::ffff:7f00:1]/", false)]
    [InlineData("http://localhost/", false)]
    [InlineData("http://LOCALHOST./", false)]
    [InlineData("http://a.localhost/", false)]
    [InlineData("http://169.254.169.254/latest/meta-data", false)]
    [InlineData("https://hooks.example.org/", true)]
    [InlineData("https://8.8.8.8/", true)]
    public void What_is_entered_is_read_as_the_request_reads_it(string url, bool isAllowed)
        => new AddressGuard([]).MayName(new Uri(url).IdnHost).ShouldBe(isAllowed);

    [Fact]
    public async Task A_name_that_leads_to_this_machine_is_refused_when_it_is_connected()
        => await Should.ThrowAsync<ForbiddenAddressException>(() => new AddressGuard([]).ConnectAsync("localhost", 80, default));

    [Theory]
    [InlineData("192.168.1.0/24", "192.168.1.20", true)]
    [InlineData("192.168.1.0/24", "192.168.2.20", false)]
    [InlineData("10.0.0.5, fd00::/8", "fd00::7", true)]
    [InlineData("10.0.0.5", "10.0.0.5", true)]
    [InlineData("10.0.0.5", "::ffff:10.0.0.5", true)]
    [InlineData("10.0.0.5", "10.0.0.6", false)]
    public void Networks_can_be_allowed(string setting, string address, bool isAllowed)
    {
        var variables = new Variables(new Dictionary<string, string> { ["OUTGOING_ALLOWED_NETWORKS"] = setting });
        var settings = OutgoingSettings.Read(variables);
        variables.Problems.ShouldBeEmpty();
        new AddressGuard(settings.AllowedNetworks).Allows(IPAddress.Parse(address)).ShouldBe(isAllowed);
    }

    [Theory]
    [InlineData("everything")]
    [InlineData("192.168.1.0/33")]
    public void What_is_no_network_is_said(string setting)
    {
        var variables = new Variables(new Dictionary<string, string> { ["OUTGOING_ALLOWED_NETWORKS"] = setting });
        OutgoingSettings.Read(variables);
        variables.Problems.ShouldHaveSingleItem().ShouldStartWith($"OUTGOING_ALLOWED_NETWORKS has \"{setting}\"");
    }
}
