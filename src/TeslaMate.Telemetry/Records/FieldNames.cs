using System.Collections.Frozen;
using TeslaMate.Telemetry.Wire.Generated;

namespace TeslaMate.Telemetry.Records;

/// <summary>The names of the fields.</summary>
static class FieldNames
{
    /// <summary>Announced for firmware 2026.32; servers of today send them as numbers.</summary>
    static readonly KeyValuePair<string, int>[] Announced =
    [
        new("GpsAccuracyMeters", 260), new("LifetimeEnergyChargedKwh", 261), new("BrickSocMinPercent", 262), new("NominalFullPackEnergyKwh", 263),
        new("GradeEstimatePercent", 264), new("MaxSpeedToReachDestinationMph", 265), new("SoftwareUpdateAvailable", 266),
        new("SoftwareUpdateInProgress", 267), new("RemoteStartActive", 268), new("SemiCruiseSpeedLimitMph", 269),
    ];

    static readonly FrozenDictionary<int, string> Names =
        TelemetryReflection.Descriptor.EnumTypes.Single(type => type.Name == nameof(Field)).Values.ToFrozenDictionary(value => value.Number,
            value => value.Name);

    static readonly FrozenDictionary<string, int> Numbers =
        Names.Select(pair => KeyValuePair.Create(pair.Value, pair.Key)).Concat(Announced).ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Null for a field that servers of today do not name either.</summary>
    public static string? NameOf(int field) => Names.GetValueOrDefault(field);

    /// <summary>The name, or the number of a field without one.</summary>
    public static string Text(int field) => NameOf(field) ?? field.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The number of a field that is given by its name or by its number.</summary>
    public static int? NumberOf(string text) =>
        Numbers.TryGetValue(text, out var number) ? number
        : int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out number) ? number
        : null;
}
