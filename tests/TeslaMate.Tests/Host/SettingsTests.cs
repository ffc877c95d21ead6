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

    [Fact]
    public void No_value_of_any_variable_is_an_exception_or_more_than_a_line()
    {
        var names = Read(("DATABASE_SSL", "true"), ("MQTT_TLS", "true"), ("WEB_OIDC_ISSUER", "https://id.example.com"), ("TELEMETRY_LISTEN", "x"))
            .Asked.Except(["CREDENTIALS_DIRECTORY"]).ToList();
        string[] hostile =
        [
            "", " ", "\t\n", "x", "0", "-1", "9999999999999999999999", "NaN", "1e5", "true", "TRUE", "a b", "[]", "[::1", "::", ":", "/", "//", "..",
            "/nowhere/at/all",
            "/dev/zero", "/etc", "http://", "http:///x", "https://", "https://[", "https://bücher.example", "https://a:99999",
            "https://u:p@h/?q#f", "tcp://x:1", "tcp://", "mqtt://x/", "mqtt://x/y", "\u001b[2J\nPORT=1", "ünïcödé",
            "\ud800", "🚗", "xn--", "xn--\u00fc",
            "https://tiles.example/{z}/{x}/{y}.png\n", "{z}{x}{y}", "%", "%00", "a,b,,c", ",,,", "#+", "+/#",
            new string('x', 200_000), new string('/', 5_000),
        ];
        foreach (var name in names)
        {
            foreach (var value in hostile)
            {
                var problems = Read(("DATABASE_HOST", "h"), ("DATABASE_NAME", "n"), ("DATABASE_USER", "u"), ("DATABASE_PASS", "p"),
                    ("MQTT_HOST", "m"), ("DATABASE_SSL", "noverify"), ("MQTT_TLS", "true"), (name, value)).Problems;
                foreach (var problem in problems)
                {
                    problem.Length.ShouldBeLessThan(1100, name);
                    problem.Any(char.IsControl).ShouldBeFalse($"{name}: {problem}");
                    problem.ShouldContain("Example", customMessage: name);
                }
            }
        }
    }

    [Theory]
    [InlineData("DATABASE_HOST", " ")]
    [InlineData("DATABASE_HOST", "[]")]
    [InlineData("DATABASE_HOST", "[ ]")]
    [InlineData("DATABASE_NAME", "\t")]
    [InlineData("DATABASE_USER", " ")]
    [InlineData("MQTT_HOST", " ")]
    [InlineData("WEB_TRUSTED_HEADER", "X-User: yes")]
    [InlineData("VIRTUAL_HOST", "https://home.example.com/")]
    [InlineData("DATABASE_SOCKET_DIR", "/run/a-folder-whose-name-is-so-long-that-no-socket-in-it-can-be-reached-by-anybody-at-all-on-this-machine")]
    [InlineData("HTTP_BINDING_ADDRESS",
        "/run/a-path-so-long-that-no-socket-can-have-it-as-its-address-since-there-are-a-hundred-and-seven-bytes.sock")]
    public void What_can_only_fail_later_is_a_mistake_in_the_settings(string name, string value)
        => Read((name, value)).Problems.ShouldContain(problem => problem.StartsWith(name + " ", StringComparison.Ordinal));

    static Variables Read(params (string Name, string Value)[] values)
    {
        // The last one wins.
        var variables = new Variables(values.GroupBy(pair => pair.Name).ToDictionary(group => group.Key, group => group.Last().Value));
        Settings.Read(variables);
        return variables;
    }
}
