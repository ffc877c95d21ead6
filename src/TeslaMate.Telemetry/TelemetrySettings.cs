using TeslaMate.Configuration;
using TeslaMate.Telemetry.Configuring;

namespace TeslaMate.Telemetry;

/// <summary>How cars reach this program by themselves.</summary>
public sealed record TelemetrySettings
{
    /// <summary><c>TELEMETRY_LISTEN</c>: where the endpoint for cars listens; null without one.</summary>
    public string? Listen { get; init; }

    /// <summary><c>TELEMETRY_TLS_CERT_FILE</c>: the server's certificate with its chain, PEM.</summary>
    public string? CertificateFile { get; init; }

    /// <summary><c>TELEMETRY_TLS_KEY_FILE</c>: the key of it, PEM.</summary>
    public string? KeyFile { get; init; }

    /// <summary><c>TELEMETRY_CLIENT_CA</c>: the authorities of cars' certificates, PEM; null for the built-in list.</summary>
    public string? ClientAuthorityFile { get; init; }

    /// <summary><c>TELEMETRY_APP_KEY_FILE</c>: the key pair of the owner's app, PEM; there is none before <c>teslamate telemetry keys</c>.</summary>
    public string AppKeyFile { get; init; } = TelemetryFiles.AppKeyFile(DefaultFolder);

    /// <summary><c>TELEMETRY_HANDSHAKES</c>: how many failed handshakes a minute one address may have.</summary>
    public int MostFailedHandshakes { get; init; } = 30;

    /// <summary><c>TELEMETRY_REQUESTS_PER_DAY</c>: the budget of requests to Tesla for a car that streams.</summary>
    public int MostRequestsADay { get; init; } = 12;

    /// <summary><c>TELEMETRY_REQUESTS_PER_MONTH</c>: the same for a month.</summary>
    public int MostRequestsAMonth { get; init; } = 150;

    /// <summary>Whether requests cost money; where they do not, they are written down, and only how often each kind is sent is limited.</summary>
    public bool IsPriced { get; init; } = true;

    /// <summary><c>TELEMETRY_KEEP_DAYS</c>: how long numbers without a column of their own are kept.</summary>
    public TimeSpan KeepValues { get; init; } = TimeSpan.FromDays(365);

    /// <summary><c>TELEMETRY_ZMQ</c>: Tesla's own servers on ZeroMQ, <c>tcp://host:port</c>.</summary>
    public IReadOnlyList<Uri> ZeroMq { get; init; } = [];

    /// <summary><c>TELEMETRY_MQTT</c>: the broker of Tesla's own server and the base of its topics; null without one.</summary>
    public Uri? Mqtt { get; init; }

    /// <summary><c>TELEMETRY_MQTT_PASSWORD</c>.</summary>
    public Secret? MqttPassword { get; init; }

    /// <summary><c>TELEMETRY_KAFKA</c>: the brokers of Tesla's own server and the base of its topics; null without one.</summary>
    public KafkaAddress? Kafka { get; init; }

    const string DefaultFolder = "/var/lib/teslamate";

    /// <summary>Where keys and certificates are kept: the service's own folder, as systemd names it.</summary>
    public static string Folder(Variables variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        return variables.Text("STATE_DIRECTORY")?.Split(':')[0] ?? DefaultFolder;
    }

    public static TelemetrySettings Read(Variables variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        var settings = new TelemetrySettings
        {
            Listen = variables.Text("TELEMETRY_LISTEN"),
            CertificateFile = variables.Text("TELEMETRY_TLS_CERT_FILE"),
            KeyFile = variables.Text("TELEMETRY_TLS_KEY_FILE"),
            ClientAuthorityFile = variables.Text("TELEMETRY_CLIENT_CA"),
            AppKeyFile = variables.Text("TELEMETRY_APP_KEY_FILE") ?? TelemetryFiles.AppKeyFile(Folder(variables)),
            MostFailedHandshakes = variables.Whole("TELEMETRY_HANDSHAKES", fallback: 30, least: 1, most: 10_000),
            MostRequestsADay = variables.Whole("TELEMETRY_REQUESTS_PER_DAY", fallback: 12, least: 0, most: 1_000),
            MostRequestsAMonth = variables.Whole("TELEMETRY_REQUESTS_PER_MONTH", fallback: 150, least: 0, most: 30_000),
            ZeroMq = Servers(variables),
            Mqtt = Broker(variables),
            MqttPassword = variables.Secret("TELEMETRY_MQTT_PASSWORD"),
            Kafka = KafkaOf(variables),
            KeepValues = TimeSpan.FromDays(variables.Whole("TELEMETRY_KEEP_DAYS", fallback: 365, least: 1, most: 36_500)),
        };
        if (settings.Listen is { } listen)
        {
            if (!System.Net.IPEndPoint.TryParse(listen, out var address) || address.Port == 0)
                variables.Problem($"TELEMETRY_LISTEN is \"{listen}\", which is no address with a port. Example: TELEMETRY_LISTEN=0.0.0.0:4443");
            if (settings.CertificateFile is null)
                variables.Problem("TELEMETRY_LISTEN needs TELEMETRY_TLS_CERT_FILE. Example: "
                    + "TELEMETRY_TLS_CERT_FILE=/var/lib/teslamate/telemetry.crt");
            if (settings.KeyFile is null)
                variables.Problem("TELEMETRY_LISTEN needs TELEMETRY_TLS_KEY_FILE. Example: TELEMETRY_TLS_KEY_FILE=/var/lib/teslamate/telemetry.key");
        }

        return settings;
    }

    static List<Uri> Servers(Variables variables)
    {
        List<Uri> servers = [];
        foreach (var text in (variables.Text("TELEMETRY_ZMQ") ?? "").Split(',',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out var server) && server is { Scheme: "tcp", Port: > 0, Host.Length: > 0 })
                servers.Add(server);
            else
                variables.Problem($"TELEMETRY_ZMQ names \"{text}\", which is no address of ZeroMQ. Example: TELEMETRY_ZMQ=tcp://127.0.0.1:5284");
        }

        return servers;
    }

    static Uri? Broker(Variables variables)
    {
        if (variables.Text("TELEMETRY_MQTT") is not { } text)
            return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var broker) && broker is { Scheme: "mqtt", Host.Length: > 0 }
            && broker.AbsolutePath.Trim('/').Length > 0)
            return broker;
        variables.Problem($"TELEMETRY_MQTT is \"{text}\", which is no broker with a base of topics. Example: "
            + "TELEMETRY_MQTT=mqtt://127.0.0.1:1883/telemetry");
        return null;
    }

    static KafkaAddress? KafkaOf(Variables variables)
    {
        if (variables.Text("TELEMETRY_KAFKA") is not { } text)
            return null;
        if (text.Split('/') is [{ Length: > 0 } servers, { Length: > 0 } topics] && servers.Contains(':', StringComparison.Ordinal))
            return new KafkaAddress(servers, topics);
        variables.Problem($"TELEMETRY_KAFKA is \"{text}\", which is no broker with a base of topics. Example: "
            + "TELEMETRY_KAFKA=127.0.0.1:9092/tesla_telemetry");
        return null;
    }
}

/// <summary>Where Tesla's own server puts records on Kafka.</summary>
/// <param name="Servers">One or more brokers.</param>
/// <param name="Topics">What its topics begin with.</param>
public sealed record KafkaAddress(string Servers, string Topics);
