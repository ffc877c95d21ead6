using TeslaMate.Configuration;
using TeslaMate.Hosting;

namespace TeslaMate.Tests.Host;

public sealed class SettingsTests
{
    /// <summary>Every variable of the reference: deployment, tables 2.1 to 2.9.</summary>
    static readonly string[] OfTheReference =
    [
        "DATABASE_USER", "DATABASE_PASS", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_SOCKET_DIR", "DATABASE_POOL_SIZE",
        "DATABASE_TIMEOUT",
        "DATABASE_SSL", "DATABASE_SSL_CA_CERT_FILE", "DATABASE_SSL_SNI", "DATABASE_IPV6", "ENCRYPTION_KEY",
        "PORT", "HTTP_BINDING_ADDRESS", "SOCKET_PERM", "VIRTUAL_HOST", "URL_PATH", "CHECK_ORIGIN", "SECRET_KEY_BASE", "SIGNING_SALT",
        "DISABLE_MQTT", "MQTT_HOST", "MQTT_PORT", "MQTT_USERNAME", "MQTT_PASSWORD", "MQTT_TLS", "MQTT_TLS_ACCEPT_INVALID_CERTS", "MQTT_IPV6",
        "MQTT_NAMESPACE",
        "MQTT_HOME_ASSISTANT_DISCOVERY", "MQTT_HOME_ASSISTANT_DISCOVERY_URL", "MQTT_HOME_ASSISTANT_DISCOVERY_PREFIX",
        "TESLA_API_HOST", "TESLA_API_POOL_SIZE", "TESLA_AUTH_HOST", "TESLA_AUTH_PATH", "TESLA_AUTH_CLIENT_ID", "TESLA_WSS_HOST",
        "TESLA_WSS_TLS_ACCEPT_INVALID_CERTS", "TESLA_WSS_USE_VIN", "TOKEN",
        "POLLING_ASLEEP_INTERVAL", "POLLING_CHARGING_INTERVAL", "POLLING_DRIVING_INTERVAL", "POLLING_ONLINE_INTERVAL", "POLLING_DEFAULT_INTERVAL",
        "POLLING_MINIMUM_INTERVAL",
        "HTTP_POOL_SIZE", "HTTP_POOL_TIMEOUT", "NOMINATIM_PROXY", "DEFAULT_GEOFENCE", "IMPORT_DIR", "TESLAFI_IMPORT_VEHICLE_ID", "SRTM_CACHE", "TZ",
        "TZDATA_DIR", "LANG",
        "RELEASE_COOKIE", "ULIMIT_MAX_NOFILE", "HOME", "LOCALES", "SKIP_LOCALE_DOWNLOAD",
    ];

    [Fact]
    public void Every_variable_of_the_reference_is_read_or_knowingly_accepted()
    {
        // Some are read only over TCP, with TLS, or through a socket.
        (string, string)[][] environments =
            [[("DATABASE_SSL", "true")], [("DATABASE_SSL", "noverify"), ("MQTT_TLS", "true")], [("DATABASE_SOCKET_DIR", "/run/postgresql")]];
        var asked = environments.SelectMany(environment => Read(environment).Asked).ToHashSet();
        OfTheReference.Except(Settings.WithoutEffect).Where(name => !asked.Contains(name)).ShouldBeEmpty();
        Settings.WithoutEffect.ShouldBeSubsetOf(OfTheReference);
    }

    [Fact]
    public void The_mistakes_of_all_rooms_are_reported_together()
        => Read(("PORT", "x"), ("DATABASE_POOL_SIZE", "ten"), ("TESLA_API_HOST", "tesla"), ("POLLING_ASLEEP_INTERVAL", "2.5"),
            ("TESLAMATE_SPOOL_LIMIT_MB", "0"),
                ("LOG_LEVEL", "loud"), ("URL_PATH", "a b"), ("MQTT_NAMESPACE", "a/b")).Problems
            .Select(problem => problem.Split(' ')[0]).Order().ShouldBe(
            ["DATABASE_HOST", "DATABASE_NAME", "DATABASE_POOL_SIZE", "DATABASE_USER", "LOG_LEVEL", "MQTT_HOST", "MQTT_NAMESPACE", "Neither",
                "POLLING_ASLEEP_INTERVAL", "PORT",
                "TESLAMATE_SPOOL_LIMIT_MB", "TESLA_API_HOST", "URL_PATH"]);

    static Variables Read(params (string Name, string Value)[] values)
    {
        var variables = new Variables(values.ToDictionary(pair => pair.Name, pair => pair.Value));
        Settings.Read(variables);
        return variables;
    }
}
