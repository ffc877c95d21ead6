using TeslaMate.Telemetry.Records;

namespace TeslaMate.Telemetry.Configuring;

/// <summary>The oldest firmware of a car that sends a field (spec fleet-telemetry 1.4).</summary>
static class LeastFirmware
{
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
