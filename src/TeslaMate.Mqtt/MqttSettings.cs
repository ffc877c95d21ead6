using TeslaMate.Configuration;

namespace TeslaMate.Mqtt;

/// <summary>How to reach the broker and what to publish there (spec mqtt 1).</summary>
public sealed record MqttSettings
{
    /// <summary>Where Home Assistant looks for devices unless it is told otherwise.</summary>
    internal const string DefaultPrefix = "homeassistant";

    public required string Host { get; init; }

    public required int Port { get; init; }

    /// <summary>Null when the broker asks for none.</summary>
    public string? Username { get; init; }

    /// <summary>Null when the broker asks for none.</summary>
    public Secret? Password { get; init; }

    /// <summary>Null for a plain connection.</summary>
    public MqttTls? Tls { get; init; }

    /// <summary>Connect over IPv6 only; otherwise over whatever the host name resolves to.</summary>
    public bool Ipv6 { get; init; }

    /// <summary>An extra topic level; null when not set.</summary>
    public string? Namespace { get; init; }

    /// <summary>Published as geofence while the car is in none; null clears the topic instead.</summary>
    public string? DefaultGeofence { get; init; }

    public required HomeAssistantSettings HomeAssistant { get; init; }

    /// <summary>The level that all topics begin with: <c>teslamate</c> or <c>teslamate/NAMESPACE</c>.</summary>
    internal string Root => Namespace is null ? "teslamate" : $"teslamate/{Namespace}";

    /// <summary>The settings, or null when MQTT is disabled; mistakes become problems of <paramref name="variables"/>.</summary>
    public static MqttSettings? Read(Variables variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        // Only the exact word counts, as in the reference; with it nothing else is read or validated.
        if (variables.Text("DISABLE_MQTT") == "true")
            return null;
        var tls = IsOn(variables, "MQTT_TLS");
        var discovery = IsOn(variables, "MQTT_HOME_ASSISTANT_DISCOVERY");
        var username = variables.Text("MQTT_USERNAME");
        if (username?.Any(char.IsControl) == true)
            variables.Problem("MQTT_USERNAME must not contain control characters. Example: MQTT_USERNAME=teslamate");
        var password = variables.Secret("MQTT_PASSWORD");
        if (password is not null && username is null)
            variables.Problem("MQTT_PASSWORD is set without MQTT_USERNAME, which MQTT does not allow. Example: MQTT_USERNAME=teslamate");
        return new MqttSettings
        {
            Host = variables.Required("MQTT_HOST", example: "localhost"),
            Port = variables.Port("MQTT_PORT", fallback: tls ? 8883 : 1883),
            Username = username,
            Password = password,
            Tls = tls
                ? new MqttTls(
                    AcceptInvalidCertificates: IsOn(variables, "MQTT_TLS_ACCEPT_INVALID_CERTS"),
                    File(variables, "MQTT_TLS_CA_CERT_FILE", example: "/etc/ssl/certs/my-broker.pem"),
                    ClientCertificateOf(variables))
                : null,
            Ipv6 = IsOn(variables, "MQTT_IPV6"),
            Namespace = NamespaceOf(variables, discovery),
            DefaultGeofence = variables.Text("DEFAULT_GEOFENCE"),
            HomeAssistant = new HomeAssistantSettings(
                discovery,
                PrefixOf(variables),
                variables.Address("MQTT_HOME_ASSISTANT_DISCOVERY_URL", "https://teslamate.example.com/", "http", "https") is null
                    ? null
                    : variables.Text("MQTT_HOME_ASSISTANT_DISCOVERY_URL")),
        };
    }

    // "1" or "TRUE" is off in the reference; silently unencrypted is not something to copy.
    static bool IsOn(Variables variables, string name) => variables.Flag(name, fallback: false);

    static ClientCertificate? ClientCertificateOf(Variables variables)
    {
        var certificate = File(variables, "MQTT_TLS_CERT_FILE", example: "/run/secrets/mqtt.pem");
        var key = File(variables, "MQTT_TLS_KEY_FILE", example: "/run/secrets/mqtt.key");
        if (certificate is not null && key is not null)
            return new ClientCertificate(certificate, key);
        if (certificate is not null || key is not null)
            variables.Problem("MQTT_TLS_CERT_FILE and MQTT_TLS_KEY_FILE belong together. Example: MQTT_TLS_KEY_FILE=/run/secrets/mqtt.key");
        return null;
    }

    static string? File(Variables variables, string name, string example)
    {
        var file = variables.Text(name);
        if (file is not null && !System.IO.File.Exists(file))
            variables.Problem($"{name} is \"{file}\", which does not exist. Example: {name}={example}");
        return file;
    }

    static string? NamespaceOf(Variables variables, bool discovery)
    {
        if (variables.Text("MQTT_NAMESPACE") is not { } text)
            return null;
        if (text.Contains('/'))
            variables.Problem("MQTT_NAMESPACE must not contain '/'. Example: MQTT_NAMESPACE=account_0");
        else if (text.AsSpan().ContainsAny('+', '#'))
            variables.Problem("MQTT_NAMESPACE must not contain MQTT wildcards. Example: MQTT_NAMESPACE=account_0");
        else if (text.Any(char.IsControl))
            variables.Problem("MQTT_NAMESPACE must not contain control characters. Example: MQTT_NAMESPACE=account_0");
        else if (discovery && text.FirstOrDefault(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('_' or '-')) is var strange
            and not '\0')
            variables.Problem($"MQTT_NAMESPACE contains '{strange}'; Home Assistant's discovery takes letters, digits, _ and - only. Example: "
                + "MQTT_NAMESPACE=account_0");
        return text;
    }

    static string PrefixOf(Variables variables)
    {
        const string Name = "MQTT_HOME_ASSISTANT_DISCOVERY_PREFIX";
        var text = variables.Text(Name, fallback: DefaultPrefix).Trim().Trim('/');
        if (text.AsSpan().ContainsAny('+', '#'))
            variables.Problem($"{Name} must not contain MQTT wildcards. Example: {Name}=homeassistant");
        else if (text.Any(char.IsControl))
            variables.Problem($"{Name} must not contain control characters. Example: {Name}=homeassistant");
        else if (text.Length == 0)
            variables.Problem($"{Name} is empty but for slashes. Example: {Name}=homeassistant");
        return text;
    }
}

/// <param name="AcceptInvalidCertificates">Neither the chain nor the host name is verified.</param>
/// <param name="AuthorityFile">A PEM file with the only authorities to trust; null for those of the system.</param>
/// <param name="Client">What this program shows to the broker; null when the broker asks for none.</param>
public sealed record MqttTls(bool AcceptInvalidCertificates, string? AuthorityFile, ClientCertificate? Client);

/// <summary>PEM files.</summary>
/// <param name="KeyFile">The private key, not encrypted.</param>
public sealed record ClientCertificate(string CertificateFile, string KeyFile);

/// <param name="Prefix">The topic level that Home Assistant looks below for devices.</param>
/// <param name="Url">The address of the web pages that the device links to; null for none.</param>
public sealed record HomeAssistantSettings(bool Discovery, string Prefix, string? Url);
