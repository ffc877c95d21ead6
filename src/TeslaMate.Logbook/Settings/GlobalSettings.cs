namespace TeslaMate.Logbook.Settings;

public enum UnitOfLength { Km, Mi }

public enum UnitOfTemperature { C, F }

public enum UnitOfPressure { Bar, Psi }

/// <summary>Which of the car's ranges dashboards and the efficiency go by.</summary>
public enum PreferredRange { Rated, Ideal }

public enum ThemeMode { System, Light, Dark }

/// <summary>The one row of <c>settings</c> (spec logbook 13.1).</summary>
public sealed record GlobalSettings
{
    public UnitOfLength UnitOfLength { get; init; }

    public UnitOfTemperature UnitOfTemperature { get; init; }

    public UnitOfPressure UnitOfPressure { get; init; }

    public PreferredRange PreferredRange { get; init; }

    /// <summary>Where these pages are found by a browser; null when nobody said.</summary>
    public string? BaseUrl { get; init; }

    public string? GrafanaUrl { get; init; }

    /// <summary>The language of addresses, a code of <see cref="AddressLanguages"/>.</summary>
    public string Language { get; init; } = "en";

    public ThemeMode ThemeMode { get; init; }
}
