using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire.Generated;

namespace TeslaMate.Telemetry.Pipeline;

/// <summary>The last known value of every field of one car (spec fleet-telemetry 4.1). It does not expire: cars send only changes.</summary>
sealed class Snapshot
{
    /// <summary>A loss longer than this makes unknown where the car is and how fast.</summary>
    public static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(30);

    const int WordsToBelieve = 3;
    const double FastestMph = 250;

    readonly Dictionary<int, Known> _fields = [];

    // The last word of the odometer that contradicted the one that counts.
    (double Miles, DateTimeOffset At, int Times)? _doubted;

    public IReadOnlyDictionary<int, Known> Fields => _fields;

    /// <summary>The car's clock in the newest record that was applied.</summary>
    public DateTimeOffset? LastCarTime { get; private set; }

    /// <summary>The car's clock in the first record after the last loss of data.</summary>
    public DateTimeOffset? GapAt { get; private set; }

    /// <summary>The car's clock when the cable was plugged in; null when nobody saw it.</summary>
    public DateTimeOffset? PluggedAt { get; private set; }

    /// <summary>What the charger's own counter showed when this charge began.</summary>
    public double AcBaseKwh { get; private set; }

    /// <summary>What a percent of the usable level was worth when the rated range was last told; null when it never was.</summary>
    public double? MilesPerPercent { get; private set; }

    /// <summary>Values that were of a wrong type or impossible, since the start.</summary>
    public long Ignored { get; private set; }

    /// <summary>Takes a record in.</summary>
    /// <returns>The fields whose values it changed.</returns>
    public IReadOnlySet<int> Apply(TelemetryRecord.Data record, DateTimeOffset carTime, DateTimeOffset receivedAt)
    {
        if (!(carTime < LastCarTime))
        {
            if (LastCarTime is null || carTime - LastCarTime > LongestGap)
                GapAt = carTime;
            LastCarTime = carTime;
        }

        var wasCharging = IsCharging;
        HashSet<int> changed = [];
        foreach (var datum in record.Values)
        {
            if (datum.Value is { } value && Judge(datum.Field, value, carTime) is { } taken && Take(datum.Field, taken, carTime, receivedAt))
                changed.Add(datum.Field);
        }

        if ((changed.Contains((int)Field.RatedRange) || changed.Contains((int)Field.Soc))
            && Reading.Number(Get(Field.RatedRange)) is > 0 and var range && Reading.Number(Get(Field.Soc)) is >= 1 and var level)
            MilesPerPercent = range / level;
        if (!wasCharging && IsCharging)
            AcBaseKwh = Counter(Field.AcchargingEnergyIn) ?? 0;
        return changed;
    }

    /// <summary>What was saved; the inbox is replayed onto it.</summary>
    public void Restore(SavedSnapshot saved)
    {
        foreach (var (field, known) in saved.Fields)
            _fields[field] = known;
        (LastCarTime, PluggedAt, AcBaseKwh, GapAt, MilesPerPercent)
            = (saved.LastCarTime, saved.PluggedAt, saved.AcBaseKwh, saved.GapAt, saved.MilesPerPercent);
    }

    public SavedSnapshot Save() => new(new Dictionary<int, Known>(_fields), LastCarTime, PluggedAt, AcBaseKwh, GapAt, MilesPerPercent);

    /// <summary>A field's value, unless it is newer than a time.</summary>
    public TelemetryValue? Get(Field field, DateTimeOffset? asOf = null) =>
        _fields.TryGetValue((int)field, out var known) && !(known.CarTime > asOf) ? known.Value : null;

    public Known? Find(Field field) => _fields.GetValueOrDefault((int)field);

    /// <summary>A counter of energy that belongs to this charge: one from before the cable was plugged in is another charge's.</summary>
    public double? Counter(Field field) =>
        _fields.TryGetValue((int)field, out var known) && !(known.CarTime < PluggedAt) ? Reading.Number(known.Value) : null;

    public bool IsCharging => Reading.Word(Get(Field.DetailedChargeState), CodeKinds.DetailedChargeState) is "Starting" or "Charging";

    TelemetryValue? Judge(int field, TelemetryValue value, DateTimeOffset carTime)
    {
        var rule = FieldRule.Of(field);
        var judged = rule.Judge(value);
        if (rule.IsAbsurd(value))
            Ignored++;
        if (field == (int)Field.Odometer && Reading.Number(judged) is { } miles && !IsOdometerBelieved(miles, carTime))
        {
            Ignored++;
            return null;
        }

        // Only numbers with a word mean a state.
        if (judged is TelemetryValue.Code { Name: null })
            return null;
        if (field == (int)Field.DetailedChargeState && judged is not null && Reading.Word(judged, CodeKinds.DetailedChargeState) is null)
            return null;
        return judged;
    }

    /// <summary>
    /// An odometer runs forwards, and no faster than a car. One wrong word must not stop it for good, so what contradicts the last one is believed
    /// when it is said again and again.
    /// </summary>
    bool IsOdometerBelieved(double miles, DateTimeOffset carTime)
    {
        if (Find(Field.Odometer) is not { } known || carTime < known.CarTime)
            return true;
        if (Reading.Number(known.Value) is not { } before || IsNext(miles, carTime, before, known.CarTime))
        {
            _doubted = null;
            return true;
        }

        var times = _doubted is { } doubted && IsNext(miles, carTime, doubted.Miles, doubted.At) ? doubted.Times + 1 : 1;
        _doubted = times < WordsToBelieve ? (miles, carTime, times) : null;
        return times >= WordsToBelieve;
    }

    static bool IsNext(double miles, DateTimeOffset at, double before, DateTimeOffset beforeAt)
        => miles >= before - 1 && miles - before <= 1 + (FastestMph * (at - beforeAt).TotalHours);

    bool Take(int field, TelemetryValue value, DateTimeOffset carTime, DateTimeOffset receivedAt)
    {
        var before = _fields.GetValueOrDefault(field);
        if (carTime < before?.CarTime)
            return false;
        if (field == (int)Field.DetailedChargeState && IsDisconnected(before?.Value) && !IsDisconnected(value))
            PluggedAt = carTime;
        var isValid = value is not TelemetryValue.Invalid;
        _fields[field] = new Known(value, carTime, receivedAt, isValid ? value : before?.Valid, isValid ? carTime : before?.ValidAt);
        return before?.Value != value;
    }

    static bool IsDisconnected(TelemetryValue? value) => Reading.Word(value, CodeKinds.DetailedChargeState) == "Disconnected";
}

/// <summary>One field's last word.</summary>
/// <param name="Valid">The last value that was not invalid.</param>
sealed record Known(TelemetryValue Value, DateTimeOffset CarTime, DateTimeOffset ReceivedAt, TelemetryValue? Valid, DateTimeOffset? ValidAt);

/// <summary>A snapshot at rest.</summary>
sealed record SavedSnapshot(
    IReadOnlyDictionary<int, Known> Fields, DateTimeOffset? LastCarTime, DateTimeOffset? PluggedAt, double AcBaseKwh, DateTimeOffset? GapAt,
    double? MilesPerPercent);

/// <summary>The numbers of the enums whose words are read.</summary>
static class CodeKinds
{
    public const int ShiftState = 9;
    public const int SentryModeState = 13;
    public const int CarType = 17;
    public const int WindowState = 24;
    public const int DetailedChargeState = 32;
    public const int DefrostModeState = 36;
    public const int ClimateKeeperModeState = 37;
    public const int HvacPowerState = 38;
    public const int FastCharger = 40;
    public const int CableType = 41;
    public const int DisplayState = 47;
    public const int SunroofInstalledState = 54;
}
