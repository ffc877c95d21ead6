using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TeslaMate.Tests.Mqtt;

/// <summary>An authority of the test's own, a server certificate for <c>localhost</c> and a client's.</summary>
static class Certificates
{
    public static async Task WriteAsync(string folder)
    {
        using var authorityKey = RSA.Create(2048);
        var authorityRequest = new CertificateRequest("CN=Test Authority", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var from = DateTimeOffset.UtcNow.AddDays(-1);
        using var authority = authorityRequest.CreateSelfSigned(from, from.AddYears(1));

        await WriteAsync("ca.pem", authority.ExportCertificatePem());
        await IssueAsync("server", "localhost", 1, authority);
        await IssueAsync("client", "teslamate", 2, authority);

        // Between the authority and a client that must send it along: the broker knows the authority alone.
        using var intermediateKey = RSA.Create(2048);
        var intermediateRequest = new CertificateRequest("CN=Test Intermediate", intermediateKey, HashAlgorithmName.SHA256,
            RSASignaturePadding.Pkcs1);
        intermediateRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var intermediate = intermediateRequest.Create(authority, from, from.AddMonths(9), [9, 2, 3, 4]).CopyWithPrivateKey(intermediateKey);
        await IssueAsync("far-client", "teslamate", 3, intermediate);

        async Task IssueAsync(string file, string name, byte number, X509Certificate2 issuer)
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
            using var certificate = request.Create(issuer, from, from.AddMonths(6), [number, 2, 3, 4]);
            var between = issuer == authority ? "" : $"\n{issuer.ExportCertificatePem()}";
            await WriteAsync($"{file}.pem", certificate.ExportCertificatePem() + between);
            await WriteAsync($"{file}.key", key.ExportPkcs8PrivateKeyPem());
        }

        async Task WriteAsync(string name, string text)
        {
            var file = Path.Combine(folder, name);
            await File.WriteAllTextAsync(file, text);
            File.SetUnixFileMode(file, (UnixFileMode)Convert.ToInt32("644", 8));
        }
    }
}
