using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace TeslaMate.Telemetry.Endpoint;

/// <summary>
/// The certificate and the authorities that the endpoint works with; read again when their files change, and kept when the new ones are no good.
/// </summary>
sealed partial class EndpointCertificates(TelemetrySettings settings, TimeProvider time, ILogger logger)
{
    static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    readonly Lock _lock = new();
    SslStreamCertificateContext? _server;
    CarAuthorities? _authorities;
    (DateTime, DateTime, DateTime) _read;
    DateTimeOffset _lookAt;

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

    static DateTime Stamp(string? file) => file is not null && File.Exists(file) ? File.GetLastWriteTimeUtc(file) : default;

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "The certificate for cars is in use until {NotAfter:u}")]
        public static partial void Read(ILogger logger, DateTime notAfter);

        [LoggerMessage(Level = LogLevel.Error, Message = "The certificate for cars, its key or the list of authorities cannot be used: {Reason}")]
        public static partial void Unusable(ILogger logger, string reason);
    }
}
