using TeslaMate.Api;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Encryption;
using TeslaMate.Import.Running;
using TeslaMate.Logbook;
using TeslaMate.Logging;
using TeslaMate.Mqtt;
using TeslaMate.Outgoing;
using TeslaMate.Telemetry;
using TeslaMate.Tesla;
using TeslaMate.Vehicles;
using TeslaMate.Web;

namespace TeslaMate.Hosting;

/// <summary>Everything that is set from outside, read at once.</summary>
sealed record Settings
{
    /// <summary>
    /// Variables of the reference that need no effect here; deployments that set them go on working. The time zone (<c>TZ</c>) is read by the
    /// runtime, the limit of open files sizes no table of .NET, its connection pools need no size, and the others belong to the reference's own
    /// runtime.
    /// </summary>
    public static readonly IReadOnlyList<string> WithoutEffect =
    [
        "TZ", "TZDATA_DIR", "LANG", "HOME", "LOCALES", "SKIP_LOCALE_DOWNLOAD", "RELEASE_COOKIE", "SIGNING_SALT", "HTTP_POOL_SIZE",
        "HTTP_POOL_TIMEOUT", "ULIMIT_MAX_NOFILE",
    ];

    public required LogSettings Log { get; init; }

    public required ListenerSettings Listener { get; init; }

    /// <summary><c>API_PORT</c>: a second listener that has the interfaces for programs and no pages; null for none.</summary>
    public int? ApiPort { get; init; }

    public required ApiSettings Api { get; init; }

    public required DatabaseSettings Database { get; init; }

    public required EncryptionKey Key { get; init; }

    public required TeslaSettings Tesla { get; init; }

    public required LogbookSettings Logbook { get; init; }

    public required VehicleSettings Vehicles { get; init; }

    public required TelemetrySettings Telemetry { get; init; }

    public required OutgoingSettings Outgoing { get; init; }

    /// <summary>Null when MQTT is disabled.</summary>
    public required MqttSettings? Mqtt { get; init; }

    public required WebSettings Web { get; init; }

    public required ImportSettings Import { get; init; }

    /// <summary>Every secret among the settings, for striking them from the log.</summary>
    public required IReadOnlyList<Secret> Secrets { get; init; }

    /// <summary>
    /// Reads all settings, so that all mistakes are in <see cref="Variables.Problems"/> afterwards; if there are any, the result must not be used.
    /// </summary>
    public static Settings Read(Variables variables)
    {
        var key = EncryptionKey.Find(variables);
        var listener = ListenerSettings.Read(variables);
        var tesla = TeslaSettings.Read(variables);
        var settings = new Settings
        {
            Log = LogSettings.Read(variables),
            Listener = listener,
            ApiPort = variables.Text("API_PORT") is null ? null : variables.Port("API_PORT", fallback: 8080),
            Api = ApiSettings.Read(variables),
            Database = DatabaseSettings.Read(variables),
            Key = key,
            Tesla = tesla,
            Logbook = LogbookSettings.Read(variables),
            Vehicles = VehicleSettings.Read(variables) with { IsPriced = tesla.IsPriced },
            Telemetry = TelemetrySettings.Read(variables) with { IsPriced = tesla.IsPriced },
            Outgoing = OutgoingSettings.Read(variables),
            Mqtt = MqttSettings.Read(variables),
            Import = ImportSettings.Read(variables),
            Web = WebSettings.Read(variables) with
            {
                HasEncryptionKey = key.Origin is KeyOrigin.Configured,
                OpenToThisMachineOnly = listener is ListenerSettings.Unspecified
            },
            Secrets = [],
        };
        if (settings.Web is { TrustedHeader: not null, ProxySecret: null, NamesProxies: false } && listener is not ListenerSettings.UnixSocket)
        {
            variables.Problem("WEB_TRUSTED_HEADER is set, but everybody on this machine could send that header. Let the proxy prove itself by a "
                + "secret in X-Proxy-Secret, "
                + "listen on a unix socket, or name the proxy's addresses in WEB_TRUSTED_PROXIES. Example: "
                + "WEB_TRUSTED_PROXY_SECRET_FILE=/run/secrets/proxy");
        }

        return settings with
        {
            Secrets = key.Origin is KeyOrigin.Generated(var text) ? [.. variables.Secrets, text] : variables.Secrets,
        };
    }
}
