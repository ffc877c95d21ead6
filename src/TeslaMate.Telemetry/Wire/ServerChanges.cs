using System.Globalization;
using System.Text.RegularExpressions;
using TeslaMate.Telemetry.Records;

namespace TeslaMate.Telemetry.Wire;

/// <summary>
/// What Tesla's server changes in a record before it hands it on (spec fleet-telemetry 1.5), so that all ways to this program bring the same.
/// </summary>
static partial class ServerChanges
{
    static readonly int[] Places =
        [.. new[] { "Location", "OriginLocation",
            "DestinationLocation" }.Select(name => FieldNames.NumberOf(name) ?? throw new System.Diagnostics.UnreachableException())];

    /// <param name="vin">The identity that the certificate proves.</param>
    public static TelemetryRecord Apply(TelemetryRecord record, string vin) => record switch
    {
        TelemetryRecord.Data data when data.Values.Any(datum => datum.Value is TelemetryValue.Text)
            => data with { Vin = vin, Values = [.. data.Values.Select(Apply)] },
        _ => record with { Vin = vin },
    };

    /// <summary>A place that is given as text, such as <c>(37.412374 N, 122.145867 W)</c>; null when it is none.</summary>
    public static TelemetryValue.Place? Place(string text)
    {
        if (PlaceText().Match(text) is not { Success: true } match)
            return null;
        var latitude = double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * (match.Groups[2].Value == "S" ? -1 : 1);
        var longitude = double.Parse(match.Groups[3].ValueSpan, CultureInfo.InvariantCulture) * (match.Groups[4].Value == "W" ? -1 : 1);
        return new TelemetryValue.Place(latitude, longitude);
    }

    static Datum Apply(Datum datum) => datum.Value switch
    {
        TelemetryValue.Text(var text) when Places.Contains(datum.Field) && Place(text) is { } place => datum with { Value = place },
        TelemetryValue.Text(var text) when ScientificText().IsMatch(text)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) =>
            datum with { Value = new TelemetryValue.Text(number.ToString("F5", CultureInfo.InvariantCulture)) },
        _ => datum,
    };

    [GeneratedRegex(@"^\s*\(\s*(\d{1,3}(?:\.\d{1,17})?)\s*([NS])\s*,\s*(\d{1,3}(?:\.\d{1,17})?)\s*([EW])\s*\)\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex PlaceText();

    [GeneratedRegex(@"^[+-]?\d{1,20}(?:\.\d{0,20})?[eE][+-]?\d{1,3}$", RegexOptions.CultureInvariant)]
    private static partial Regex ScientificText();
}
