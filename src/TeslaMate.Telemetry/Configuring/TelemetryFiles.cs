using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TeslaMate.Telemetry.Configuring;

/// <summary>Keys and certificates that the program makes itself.</summary>
static class TelemetryFiles
{
    /// <summary>Where Tesla looks for the public key below the domain.</summary>
    public const string WellKnownPath = "/.well-known/appspecific/com.tesla.3p.public-key.pem";

    const string AuthorityRemedy = "Put the right files back. If they are lost, move both away, make another authority with teslamate telemetry "
        + "certificate HOST, and configure the cars again.";

    static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the key pair of the app; one that is there already stays, since cars are paired with it.</summary>
    /// <returns>The public half, PEM.</returns>
    /// <exception cref="IOException">Something else is there, or nothing can be made; the message says what to do.</exception>
    public static string MakeKeys(string privateFile)
    {
        if (Path.Exists(privateFile))
        {
            using var known = ReadKey(privateFile);
            return known.ExportSubjectPublicKeyInfoPem();
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        MakeFolder(Path.GetDirectoryName(Path.GetFullPath(privateFile))!);
        WritePrivately(privateFile, key.ExportECPrivateKeyPem());
        return key.ExportSubjectPublicKeyInfoPem();
    }

    /// <summary>
    /// Makes the server's certificate for a year, and before that an authority for ten years, which is what cars are told to check it by; so it can
    /// be renewed without telling them.
    /// </summary>
    /// <exception cref="IOException">The authority that is there is of no use, or nothing can be made; the message says what to do.</exception>
    public static void MakeCertificate(string host, string folder, DateTimeOffset now)
    {
        MakeFolder(folder);
        var (authorityFile, authorityKeyFile) = (AuthorityFile(folder), AuthorityKeyFile(folder));
        if (File.Exists(authorityFile) != File.Exists(authorityKeyFile))
        {
            var (there, missing) = File.Exists(authorityFile) ? (authorityFile, authorityKeyFile) : (authorityKeyFile, authorityFile);
            throw new IOException($"There is {there}, but not {missing} that belongs to it. {AuthorityRemedy}");
        }

        if (!File.Exists(authorityFile))
        {
            using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=TeslaMate telemetry authority", authorityKey, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
            WritePrivately(authorityKeyFile, authorityKey.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(authorityFile, made.ExportCertificatePem() + "\n");
        }

        using var authority = ReadAuthority(authorityFile, authorityKeyFile, now);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leaf = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        leaf.CertificateExtensions.Add(names.Build());
        leaf.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        leaf.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        leaf.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        leaf.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var until = now.AddYears(1) < authority.NotAfter ? now.AddYears(1) : authority.NotAfter;
        using var certificate = leaf.Create(authority, now.AddDays(-1), until, RandomNumberGenerator.GetBytes(16));
        WritePrivately(KeyFile(folder), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(CertificateFile(folder), certificate.ExportCertificatePem() + "\n");
    }

    /// <summary>
    /// Makes the server's certificate anew when it ends within a month, if it was made by <see cref="MakeCertificate"/> and its authority is there.
    /// </summary>
    /// <param name="certificate">What the file of the certificate holds.</param>
    /// <param name="file">The file of the certificate; the key and the authority are beside it.</param>
    /// <returns>Whether there are new files.</returns>
    public static bool RenewIfDue(X509Certificate2 certificate, string file, string keyFile, DateTimeOffset now)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (certificate.NotAfter.ToUniversalTime() - now.UtcDateTime > RenewBefore || Path.GetFullPath(file) != CertificateFile(folder)
            || Path.GetFullPath(keyFile) != KeyFile(folder) || !File.Exists(AuthorityFile(folder)) || !File.Exists(AuthorityKeyFile(folder)))
            return false;
        using var authority = X509CertificateLoader.LoadCertificateFromFile(AuthorityFile(folder));
        var name = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(names => names.EnumerateDnsNames()).FirstOrDefault();
        // Of another authority, or of one that ends itself: nothing would be won.
        if (name is null || !certificate.IssuerName.RawData.AsSpan().SequenceEqual(authority.SubjectName.RawData)
            || authority.NotAfter - certificate.NotAfter < RenewBefore)
            return false;
        MakeCertificate(name, folder, now);
        return true;
    }

    /// <summary>Whether cars can be told this name: one of the public DNS, without scheme and port; a car takes no address.</summary>
    public static bool IsHost(string host) => IsName(host) && host.Contains('.', StringComparison.Ordinal);

    /// <summary>Whether a certificate can be made for this name.</summary>
    public static bool IsName(string host) => Uri.CheckHostName(host) == UriHostNameType.Dns && !host.EndsWith('.')
        && !host.Contains('_', StringComparison.Ordinal);

    /// <summary>The certificates that cars check the server by.</summary>
    /// <param name="file">Null for those of the own authority.</param>
    /// <exception cref="IOException">There are none; the message says what to do.</exception>
    public static (string Pem, X509Certificate2Collection Certificates) ReadAuthorities(string? file, string folder)
    {
        var path = file ?? AuthorityFile(folder);
        var pem = Read(path, file is null
            ? "Make it with: teslamate telemetry certificate HOST. With a certificate of somebody else, name the file of its root by --ca."
            : "Name the file with the root that ends the chain of the server's certificate.");
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException exception)
        {
            throw new IOException($"{path} cannot be read as certificates in PEM: {exception.Message}", exception);
        }

        return certificates.Count > 0 ? (pem, certificates) : throw new IOException($"{path} holds no certificate. It must be in PEM form, with the "
            + "root that ends the chain of the server's certificate.");
    }

    /// <summary>The key pair of the owner's app, of which the caller disposes.</summary>
    /// <exception cref="IOException">There is none, or one of another kind; the message says what to do.</exception>
    public static ECDsa ReadKey(string file)
    {
        var pem = Read(file, "Make it with: teslamate telemetry keys");
        try
        {
            return TelemetrySignature.Key(pem);
        }
        catch (CryptographicException exception)
        {
            throw new IOException($"{file} is not the key pair of your app: {exception.Message} Put the right file back. If it is lost, move "
                + "this one away, make another pair with teslamate telemetry keys, and pair the cars again.", exception);
        }
    }

    static X509Certificate2 ReadAuthority(string file, string keyFile, DateTimeOffset now)
    {
        X509Certificate2 authority;
        try
        {
            authority = X509Certificate2.CreateFromPemFile(file, keyFile);
        }
        catch (CryptographicException exception)
        {
            throw new IOException($"{file} and {keyFile} are no authority: {exception.Message} {AuthorityRemedy}", exception);
        }

        if (authority.NotAfter.ToUniversalTime() > now.UtcDateTime)
            return authority;
        using (authority)
            throw new IOException($"The authority in {file} has expired on {authority.NotAfter.ToUniversalTime():u}. {AuthorityRemedy}");
    }

    static void MakeFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (IOException exception)
        {
            throw new IOException($"The folder {folder} cannot be made: {exception.Message} Name another one by --folder.", exception);
        }
    }

    static string Read(string path, string remedy)
    {
        if (Directory.Exists(path))
            throw new IOException($"{path} is a folder, and a file is needed. {remedy}");
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"There is no {path}. {remedy}", exception);
        }
    }

    /// <summary>The public half of a key pair, PEM.</summary>
    public static string PublicKey(string privateFile)
    {
        using var key = ReadKey(privateFile);
        return key.ExportSubjectPublicKeyInfoPem() + "\n";
    }

    public static string AppKeyFile(string folder) => Path.Combine(folder, "telemetry-app.key");

    public static string AuthorityFile(string folder) => Path.Combine(folder, "telemetry-authority.crt");

    static string AuthorityKeyFile(string folder) => Path.Combine(folder, "telemetry-authority.key");

    public static string CertificateFile(string folder) => Path.Combine(folder, "telemetry.crt");

    public static string KeyFile(string folder) => Path.Combine(folder, "telemetry.key");

    /// <summary>Nobody else may read it, at no moment.</summary>
    static void WritePrivately(string file, string text)
    {
        var temporary = file + ".new";
        File.Delete(temporary);
        using (var stream = new FileStream(temporary,
            new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        using (var writer = new StreamWriter(stream))
            writer.WriteLine(text);
        File.Move(temporary, file, overwrite: true);
    }
}
