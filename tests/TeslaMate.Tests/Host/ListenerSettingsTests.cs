using System.Net;
using TeslaMate.Configuration;
using TeslaMate.Hosting;

namespace TeslaMate.Tests.Host;

public sealed class ListenerSettingsTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    public void An_address_is_listened_on_alone(string value, string address)
        => Read(("HTTP_BINDING_ADDRESS", value), ("PORT", "4001")).Settings.ShouldBe(
            new ListenerSettings.Address(new IPEndPoint(IPAddress.Parse(address), 4001)));

    [Fact]
    public void Without_an_address_strangers_decide_whether_all_or_only_this_machine_is_listened_on()
    {
        var settings = Read(("HTTP_BINDING_ADDRESS", "")).Settings;
        settings.Decide(keepsStrangersOut: true).ShouldBe(new ListenerSettings.Everywhere(4000));
        settings.Decide(keepsStrangersOut: false).ShouldBe(new ListenerSettings.Loopback(4000));
    }

    [Fact]
    public void An_address_that_was_said_holds_without_a_password_too()
        => Read(("HTTP_BINDING_ADDRESS", "0.0.0.0")).Settings.Decide(keepsStrangersOut: false)
            .ShouldBe(new ListenerSettings.Address(new IPEndPoint(IPAddress.Any, 4000)));

    [Theory]
    [InlineData(null, "755")]
    [InlineData("666", "666")]
    [InlineData("0600", "600")]
    public void A_path_is_a_unix_socket_with_a_mode(string? perm, string mode)
        => Read(("HTTP_BINDING_ADDRESS", "/run/x.sock"), ("SOCKET_PERM", perm ?? "")).Settings
            .ShouldBe(new ListenerSettings.UnixSocket("/run/x.sock", (UnixFileMode)Convert.ToInt32(mode, 8)));

    [Theory]
    [InlineData("HTTP_BINDING_ADDRESS", "localhost")]
    [InlineData("HTTP_BINDING_ADDRESS", "127.1")]
    [InlineData("HTTP_BINDING_ADDRESS", "127.0.0.1:4000")]
    [InlineData("HTTP_BINDING_ADDRESS", "1")]
    [InlineData("PORT", "four thousand")]
    [InlineData("PORT", "65536")]
    [InlineData("SOCKET_PERM", "888")]
    [InlineData("SOCKET_PERM", "rwxrwxrwx")]
    [InlineData("SOCKET_PERM", "7777")]
    public void What_cannot_be_understood_is_refused_rather_than_opened_to_all(string name, string value)
        => Read((name, value)).Problems.ShouldHaveSingleItem().ShouldStartWith($"{name} is \"{value}\"");

    static (ListenerSettings Settings, IReadOnlyList<string> Problems) Read(params (string Name, string Value)[] values)
    {
        var variables = new Variables(values.ToDictionary(pair => pair.Name, pair => pair.Value));
        return (ListenerSettings.Read(variables), variables.Problems);
    }
}
