using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Logging;
using TeslaMate.Tesla;

namespace TeslaMate.Hosting;

/// <summary>Everything that is set from outside, read at once.</summary>
sealed record Settings
{
    /// <summary>
    /// Variables of the reference that need no effect here; deployments that set them go on working. The time zone (<c>TZ</c>) is read by the runtime, the limit of
    /// open files sizes no table of .NET, and the others belong to the reference's own runtime.
    /// </summary>
    public static readonly IReadOnlyList<string> WithoutEffect =
    [
        "TZ", "TZDATA_DIR", "LANG", "HOME", "LOCALES", "SKIP_LOCALE_DOWNLOAD", "RELEASE_COOKIE", "SIGNING_SALT", "HTTP_POOL_TIMEOUT", "ULIMIT_MAX_NOFILE",
    ];

    public required LogSettings Log { get; init; }

    public required ListenerSettings Listener { get; init; }

    public required DatabaseSettings Database { get; init; }

    public required TeslaSettings Tesla { get; init; }

    /// <summary>Every secret among the settings, for striking them from the log.</summary>
    public required IReadOnlyList<Secret> Secrets { get; init; }

    /// <summary>Reads all settings, so that all mistakes are in <see cref="Variables.Problems"/> afterwards; if there are any, the result must not be used.</summary>
    public static Settings Read(Variables variables)
    {
        var settings = new Settings
        {
            Log = LogSettings.Read(variables),
            Listener = ListenerSettings.Read(variables),
            Database = DatabaseSettings.Read(variables),
            Tesla = TeslaSettings.Read(variables),
            Secrets = [],
        };
        return settings with { Secrets = variables.Secrets };
    }
}
