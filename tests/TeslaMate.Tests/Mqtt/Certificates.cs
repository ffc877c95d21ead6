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
        await IssueAsync("server", "localhost", 1);
        await IssueAsync("client", "teslamate", 2);

        async Task IssueAsync(string file, string name, byte number)
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
            using var certificate = request.Create(authority, from, from.AddMonths(6), [number, 2, 3, 4]);
            await WriteAsync($"{file}.pem", certificate.ExportCertificatePem());
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
