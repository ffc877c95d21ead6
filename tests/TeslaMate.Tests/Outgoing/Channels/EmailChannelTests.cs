using System.Net;
using MimeKit;
using TeslaMate.Configuration;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Tests.Outgoing.Channels;

/// <summary>E-mail against a mail server (spec api 4.3).</summary>
public sealed class EmailChannelTests : IAsyncLifetime
{
    readonly ScriptedSmtp _server = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _server.DisposeAsync();

    OutgoingTarget Target(string to = "Owner <owner@example.com>", string? user = "me") => new(
        5, "mail",
        new TargetSettings.Email(
            "127.0.0.1", _server.Port, _server.IsImplicit, user, user is null ? null : new Secret("hunter2"), "car@example.org", to),
        EventFilter.Everything, null);

    Task<DeliveryResult> SendAsync(OutgoingTarget? target = null, bool trusts = true, string allowed = "127.0.0.0/8", TimeProvider? time = null)
        => new EmailChannel(SampleEvents.Writer(), new AddressGuard([IPNetwork.Parse(allowed)]), time ?? TimeProvider.System,
            // The certificate is the test server's own; that it is refused otherwise is tested too.
#pragma warning disable CA5359
            trusts ? (_, _, _, _) => true : null).SendAsync(target ?? Target(), SampleEvents.DriveEnded, CancellationToken.None);
#pragma warning restore CA5359

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_has_a_text_and_an_html_part_and_a_stable_id(bool isImplicit)
    {
        _server.IsImplicit = isImplicit;
        (await SendAsync()).ShouldBe(new DeliveryResult.Delivered());
        (await SendAsync()).ShouldBe(new DeliveryResult.Delivered());
        var mails = _server.Messages.Select(text => MimeMessage.Load(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)))).ToList();
        mails[0].MessageId.ShouldBe($"{SampleEvents.DriveEnded.Id}.5@example.org");
        mails[1].MessageId.ShouldBe(mails[0].MessageId);
        mails[0].Subject!.ShouldBe("Blue: Drive ended");
        mails[0].Headers["Auto-Submitted"].ShouldBe("auto-generated");
        mails[0].Date.ShouldBe(SampleEvents.Noon);
        mails[0].From.ToString().ShouldBe("car@example.org");
        mails[0].To.Mailboxes.Single().Address.ShouldBe("owner@example.com");
        mails[0].TextBody!.ShouldStartWith("Arrived at Seestrasse 12, Zug. 25.5 km in 31 min. Battery at 74 %.");
        mails[0].HtmlBody!.ShouldContain("""<a href="https://tm.example/drive/7">""");
        _server.Commands.ShouldNotContain(command => command.StartsWith("plain: AUTH", StringComparison.Ordinal)
            || command.StartsWith("plain: MAIL", StringComparison.Ordinal));
        _server.Commands.Count(command => command.StartsWith("AUTH", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task Nothing_is_sent_without_encryption()
    {
        _server.OffersStartTls = false;
        (await SendAsync()).ShouldBeOfType<DeliveryResult.TryAgain>().Reason.ShouldContain("STARTTLS");
        (await SendAsync(Target(user: null))).ShouldBeOfType<DeliveryResult.TryAgain>();
        _server.Commands.ShouldNotContain(
            command => command.Contains("AUTH", StringComparison.Ordinal) || command.Contains("MAIL", StringComparison.Ordinal));
        _server.Messages.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_ends_it()
    {
        (await SendAsync(trusts: false)).ShouldBeOfType<DeliveryResult.TryAgain>().Reason.ShouldContain("certificate");
        _server.Messages.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("451 later", true)]
    [InlineData("550 no such user hunter2", false)]
    public async Task What_the_server_says_is_tried_again_or_not(string refusal, bool isTriedAgain)
    {
        _server.Refusal = refusal;
        var result = await SendAsync();
        (result is DeliveryResult.TryAgain).ShouldBe(isTriedAgain);
        (result is DeliveryResult.Refused).ShouldBe(!isTriedAgain);
        _server.Refusal = null;
        (await SendAsync()).ShouldBe(new DeliveryResult.Delivered());
    }

    [Fact]
    public async Task A_wrong_password_is_named_and_not_repeated()
    {
        _server.AcceptsLogIn = false;
        var result = await SendAsync();
        result.ShouldBeOfType<DeliveryResult.TryAgain>().Reason.ShouldContain("password");
        result.ToString().ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task A_server_that_hangs_or_is_away_is_tried_again()
    {
        _server.IsSilent = true;
        var time = new Time.ManualTime();
        var sending = SendAsync(time: time);
        await Tesla.Eventually.BecomesTrueAsync(() => time.PendingTimers > 0, "the channel has begun");
        time.Advance(TimeSpan.FromSeconds(30));
        (await sending).ShouldBeOfType<DeliveryResult.TryAgain>().Reason.ShouldContain("30 s");
        var target = Target();
        await _server.DisposeAsync();
        (await SendAsync(target)).ShouldBeOfType<DeliveryResult.TryAgain>();
    }

    [Fact]
    public async Task A_private_network_has_to_be_allowed()
        => (await SendAsync(allowed: "10.0.0.0/8")).ShouldBeOfType<DeliveryResult.Refused>().Reason.ShouldContain("OUTGOING_ALLOWED_NETWORKS");

    [Theory]
    [InlineData("nobody")]
    [InlineData("")]
    [InlineData("a@example.com\r\nBcc: b@example.com")]
    public async Task An_address_that_is_none_is_refused(string to)
    {
        (await SendAsync(Target(to))).ShouldNotBe(new DeliveryResult.Delivered());
        _server.Messages.ShouldBeEmpty();
    }
}
