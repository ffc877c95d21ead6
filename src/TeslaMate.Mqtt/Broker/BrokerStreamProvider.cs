using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MQTTnet.Channel;

namespace TeslaMate.Mqtt.Broker;

/// <summary>
/// The socket to the broker, TLS included: MQTTnet's own TLS sends a client's certificate without those between it and its authority. Files are read
/// at each connection, so that renewed certificates are used.
/// </summary>
/// <param name="room">As of <see cref="BoundedPacketStream"/>.</param>
sealed class BrokerStreamProvider(MqttSettings settings, SemaphoreSlim room) : IMqttClientStreamProvider
{
    public async Task<Stream> ConnectAsync(EndPoint brokerEndPoint, CancellationToken cancellationToken)
    {
        var socket = settings.Ipv6
            ? new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(brokerEndPoint, cancellationToken);
            var network = new NetworkStream(socket, ownsSocket: true);
            if (settings.Tls is not { } tls)
                return new BoundedPacketStream(network, room);
            var secure = new SslStream(network);
            await secure.AuthenticateAsClientAsync(Options(tls), cancellationToken);
            return new BoundedPacketStream(secure, room);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    SslClientAuthenticationOptions Options(MqttTls tls)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = settings.Host };
        if (tls.AcceptInvalidCertificates)
#pragma warning disable CA5359 // MQTT_TLS_ACCEPT_INVALID_CERTS asks for exactly this.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        if (tls.AuthorityFile is { } authorities)
        {
            options.CertificateChainPolicy =
                new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(authorities);
        }

        if (tls.Client is { } client)
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(client.CertificateFile);
            options.ClientCertificateContext = SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPemFile(client.CertificateFile, client.KeyFile), chain, offline: true);
        }

        return options;
    }
}
