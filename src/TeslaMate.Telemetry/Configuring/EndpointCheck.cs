using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace TeslaMate.Telemetry.Configuring;

/// <summary>
/// Looks at an endpoint from outside as a car does: finds the name, connects, and verifies the server's chain against the configured certificates
/// alone.
/// </summary>
static class EndpointCheck
{
    public static async Task<(bool IsGood, string Text)> RunAsync(string host, int port, X509Certificate2Collection authorities,
        CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(host, port, cancellationToken);
        }
        catch (SocketException exception)
        {
            return (false, $"{host}:{port} cannot be reached: {exception.Message}");
        }

        X509Certificate2? shown = null;
        X509Certificate2Collection sent = [];
        var namesMatch = false;
        await using var tls = new SslStream(client.GetStream());
        try
        {
#pragma warning disable CA5359 // The chain is judged below, against the car's list alone.
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    {
                        shown = certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                        namesMatch = !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch);
                        foreach (var extra in chain?.ChainPolicy.ExtraStore ?? [])
                            sent.Add(extra);
                        return true;
                    },
                },
                cancellationToken);
#pragma warning restore CA5359
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            // Without a car's certificate the server ends the handshake; what it showed before is what counts.
        }

        if (shown is null)
            return (false, $"{host}:{port} answers, but shows no certificate. Is the port forwarded by something that ends TLS?");
        using (shown)
        {
            if (!namesMatch)
                return (false, $"The certificate is not for {host}.");
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            chain.ChainPolicy.ExtraStore.AddRange(sent);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            return chain.Build(shown)
                ? (true, $"{host}:{port} shows a certificate for its name that the configured authority has signed, valid until "
                    + $"{shown.NotAfter.ToUniversalTime():u}.")
                : (false, $"A car would refuse the certificate: {string.Join(", ", chain.ChainStatus.Select(status => status.Status))}. "
                    + "The configuration must hold the root that ends the server's chain.");
        }
    }
}
