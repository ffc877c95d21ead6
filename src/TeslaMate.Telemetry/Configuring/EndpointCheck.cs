using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace TeslaMate.Telemetry.Configuring;

/// <summary>
/// Looks at an endpoint from outside as a car does: finds the name, connects, and verifies the server's chain against the configured certificates
/// alone. What is wrong is one sentence with its cause and one with its remedy.
/// </summary>
static class EndpointCheck
{
    /// <summary>A car does not wait longer either.</summary>
    static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(10);

    public static async Task<(bool IsGood, string Text)> RunAsync(string host, int port, X509Certificate2Collection authorities,
        CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(CheckTimeout);
        IPAddress[] addresses;
        using var client = new TcpClient();
        try
        {
            addresses = await Dns.GetHostAddressesAsync(host, timeout.Token);
        }
        catch (Exception exception) when (exception is SocketException || IsTimeout(exception, cancellationToken))
        {
            return (false, $"{host} has no address in the DNS ({Short(exception)}). Give the name the public address of your router.");
        }

        try
        {
            await client.ConnectAsync(addresses, port, timeout.Token);
        }
        catch (Exception exception) when (exception is SocketException || IsTimeout(exception, cancellationToken))
        {
            return (false, exception is SocketException { SocketErrorCode: SocketError.ConnectionRefused }
                ? $"{host}:{port} cannot be reached: nobody listens there. Is TELEMETRY_LISTEN set, has the program been started since, and is "
                    + "this the port that the router hands on?"
                : $"{host}:{port} cannot be reached ({Short(exception)}). Does the router hand this port on to the program, and does the firewall "
                    + "let it through?");
        }

        X509Certificate2? shown = null;
        string[]? asked = null;
        X509Certificate2Collection sent = [];
        await using var tls = new SslStream(client.GetStream());
        try
        {
#pragma warning disable CA5359 // The chain is judged below, against the car's list alone.
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    LocalCertificateSelectionCallback = (_, _, _, remote, issuers) =>
                    {
                        // Called once before anything is known, and once more when the server asks.
                        if (remote is not null)
                            asked = issuers;
                        return null!;
                    },
                    RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                    {
                        shown = certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                        foreach (var extra in chain?.ChainPolicy.ExtraStore ?? [])
                            sent.Add(extra);
                        return true;
                    },
                },
                timeout.Token);
#pragma warning restore CA5359
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException || IsTimeout(exception, cancellationToken))
        {
            // Without a car's certificate the server ends the handshake; what it showed before is what counts.
        }

        if (shown is null)
            return (false, $"{host}:{port} answers, but shows no certificate, so this is not the port for cars. Is it that of the pages, or does "
                + "something before the program end TLS? Hand the port on as plain TCP.");
        using (shown)
        {
            var verdict = Judge(host, shown, sent, authorities, TimeProvider.System.GetUtcNow());
            if (verdict is null && asked is null)
            {
                verdict = $"{host}:{port} shows the right certificate, but asks for none of the car's, so nobody would know whose data come. Is it "
                    + "the port of the pages, or does something before the program end TLS? Hand the port on as plain TCP.";
            }
            else if (verdict is null && asked is { Length: > 0 })
            {
                verdict = $"{host}:{port} names the authorities whose certificates it takes, and a car keeps its own back then. Something before "
                    + "the program ends TLS, as the program names none: hand the port on as plain TCP.";
            }

            return verdict is not null ? (false, verdict)
                : (true, $"{host}:{port} shows a certificate for its name that the configured authority has signed, valid until "
                    + $"{Time(shown.NotAfter)}.{Hint(addresses)}");
        }
    }

    /// <returns>What is wrong with a certificate; null when a car takes it.</returns>
    static string? Judge(string host, X509Certificate2 shown, X509Certificate2Collection sent, X509Certificate2Collection authorities,
        DateTimeOffset now)
    {
        if (shown.NotAfter.ToUniversalTime() <= now.UtcDateTime)
        {
            return $"A car would refuse the certificate: it has expired on {Time(shown.NotAfter)}. Renew it: teslamate telemetry certificate {host}, "
                + "or by your ACME client; the program reads the files again by itself.";
        }

        if (shown.NotBefore.ToUniversalTime() > now.UtcDateTime)
            return $"A car would refuse the certificate: it is not valid before {Time(shown.NotBefore)}. Is the clock of this machine right?";
        if (!shown.MatchesHostname(host, allowWildcards: true, allowCommonName: false))
        {
            var names = shown.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames()).ToList();
            return $"A car would refuse the certificate: it is not for {host}, but for {(names.Count > 0 ? string.Join(", ", names) : "no name")}. "
                + $"Make one for the name: teslamate telemetry certificate {host}";
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        if (chain.Build(shown))
            return null;
        var reasons = chain.ChainStatus.Select(status => status.Status).ToList();
        if (reasons.Contains(X509ChainStatusFlags.NotTimeValid))
        {
            var expired = chain.ChainElements.Select(element => element.Certificate).FirstOrDefault(
                certificate => certificate.NotAfter.ToUniversalTime() <= now.UtcDateTime);
            return $"A car would refuse the certificate: {Name(expired?.Subject)} above it has expired. Make a new authority, and configure the cars "
                + "again with it.";
        }

        return reasons.Exists(reason => reason is X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot)
            ? $"A car would refuse the certificate: {Name(shown.Issuer)} has signed it, and the chain ends at no certificate of the configuration. "
                + "Give the root that ends the server's chain by --ca, to check as to configure, and let the server send what lies between."
            : $"A car would refuse the certificate: {string.Join(", ", reasons)}. Make another one: teslamate telemetry certificate {host}";
    }

    /// <summary>A DNS server of the own network may answer otherwise than the public one, so that this is no mistake yet.</summary>
    static string Hint(IPAddress[] addresses) => addresses.All(IsPrivate)
        ? $" Here the name leads to {string.Join(", ", addresses.Select(address => address.ToString()))}, where no car connects to: in the public "
            + "DNS it must lead to a public address."
        : "";

    static bool IsPrivate(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.IsIPv6UniqueLocal)
            return true;
        return address.GetAddressBytes() is [10, _, _, _] or [192, 168, _, _] or [172, >= 16 and < 32, _, _] or [169, 254, _, _]
            or [100, >= 64 and < 128, _, _];
    }

    static string Name(string? subject) => subject is { Length: > 0 } ? $"\"{subject}\"" : "an authority";

    static string Time(DateTime time) => time.ToUniversalTime().ToString("u", CultureInfo.InvariantCulture);

    static string Short(Exception exception) => exception is SocketException socket ? socket.Message : "no answer in 10 s";

    static bool IsTimeout(Exception exception, CancellationToken cancellationToken)
        => exception is OperationCanceledException && !cancellationToken.IsCancellationRequested;
}
