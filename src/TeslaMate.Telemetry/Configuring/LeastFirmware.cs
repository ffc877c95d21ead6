using TeslaMate.Telemetry.Records;

namespace TeslaMate.Telemetry.Configuring;

/// <summary>What firmware a field and a setting need (spec fleet-telemetry 1.4 and 5.1).</summary>
static class LeastFirmware
{
    static readonly Version Deltas = new(2024, 44, 32);
    static readonly Version DeltaOfLocation = new(2025, 2, 6);

    /// <summary>Whether a car understands a field's least change.</summary>
    /// <param name="software">What it runs; null when that is not known, and taken for new then.</param>
    public static bool KnowsDelta(string field, Version? software) =>
        software is null || software >= (field == "Location" ? DeltaOfLocation : Deltas);

    /// <summary>The version in a car's word for its software, such as <c>2026.20.3 8a1b2c3d4e5f</c>; null when it has none.</summary>
    public static Version? Installed(string? software) => Version.TryParse(software?.Trim().Split(' ')[0], out var version) ? version : null;

    /// <summary>The oldest that sends a field.</summary>
    public static string Of(string field) => FieldNames.NumberOf(field) switch
    {
        null => "?",
        107 or 108 or 109 or 110 or 111 or 112 or 163 => "2024.26",
        179 => "2024.38",
        184 => "2024.44.32",
        >= 180 and <= 228 => "2024.44.25",
        >= 229 and <= 238 => "2024.44.32",
        >= 239 and <= 257 => "2025.2.6",
        258 or 259 => "2025.44.25.5",
        >= 260 => "2026.32",
        _ => "2024.26",
    };
}
