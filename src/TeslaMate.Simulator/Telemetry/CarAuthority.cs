using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TeslaMate.Simulator.Telemetry;

/// <summary>
/// An authority with the shape of Tesla's: a root, and an intermediate that signs the certificates of cars (spec fleet-telemetry 7.5).
/// </summary>
sealed class CarAuthority : IDisposable
{
    const string Product = "CN=Tesla Motors Product Issuing CA, OU=Motors, OU=PKI, O=Tesla Inc., C=US";

    /// <summary>The usage of a certificate of a car.</summary>
    public const string Vehicle = "1.3.6.1.4.1.49279.2.5.1";

    readonly DateTimeOffset _now;

    /// <param name="now">What the clock of the simulated world shows; certificates are good for a year around it.</param>
    public CarAuthority(DateTimeOffset now)
    {
        _now = now;
        Root = MakeRoot("CN=Tesla Product Root CA, OU=PKI, O=Tesla, C=US", now);
        Intermediate = MakeIntermediate(Root, Product, now);
    }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Intermediate { get; }

    /// <summary>What <c>TELEMETRY_CLIENT_CA</c> is to hold.</summary>
    public string Pem => $"{Root.ExportCertificatePem()}\n{Intermediate.ExportCertificatePem()}\n";

    /// <summary>A car's certificate, with its key.</summary>
    public X509Certificate2 Car(string vin) => MakeLeaf(Intermediate, vin, [Vehicle, "1.3.6.1.5.5.7.3.2"], _now, _now.AddYears(1));

    public void Dispose()
    {
        Root.Dispose();
        Intermediate.Dispose();
    }

    public static X509Certificate2 MakeRoot(string name, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA512);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(now.AddYears(-2), now.AddYears(10));
    }

    public static X509Certificate2 MakeIntermediate(X509Certificate2 root, string name, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA512);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var certificate = request.Create(root, now.AddYears(-1), now.AddYears(5), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    public static X509Certificate2 MakeLeaf(X509Certificate2 issuer, string vin, IReadOnlyList<string> usages, DateTimeOffset now,
        DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={vin}, OU=Motors, O=Tesla Inc.", key, HashAlgorithmName.SHA256);
        if (usages.Count > 0)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. usages.Select(usage => new Oid(usage))], false));
        using var certificate = request.Create(issuer, now.AddDays(-3), until, RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
