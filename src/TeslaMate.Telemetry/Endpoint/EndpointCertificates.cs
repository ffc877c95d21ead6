using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using TeslaMate.Telemetry.Configuring;

namespace TeslaMate.Telemetry.Endpoint;

/// <summary>
/// The certificate and the authorities that the endpoint works with; read again when their files change, and kept when the new ones are no good. A
/// certificate that the program has made itself is made anew before it ends (spec fleet-telemetry 7.2).
/// </summary>
sealed partial class EndpointCertificates(TelemetrySettings settings, TimeProvider time, ILogger logger)
{
    static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    static readonly TimeSpan RenewalLook = TimeSpan.FromHours(12);

    readonly Lock _lock = new();
    SslStreamCertificateContext? _server;
    CarAuthorities? _authorities;
    (DateTime, DateTime, DateTime) _read;
    DateTimeOffset _lookAt;
    DateTimeOffset _renewAt;

    /// <summary>What is used for the next connection.</summary>
    /// <exception cref="CryptographicException">There is no usable certificate yet.</exception>
    public (SslStreamCertificateContext Server, CarAuthorities Authorities) Current
    {
        get
        {
            lock (_lock)
            {
                if (time.GetUtcNow() >= _lookAt)
                {
                    _lookAt = time.GetUtcNow() + Look;
                    Refresh();
                    if (Renew())
                        Refresh();
                }

                return _server is { } server && _authorities is { } authorities
                    ? (server, authorities) : throw new CryptographicException("There is no usable certificate.");
            }
        }
    }

    void Refresh()
    {
        var stamps = (Stamp(settings.CertificateFile), Stamp(settings.KeyFile), Stamp(settings.ClientAuthorityFile));
        if (_server is not null && stamps == _read)
            return;
        try
        {
            var authorities = settings.ClientAuthorityFile is { } file ? CarAuthorities.Of(File.ReadAllText(file)) : CarAuthorities.BuiltIn();
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(settings.CertificateFile!);
            using var pair = X509Certificate2.CreateFromPemFile(settings.CertificateFile!, settings.KeyFile);
            // A key that only lives in memory cannot be used by every TLS library.
            var leaf = X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null);
            chain.RemoveAt(0);
            (_server, _authorities, _read) = (SslStreamCertificateContext.Create(leaf, chain, offline: true), authorities, stamps);
            Log.Read(logger, leaf.NotAfter.ToUniversalTime());
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            // Half of a renewal: the old pair goes on until both files fit.
            Log.Unusable(logger, exception.Message);
        }
    }

    bool Renew()
    {
        var now = time.GetUtcNow();
        if (_server is not { TargetCertificate: var certificate } || now < _renewAt)
            return false;
        _renewAt = now + RenewalLook;
        try
        {
            return TelemetryFiles.RenewIfDue(certificate, settings.CertificateFile!, settings.KeyFile!, now);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            Log.NotRenewed(logger, certificate.NotAfter.ToUniversalTime(), exception.Message);
            return false;
        }
    }

    static DateTime Stamp(string? file) => file is not null && File.Exists(file) ? File.GetLastWriteTimeUtc(file) : default;

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "The certificate for cars is in use until {NotAfter:u}")]
        public static partial void Read(ILogger logger, DateTime notAfter);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The certificate for cars ends at {NotAfter:u} and cannot be renewed: {Reason}")]
        public static partial void NotRenewed(ILogger logger, DateTime notAfter, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "The certificate for cars, its key or the list of authorities cannot be used: {Reason}")]
        public static partial void Unusable(ILogger logger, string reason);
    }
}
