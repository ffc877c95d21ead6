namespace TeslaMate.Outgoing.Events;

/// <summary>What can happen that somebody outside is told of (spec api 4.2). Closed: the list is <see cref="All"/>.</summary>
public sealed class EventType
{
    EventType(string name, bool isUrgent = false) => (Name, IsUrgent) = (name, isUrgent);

    public static readonly EventType DriveStarted = new("drive.started");
    public static readonly EventType DriveEnded = new("drive.ended");
    public static readonly EventType ChargeStarted = new("charge.started");
    public static readonly EventType ChargeEnded = new("charge.ended");
    public static readonly EventType ChargeInterrupted = new("charge.interrupted", isUrgent: true);
    public static readonly EventType StateChanged = new("state.changed");
    public static readonly EventType PlaceEntered = new("place.entered");
    public static readonly EventType PlaceLeft = new("place.left");
    public static readonly EventType UpdateAvailable = new("update.available");
    public static readonly EventType UpdateInstalled = new("update.installed");
    public static readonly EventType BatteryLow = new("battery.low");
    public static readonly EventType ChargeLimitReached = new("charge.limit_reached");
    public static readonly EventType TyreWarning = new("tyre.warning", isUrgent: true);
    public static readonly EventType SentryAlert = new("sentry.alert", isUrgent: true);
    public static readonly EventType LeftOpen = new("left.open", isUrgent: true);
    public static readonly EventType DataStopped = new("data.stopped");
    public static readonly EventType DataResumed = new("data.resumed");
    public static readonly EventType TokenExpiring = new("token.expiring");
    public static readonly EventType SignInNeeded = new("sign_in.needed");
    public static readonly EventType IntegrationFailed = new("integration.failed");
    public static readonly EventType BackupFailed = new("backup.failed");
    public static readonly EventType DiskLow = new("disk.low", isUrgent: true);
    public static readonly EventType DatabaseAway = new("database.away");

    /// <summary>What the test button sends; to the one target alone, whatever its filter says.</summary>
    public static readonly EventType Test = new("test");

    /// <summary>All that a target can choose among, in the order of the table of the chapter.</summary>
    public static IReadOnlyList<EventType> All { get; } =
    [
        DriveStarted, DriveEnded, ChargeStarted, ChargeEnded, ChargeInterrupted, StateChanged, PlaceEntered, PlaceLeft, UpdateAvailable,
        UpdateInstalled, BatteryLow, ChargeLimitReached, TyreWarning, SentryAlert, LeftOpen, DataStopped, DataResumed, TokenExpiring, SignInNeeded,
        IntegrationFailed, BackupFailed, DiskLow, DatabaseAway,
    ];

    /// <summary>Its name outside, such as <c>drive.ended</c>.</summary>
    public string Name { get; }

    /// <summary>Whether it passes quiet hours.</summary>
    public bool IsUrgent { get; }

    /// <summary>The type of this name; null for every other text.</summary>
    public static EventType? Find(string name) => name == Test.Name ? Test : All.FirstOrDefault(type => type.Name == name);

    public override string ToString() => Name;
}
