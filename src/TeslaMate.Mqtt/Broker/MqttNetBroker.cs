using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace TeslaMate.Mqtt.Broker;

/// <summary>Connections through MQTTnet.</summary>
sealed class MqttNetBroker(MqttSettings settings, Will will) : IBroker
{
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    // Two programs with one id would throw each other off the broker; 44 random bits rule that out. A broker need not take more than 23 characters.
    readonly string _clientId = $"TESLAMATE_{RandomNumberGenerator.GetHexString(11)}";

    public async Task<ConnectResult> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = new MqttNetConnection();
        string? refusal;
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(ConnectTimeout);
            refusal = await connection.OpenAsync(Options(connection.Room), timeout.Token);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && Reason(exception) is not null)
        {
            refusal = Reason(exception);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        if (refusal is null)
            return new ConnectResult.Connected(connection);
        await connection.DisposeAsync();
        return new ConnectResult.Refused($"The MQTT broker {settings.Host}:{settings.Port} cannot be used: {refusal}");
    }

    MqttClientOptions Options(SemaphoreSlim room)
    {
        var options = new MqttClientOptionsBuilder()
            .WithTcpServer(settings.Host, settings.Port)
            .WithStreamProvider(new BrokerStreamProvider(settings, room))
            .WithProtocolVersion(MqttProtocolVersion.V311)
            .WithClientId(_clientId)
            .WithCleanSession()
            .WithKeepAlivePeriod(KeepAlive)
            .WithoutPacketFragmentation()
            .WithWillTopic(will.Topic)
            .WithWillPayload(will.Payload)
            .WithWillRetain()
            .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce);
        if (settings.Username is not null)
            options.WithCredentials(settings.Username, settings.Password?.Reveal());
        return options.Build();
    }

    /// <summary>Why a connection could not be made or ended; null for what only a fault of the program explains.</summary>
    internal static string? Reason(Exception? exception) => exception switch
    {
        // The broker's own words are not repeated: they come from outside.
        MqttProtocolViolationException or InvalidDataException => "it does not speak MQTT 3.1.1.",
        OperationCanceledException or MqttCommunicationTimedOutException => $"it did not answer within {ConnectTimeout.TotalSeconds:0} s.",
        MqttCommunicationException { InnerException: { } inner } => Reason(inner),
        AuthenticationException refused =>
            $"{refused.Message} Check that its certificate names this host and comes from a trusted authority (MQTT_TLS_CA_CERT_FILE names one of "
                + "your own).",
        CryptographicException unreadable => $"TLS could not be set up: {unreadable.Message}",
        IOException { InnerException: SocketException inner } => inner.Message,
        MqttCommunicationException or SocketException or IOException or UnauthorizedAccessException => exception.Message,
        _ => null,
    };
}
