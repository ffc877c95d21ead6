using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace TeslaMate.Mqtt.Broker;

/// <summary>
/// One connection on one client of libmosquitto. The library would send again, after a reconnect, what was under way before; with a client per
/// connection nothing old overtakes newer values.
/// </summary>
sealed class MosquittoConnection : IBrokerConnection
{
    const int KeepAliveSeconds = 30;

    static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(15);

    static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(2);

    readonly MqttSettings _settings;
    readonly MosquittoHandle _client;
    readonly GCHandle _self;
    readonly TaskCompletionSource<int> _connack = new(TaskCreationOptions.RunContinuationsAsynchronously);
    Task _loop = Task.CompletedTask;
    volatile bool _stopping;

    public unsafe MosquittoConnection(MqttSettings settings, Will will, string clientId)
    {
        _settings = settings;
        _self = GCHandle.Alloc(this);
        _client = Mosquitto.New(clientId, cleanSession: true, GCHandle.ToIntPtr(_self));
        if (_client.IsInvalid)
            throw new InvalidOperationException("libmosquitto could not make a client.");
        Mosquitto.SetThreaded(_client, threaded: true);
        // The pump keeps its own window.
        Mosquitto.SetMostInFlight(_client, 0);
        Mosquitto.SetOption(_client, Mosquitto.OptionTcpNoDelay, 1);
        Mosquitto.SetWill(_client, will.Topic, will.Payload.Length, will.Payload, qos: 1, retain: true);
        if (settings.Username is not null)
            Mosquitto.SetCredentials(_client, settings.Username, settings.Password?.Reveal());
        Mosquitto.OnConnect(_client, &Connected);
        Mosquitto.OnPublish(_client, &Published);
        Mosquitto.OnSubscribe(_client, &Subscribed);
        Mosquitto.OnUnsubscribe(_client, &Unsubscribed);
        Mosquitto.OnMessage(_client, &MessageArrived);
    }

    public Channel<BrokerEvent> Events { get; } = Channel.CreateUnbounded<BrokerEvent>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Connects and waits for the broker's word.</summary>
    /// <returns>Why it refused; null when it did not.</returns>
    public async Task<string?> OpenAsync(CancellationToken cancellationToken)
    {
        if (_settings.Tls is { } tls && SetTls(tls) is { } problem)
            return problem;
        // Looking up the name and connecting block inside the library, so they get the thread that then turns its loop.
        _loop = Task.Factory.StartNew(Turn, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            var code = await _connack.Task.WaitAsync(ConnectLimit, cancellationToken);
            return code == 0 ? null : Mosquitto.DescribeRefusal(code);
        }
        catch (TimeoutException)
        {
            return $"it did not answer within {ConnectLimit.TotalSeconds:0} s.";
        }
        catch (BrokerException exception)
        {
            return exception.Message;
        }
    }

    public int? Publish(string topic, ReadOnlySpan<byte> payload, bool retain)
        => Mosquitto.Publish(_client, out var id, topic, payload.Length, payload, qos: 1, retain) == Mosquitto.Success ? id : null;

    public int? Subscribe(string filter) => Mosquitto.Subscribe(_client, out var id, filter, qos: 1) == Mosquitto.Success ? id : null;

    public int? Unsubscribe(string filter) => Mosquitto.Unsubscribe(_client, out var id, filter) == Mosquitto.Success ? id : null;

    public async ValueTask DisposeAsync()
    {
        // The loop ends by itself when the broker has been told, which can fail: nobody may be listening.
        if (Mosquitto.Disconnect(_client) == Mosquitto.Success)
            await Task.WhenAny(_loop, Task.Delay(LongestFarewell));
        _stopping = true;
        // Looking up a name cannot be interrupted; the stop of the program must not wait for it.
        await Task.WhenAny(ReleaseAsync(), Task.Delay(LongestFarewell));
    }

    async Task ReleaseAsync()
    {
        await _loop;
        _client.Dispose();
        if (_self.IsAllocated)
            _self.Free();
    }

    string? SetTls(MqttTls tls)
    {
        var result = tls.AuthorityFile is null ? Mosquitto.SetOption(_client, Mosquitto.OptionUseOsCertificates, 1) : Mosquitto.Success;
        // The library takes a client's certificate only together with a place of authorities; this one comes on top of the system's.
        var folder = tls.AuthorityFile is null ? "/etc/ssl/certs" : null;
        if (result == Mosquitto.Success && (tls.AuthorityFile ?? tls.Client?.CertificateFile) is not null)
            result = Mosquitto.SetTls(_client, tls.AuthorityFile, folder, tls.Client?.CertificateFile, tls.Client?.KeyFile, 0);
        if (result == Mosquitto.Success)
            result = Mosquitto.SetTlsOptions(_client, verify: tls.AcceptInvalidCertificates ? 0 : 1, version: null, ciphers: null);
        if (result == Mosquitto.Success && tls.AcceptInvalidCertificates)
            result = Mosquitto.SetTlsInsecure(_client, insecure: true);
        return result == Mosquitto.Success ? null : $"TLS could not be set up: {Mosquitto.Describe(result)}";
    }

    void Turn()
    {
        var result = Mosquitto.Connect(_client, _settings.Host, _settings.Port, KeepAliveSeconds, _settings.Ipv6 ? "::" : null);
        var system = Marshal.GetLastSystemError();
        while (result == Mosquitto.Success && !_stopping)
        {
            result = Mosquitto.Loop(_client, timeoutMilliseconds: 1000, mostPackets: 1);
            system = Marshal.GetLastSystemError();
        }

        const int SystemError = 14;
        var reason = result == SystemError ? Marshal.GetPInvokeErrorMessage(system) : Mosquitto.Describe(result);
        if (_settings.Tls is { AcceptInvalidCertificates: false } && result == 8)
            reason += " Check that its certificate names this host and comes from a trusted authority (MQTT_TLS_CA_CERT_FILE names one of your own).";
        _connack.TrySetException(new BrokerException(reason));
        Events.Writer.TryWrite(new BrokerEvent.Closed(reason));
        Events.Writer.TryComplete();
    }

    static MosquittoConnection Of(nint context) => (MosquittoConnection)GCHandle.FromIntPtr(context).Target!;

    [UnmanagedCallersOnly]
    static void Connected(nint client, nint context, int code) => Of(context)._connack.TrySetResult(code);

    [UnmanagedCallersOnly]
    static void Published(nint client, nint context, int id) => Of(context).Events.Writer.TryWrite(new BrokerEvent.Acknowledged(id));

    [UnmanagedCallersOnly]
    static unsafe void Subscribed(nint client, nint context, int id, int count, int* granted) => Of(context).Events.Writer.TryWrite(new BrokerEvent.Confirmed(id));

    [UnmanagedCallersOnly]
    static void Unsubscribed(nint client, nint context, int id) => Of(context).Events.Writer.TryWrite(new BrokerEvent.Confirmed(id));

    [UnmanagedCallersOnly]
    static unsafe void MessageArrived(nint client, nint context, Mosquitto.Message* message)
    {
        var payload = message->PayloadLength > 0 ? new ReadOnlySpan<byte>((void*)message->Payload, message->PayloadLength).ToArray() : [];
        if (Marshal.PtrToStringUTF8(message->Topic) is { } topic)
            Of(context).Events.Writer.TryWrite(new BrokerEvent.Received(topic, payload, message->Retain != 0));
    }

    sealed class BrokerException(string message) : Exception(message);
}
