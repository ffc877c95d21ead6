using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TeslaMate.Simulator.Telemetry;

namespace TeslaMate.Tests.Telemetry.Endpoint;

/// <summary>Authorities with the shape of Tesla's: a root, an intermediate named like one that signs cars, and leaves of all kinds.</summary>
sealed class TestPki : IDisposable
{
    const string Product = "CN=Tesla Motors Product Issuing CA, OU=Motors, OU=PKI, O=Tesla Inc., C=US";
    const string Vehicle = CarAuthority.Vehicle;

    readonly X509Certificate2 _root = Root("CN=Tesla Product Root CA, OU=PKI, O=Tesla, C=US");
    readonly X509Certificate2 _intermediate;

    public TestPki()
    {
        _intermediate = Intermediate(_root, Product);
        var directory = Directory.CreateTempSubdirectory("telemetry-pki-").FullName;
        Folder = directory;
        File.WriteAllText(AuthorityFile, _root.ExportCertificatePem() + "\n" + _intermediate.ExportCertificatePem() + "\n");
        WriteServer();
    }

    public string Folder { get; }

    public string AuthorityFile => Path.Combine(Folder, "cars.pem");

    public string CertificateFile => Path.Combine(Folder, "server.crt");

    public string KeyFile => Path.Combine(Folder, "server.key");

    public string RootPem => _root.ExportCertificatePem();

    public string IntermediatePem => _intermediate.ExportCertificatePem();

    /// <summary>Writes a new server certificate over the old one.</summary>
    /// <returns>Its thumbprint.</returns>
    public string WriteServer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=telemetry.example.org", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("telemetry.example.org");
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        return certificate.Thumbprint;
    }

    /// <summary>What a car shows; null is nothing.</summary>
    public (X509Certificate2? Leaf, X509Certificate2Collection Sent) Client(string kind, string vin = "5YJ3E7EB2KF000042")
    {
        using var otherRoot = Root("CN=Tesla Product Root CA, OU=PKI, O=Tesla, C=US");
        using var otherIntermediate = Intermediate(otherRoot, Product);
        using var energy = Intermediate(_root, "CN=Tesla Energy Product Issuing CA, OU=PKI, O=Tesla Inc., C=US");
        using var old = Intermediate(_root, "CN=Tesla Motors Products CA, O=Tesla Motors, C=US");
        return kind switch
        {
            "an old car" => (Leaf(old, vin, []), [X509CertificateLoader.LoadCertificate(old.RawData)]),
            "a board of an old car" => (Leaf(old, $"{vin}, OU=Tesla Motors SN", []), [X509CertificateLoader.LoadCertificate(old.RawData)]),
            "leaf and intermediate" => (Leaf(_intermediate, vin, [Vehicle, "1.3.6.1.5.5.7.3.2"]), [_intermediate]),
            "leaf only" => (Leaf(_intermediate, vin, [Vehicle, "1.3.6.1.5.5.7.3.2"]), []),
            "only Tesla's usage" => (Leaf(_intermediate, vin, [Vehicle]), [_intermediate]),
            "usage of Wi-Fi" => (Leaf(_intermediate, vin, [Vehicle + ".1", "1.3.6.1.5.5.7.3.2"]), [_intermediate]),
            "usage of a board" => (Leaf(_intermediate, vin, ["1.3.6.1.4.1.49279.2.5.11"]), [_intermediate]),
            "no usage" => (Leaf(_intermediate, vin, []), [_intermediate]),
            "expired" => (Leaf(_intermediate, vin, [Vehicle], until: DateTimeOffset.UtcNow.AddDays(-2)), [_intermediate]),
            "same names, other root" => (Leaf(otherIntermediate, vin, [Vehicle]), [X509CertificateLoader.LoadCertificate(otherIntermediate.RawData)]),
            "an issuer of no cars" => (Leaf(energy, vin, [Vehicle]), [X509CertificateLoader.LoadCertificate(energy.RawData)]),
            "self-signed" => (SelfSigned(vin), []),
            "no VIN" => (Leaf(_intermediate, "not a VIN", [Vehicle]), [_intermediate]),
            "no certificate" => (null, []),
            _ => throw new ArgumentException(kind),
        };
    }

    public void Dispose()
    {
        _root.Dispose();
        _intermediate.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    static X509Certificate2 Root(string name) => CarAuthority.MakeRoot(name, DateTimeOffset.UtcNow);

    static X509Certificate2 Intermediate(X509Certificate2 root, string name) => CarAuthority.MakeIntermediate(root, name, DateTimeOffset.UtcNow);

    static X509Certificate2 Leaf(X509Certificate2 issuer, string vin, IReadOnlyList<string> usages, DateTimeOffset? until = null) =>
        CarAuthority.MakeLeaf(issuer, vin, usages, DateTimeOffset.UtcNow, until ?? DateTimeOffset.UtcNow.AddDays(30));

    static X509Certificate2 SelfSigned(string vin)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={vin}, OU=Motors, O=Tesla Inc.", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(Vehicle)], false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
    }
}
