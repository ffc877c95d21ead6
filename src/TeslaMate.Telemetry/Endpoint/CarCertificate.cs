using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace TeslaMate.Telemetry.Endpoint;

/// <summary>What a client's certificate proves. Closed.</summary>
abstract record CarCertificate
{
    CarCertificate()
    {
    }

    /// <summary>It is a car's.</summary>
    public sealed record Car(string Vin) : CarCertificate;

    /// <summary>It is none, or not one of a car.</summary>
    public sealed record Refused(string Reason) : CarCertificate;

    const string ExtendedKeyUsage = "2.5.29.37";
    const string VehicleDevice = "1.3.6.1.4.1.49279.2.5.1";
    const int MostCertificates = 5;
    const int LeastRsaBits = 2048;

    static readonly string[] CurvesAllowed = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"];

    // Cars of the first years; a board of such a car has a unit of its own.
    static readonly string[] OldIssuers = ["TeslaMotors", "Tesla Issuing CA", "Tesla Motors Products CA"];

    static readonly string[] ProductIssuers =
    [
        "Tesla Motors Product Issuing CA", "Tesla Motors Product RSA Issuing CA", "Tesla Motors GF0 Product Issuing CA",
        "Tesla Motors GF3 Product Issuing CA",
        "Tesla Motors GF3 Product RSA Issuing CA", "Tesla Motors GF Austin Product Issuing CA", "Tesla Motors GF Berlin Product Issuing CA",
        "Tesla China Product Access Issuing CA", "Tesla GF0 Product Access Issuing CA", "Tesla GF3 Product Access Issuing CA",
        "Tesla GF Austin Product Access Issuing CA", "Tesla GF Berlin Product Access Issuing CA", "Tesla Product Access Issuing CA",
    ];

    /// <summary>
    /// Judges a client's certificate (spec fleet-telemetry 7.3). Asks nobody: no system store, no list of revocations, no download.
    /// </summary>
    /// <param name="sent">What the client sent besides its own.</param>
    public static CarCertificate Judge(X509Certificate2? leaf, X509Certificate2Collection sent, CarAuthorities authorities, DateTimeOffset now)
    {
        if (leaf is null)
            return new Refused("no certificate");
        if (sent.Count > MostCertificates)
            return new Refused("too many certificates");
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities.Roots);
        chain.ChainPolicy.ExtraStore.AddRange(authorities.Intermediates);
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.LocalDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        try
        {
            if (!chain.Build(leaf))
                return new Refused(string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct()));
            if (chain.ChainElements.Count < 2 || chain.ChainElements.Any(element => !HasStrongKey(element.Certificate)))
                return new Refused("a weak key, or a root instead of a car");
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                if (!ReferenceEquals(element.Certificate, leaf))
                    element.Certificate.Dispose();
            }
        }

        var issuer = leaf.GetNameInfo(X509NameType.SimpleName, forIssuer: true);
        if (OldIssuers.Contains(issuer))
        {
            if (Names(leaf.SubjectName, "2.5.4.11").Contains("Tesla Motors SN"))
                return new Refused("a board, not a car");
        }
        else if (!ProductIssuers.Contains(issuer))
        {
            return new Refused("an issuer that signs no cars");
        }
        else if (!Usages(leaf).Contains(VehicleDevice))
        {
            return new Refused("a usage that is not a car's");
        }

        var vin = (Names(leaf.SubjectName, "2.5.4.3").SingleOrDefault() ?? "").Replace('.', '-');
        return IsVin(vin) ? new Car(vin) : new Refused("no VIN");
    }

    public static bool IsVin(string text) => text.Length == 17
        && text.All(character => char.IsAsciiDigit(character) || (char.IsAsciiLetterUpper(character) && character is not ('I' or 'O' or 'Q')));

    static bool HasStrongKey(X509Certificate2 certificate)
    {
        using var rsa = certificate.GetRSAPublicKey();
        if (rsa is not null)
            return rsa.KeySize >= LeastRsaBits;
        using var ec = certificate.GetECDsaPublicKey();
        return ec?.ExportParameters(false).Curve.Oid.Value is { } curve ? CurvesAllowed.Contains(curve) : ec?.KeySize is 256 or 384 or 521;
    }

    static IEnumerable<string> Usages(X509Certificate2 certificate) => certificate.Extensions
        .Where(extension => extension.Oid?.Value == ExtendedKeyUsage)
        .SelectMany(extension => new X509EnhancedKeyUsageExtension(extension,
            extension.Critical).EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>())
        .Select(usage => usage.Value ?? "");

    static List<string> Names(X500DistinguishedName name, string type)
    {
        List<string> names = [];
        foreach (var part in name.EnumerateRelativeDistinguishedNames())
        {
            try
            {
                if (!part.HasMultipleElements && part.GetSingleElementType().Value == type && part.GetSingleElementValue() is { } value)
                    names.Add(value);
            }
            catch (Exception exception) when (exception is InvalidOperationException or AsnContentException
                or System.Security.Cryptography.CryptographicException)
            {
                // A value that is no text names nothing.
            }
        }

        return names;
    }
}
