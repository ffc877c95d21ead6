namespace TeslaMate.Logbook.Cars;

/// <summary>A row of <c>car_settings</c>.</summary>
public sealed record CarSettings
{
    /// <summary>Minutes without requests in which an idle car may fall asleep (when its stream is not connected).</summary>
    public int SuspendMin { get; init; } = 21;

    /// <summary>Minutes of idling before such a pause begins (when its stream is not connected).</summary>
    public int SuspendAfterIdleMin { get; init; } = 15;

    /// <summary>An unlocked car is not left alone to fall asleep.</summary>
    public bool ReqNotUnlocked { get; init; }

    public bool FreeSupercharging { get; init; }

    public bool UseStreamingApi { get; init; } = true;

    /// <summary>A disabled car is known but not logged.</summary>
    public bool Enabled { get; init; } = true;

    public bool LfpBattery { get; init; }
}
