using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using MimeKit.Text;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Messages;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Channels;

/// <summary>Messages by e-mail (spec api 4.3), over an encrypted connection or not at all.</summary>
/// <param name="validate">Judges certificates that the machine does not trust; null for its own judgement.</param>
sealed class EmailChannel(
    MessageWriter messages, AddressGuard guard, TimeProvider time, RemoteCertificateValidationCallback? validate = null) : IChannel
{
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    public TargetKind Kind => TargetKind.Email;

    public async Task<DeliveryResult> SendAsync(OutgoingTarget target, OutgoingEvent happened, CancellationToken cancellationToken)
    {
        var settings = (TargetSettings.Email)target.Settings;
        if (Addresses(settings.From) is not [var from])
            return new DeliveryResult.Refused("the sender is no address");
        if (Addresses(settings.To) is not { Count: > 0 } to)
            return new DeliveryResult.Refused("the recipient is no address");
        using var mail = Mail(from, to, target, happened, messages.Write(happened));
        using var timeout = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var client = new SmtpClient();
        // A server of revocations that does not answer must not keep the message.
        client.CheckCertificateRevocation = false;
        if (validate is not null)
            client.ServerCertificateValidationCallback = validate;
        try
        {
            using var socket = await guard.ConnectAsync(settings.Host, settings.Port, either.Token);
            var encryption = settings.HasImplicitTls ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTls;
            await client.ConnectAsync(socket, settings.Host, settings.Port, encryption, either.Token);
            if (settings.User is { Length: > 0 } user)
                await client.AuthenticateAsync(new NetworkCredential(user, settings.Password?.Reveal() ?? ""), either.Token);
            await client.SendAsync(mail, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DeliveryResult.TryAgain(null, $"the mail server did not finish in {Timeout.TotalSeconds:0} s");
        }
        catch (ForbiddenAddressException exception)
        {
            return new DeliveryResult.Refused(exception.Message);
        }
        catch (SslHandshakeException)
        {
            return new DeliveryResult.TryAgain(
                null, "no secure connection: the server's certificate is not accepted, or it speaks no TLS on this port");
        }
        catch (NotSupportedException)
        {
            return new DeliveryResult.TryAgain(
                null, "the mail server offers no STARTTLS (or no way to log in), and without encryption nothing is sent");
        }
        catch (AuthenticationException)
        {
            return new DeliveryResult.TryAgain(null, "the mail server refuses user name or password");
        }
        catch (SmtpCommandException exception)
        {
            var reason = $"the mail server says {(int)exception.StatusCode}: {HttpAnswers.Short(exception.Message)}";
            return (int)exception.StatusCode is >= 400 and < 500 ? new DeliveryResult.TryAgain(null, reason) : new DeliveryResult.Refused(reason);
        }
        catch (Exception exception) when (exception is SocketException or IOException or ProtocolException)
        {
            return new DeliveryResult.TryAgain(null, exception is SocketException ? "no connection to the mail server" : "the connection ended");
        }

        // It is delivered already, whatever becomes of the farewell.
        await client.DisconnectAsync(quit: true, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new DeliveryResult.Delivered();
    }

    /// <summary>The message as mail. A repetition has the same id, so that a mailbox shows it once.</summary>
    static MimeMessage Mail(MailboxAddress from, IReadOnlyList<MailboxAddress> to, OutgoingTarget target, OutgoingEvent happened, Message message)
    {
        var mail = new MimeMessage { Subject = message.Title, Date = happened.OccurredAt, MessageId = $"{happened.Id}.{target.Id}@{from.Domain}" };
        mail.From.Add(from);
        mail.To.AddRange(to);
        mail.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        if (message.Importance == Importance.High)
            mail.Importance = MessageImportance.High;
        var link = message.Link is { } address ? $"\n\n{address}" : "";
        mail.Body = new MultipartAlternative
        {
            new TextPart(TextFormat.Plain) { Text = $"{message.Text}{link}\n" },
            new TextPart(TextFormat.Html) { Text = Html(message) },
        };
        return mail;
    }

    static string Html(Message message)
    {
        var link = message.Link is { } address
            ? $"<p><a href=\"{WebUtility.HtmlEncode(address.ToString())}\">{WebUtility.HtmlEncode(address.ToString())}</a></p>" : "";
        return $"<!DOCTYPE html><html><body><p><strong>{WebUtility.HtmlEncode(message.Title)}</strong></p>"
            + $"<p>{WebUtility.HtmlEncode(message.Text)}</p>{link}</body></html>\n";
    }

    /// <summary>Addresses with their domains, on one line; none when one of them is none.</summary>
    static IReadOnlyList<MailboxAddress> Addresses(string text)
        => !text.Any(char.IsControl) && InternetAddressList.TryParse(text, out var parsed)
            && parsed.All(address => address is MailboxAddress { Domain.Length: > 0 }) ? [.. parsed.Mailboxes] : [];
}
