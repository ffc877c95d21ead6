using System.Globalization;
using TeslaMate.Telemetry.Wire;

namespace TeslaMate.Telemetry.Records;

/// <summary>What a value is as the type that its field has (spec fleet-telemetry 3.1); a value of another type is none.</summary>
static class Reading
{
    public static double? Number(TelemetryValue? value) => value switch
    {
        TelemetryValue.Number { Value: var number } when double.IsFinite(number) => number,
        TelemetryValue.Text(var text) when double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number) => number,
        _ => null,
    };

    public static bool? Flag(TelemetryValue? value) => value switch
    {
        TelemetryValue.Flag(var flag) => flag,
        TelemetryValue.Text(var text) when bool.TryParse(text.Trim(), out var flag) => flag,
        _ => null,
    };

    /// <summary>A text without the blanks around it; empty for a blank one.</summary>
    public static string? Text(TelemetryValue? value) => value is TelemetryValue.Text(var text) ? text.Trim() : null;

    public static TelemetryValue.Place? Place(TelemetryValue? value) => value switch
    {
        TelemetryValue.Place place => place,
        TelemetryValue.Text(var text) => ServerChanges.Place(text),
        _ => null,
    };

    public static TelemetryValue.Tires? Tires(TelemetryValue? value) => value as TelemetryValue.Tires;

    /// <summary>The word of an enum without its prefix; null for <c>Unknown</c>, <c>Invalid</c> and numbers without a word.</summary>
    /// <param name="kind">The number of the enum's variant on the wire.</param>
    public static string? Word(TelemetryValue? value, int kind)
    {
        var known = CodeNames.Of(kind) ?? throw new System.Diagnostics.UnreachableException();
        var name = value switch
        {
            TelemetryValue.Code code when code.Kind == kind => code.Name,
            TelemetryValue.Text(var text) when CodeNames.NumberOf(kind, text.Trim()) is { } number => CodeNames.NameOf(kind, number),
            _ => null,
        };
        return name?[known.Prefix.Length..] is { } word and not ("Unknown" or "Invalid") ? word : null;
    }

    static readonly string[] DoorNames = ["DriverFront", "DriverRear", "PassengerFront", "PassengerRear", "TrunkFront", "TrunkRear"];

    /// <summary>Doors, also as names joined with <c>|</c>; empty text is all of them closed, and other words are no doors.</summary>
    public static TelemetryValue.Doors? Doors(TelemetryValue? value)
    {
        if (value is TelemetryValue.Doors doors)
            return doors;
        if (Text(value) is not { } text)
            return null;
        var open = text.Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return open.Except(DoorNames).Any() ? null : new TelemetryValue.Doors(
            open.Contains("DriverFront"), open.Contains("DriverRear"), open.Contains("PassengerFront"), open.Contains("PassengerRear"),
            open.Contains("TrunkFront"), open.Contains("TrunkRear"));
    }
}
