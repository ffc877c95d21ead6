namespace TeslaMate.Outgoing.Events;

/// <summary>What the owner says about events.</summary>
public sealed record EventSettings
{
    /// <summary><c>BATTERY_LOW_PCT</c>: below this level, in per cent, a battery is low.</summary>
    public int BatteryLowPct { get; init; } = 20;

    /// <summary><c>BACKUP_FOLDER</c>: where scheduled backups go; null when nobody watches them.</summary>
    public string? BackupFolder { get; init; }

    /// <summary><c>BACKUP_MAX_AGE_HOURS</c>: how old the newest backup there may be.</summary>
    public TimeSpan BackupMaxAge { get; init; } = TimeSpan.FromHours(48);

    /// <summary>Reads the variables; whatever cannot be used becomes a problem there.</summary>
    public static EventSettings Read(Variables variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        var folder = variables.Text("BACKUP_FOLDER");
        if (folder is not null && !Path.IsPathRooted(folder))
            variables.Problem($"BACKUP_FOLDER is \"{folder}\", which is no absolute path. Example: BACKUP_FOLDER=/var/lib/teslamate/backups");
        return new EventSettings
        {
            BatteryLowPct = variables.Whole("BATTERY_LOW_PCT", fallback: 20, least: 1, most: 90),
            BackupFolder = folder,
            BackupMaxAge = TimeSpan.FromHours(variables.Whole("BACKUP_MAX_AGE_HOURS", fallback: 48, least: 1, most: 24 * 366)),
        };
    }
}
