using System.Text.RegularExpressions;
using TeslaMate.Vehicles;

namespace TeslaMate.Mqtt.Discovery;

/// <summary>What Home Assistant shows of the car itself (spec mqtt 11); a change of any of it publishes the discovery document again.</summary>
/// <param name="FirmwareVersion">Null while unknown.</param>
sealed partial record DeviceDescription(string Name, string Model, string? FirmwareVersion)
{
    public static DeviceDescription Of(Summary summary)
        => new(
            summary.DisplayName ?? NotEmpty(summary.Car.Name) ?? $"Tesla #{summary.Car.Id.Value}",
            ModelText(summary) ?? "Tesla",
            NotEmpty(summary.Version));

    static string? ModelText(Summary summary)
    {
        if (NotEmpty(summary.Model) is not { } model)
            return null;
        var text = model is "S" or "X" or "3" or "Y" ? $"Model {model}" : model;
        if ((NotEmpty(summary.Car.MarketingName) ?? NotEmpty(summary.TrimBadging)) is { } variant)
            text += $" {variant}";
        string?[] details =
        [
            NotEmpty(summary.ExteriorColor) is { } color ? Words(color) : null,
            NotEmpty(summary.WheelType) is { } wheels ? $"{Wheels(wheels)} Wheels" : null,
            NotEmpty(summary.SpoilerType) is { } spoiler && !spoiler.Equals("none", StringComparison.OrdinalIgnoreCase)
                ? $"{Words(spoiler)} Spoiler" : null,
            summary.SunRoofInstalled == true ? "Sunroof" : null,
        ];
        var given = string.Join(", ", details.OfType<string>());
        return given.Length == 0 ? text : $"{text} ({given})";
    }

    static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    static string Words(string text) => WordBoundary().Replace(text, " ");

    static string Wheels(string text)
    {
        var match = SizedWheels().Match(text);
        if (!match.Success)
            return Words(text);
        var rest = match.Groups[3].Value;
        return $"{Words(match.Groups[1].Value)} {match.Groups[2].Value}\"{(rest.Length == 0 ? "" : $" {Words(rest)}")}";
    }

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex WordBoundary();

    [GeneratedRegex("^([A-Za-z]+)([0-9]+)([A-Za-z]*)$")]
    private static partial Regex SizedWheels();
}
