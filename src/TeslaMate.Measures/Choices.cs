namespace TeslaMate.Measures;

/// <summary>The local periods that a window is divided into (M2; spec charts 5.1).</summary>
public enum Period
{
    Day,

    /// <summary>ISO week, from Monday.</summary>
    Week,

    Month,

    Quarter,

    Year,

    /// <summary>The window as a whole.</summary>
    Total,
}

/// <summary>In which unit classes of speed are formed.</summary>
public enum LengthUnit
{
    Km,
    Mi,
}

/// <summary>In which unit classes of temperature are formed.</summary>
public enum TemperatureUnit
{
    C,
    F,
}

/// <summary>What a car was charged with (M6; spec charts 5.1).</summary>
public enum ChargeKind
{
    Ac,
    Dc,
}

/// <summary>Which end of a charge is meant.</summary>
public enum ChargeSide
{
    Start,
    End,
}

/// <summary>What a charge curve is drawn over: the level in %, or minutes since the begin.</summary>
public enum CurveAxis
{
    Level,
    Minute,
}

/// <summary>What a car was doing; codes in <see cref="StateSpan.Code"/>.</summary>
public enum CarState
{
    Driving,
    Charging,
    Offline,
    Asleep,
    Online,
    Updating,
}

/// <summary>What a row of the timeline is (M16; spec charts 5.1).</summary>
public enum TimelineKind
{
    Driving,
    Charging,
    Parking,

    /// <summary>The odometer went on without a drive.</summary>
    Missing,

    Updating,
}
