using System.Security.Cryptography.X509Certificates;

namespace TeslaMate.Telemetry.Endpoint;

/// <summary>The certificates that cars' certificates are signed by: roots that are trusted, and intermediates that a car may leave out.</summary>
sealed class CarAuthorities
{
    CarAuthorities(X509Certificate2Collection certificates)
    {
        foreach (var certificate in certificates)
            (certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData) ? Roots : Intermediates).Add(certificate);
    }

    public X509Certificate2Collection Roots { get; } = [];

    public X509Certificate2Collection Intermediates { get; } = [];

    /// <summary>The list that the program brings along.</summary>
    public static CarAuthorities BuiltIn()
    {
        using var stream = typeof(CarAuthorities).Assembly.GetManifestResourceStream("car_authorities.pem")
            ?? throw new System.Diagnostics.UnreachableException("the list of authorities is part of the program");
        using var reader = new StreamReader(stream);
        return Of(reader.ReadToEnd());
    }

    /// <exception cref="System.Security.Cryptography.CryptographicException">It holds no certificate, or something else.</exception>
    public static CarAuthorities Of(string pem)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(pem);
        return certificates.Count > 0 && new CarAuthorities(certificates) is { Roots.Count: > 0 } authorities
            ? authorities
            : throw new System.Security.Cryptography.CryptographicException("The file holds no root certificate.");
    }
}
