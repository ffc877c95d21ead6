using System.Globalization;
using Microsoft.AspNetCore.Http;
using TeslaMate.Logbook;
using TeslaMate.Outgoing.Targets;
using TeslaMate.Web.Forms;

namespace TeslaMate.Web.Outgoing;

/// <summary>The form of a target: what it shows, and what was sent. Secrets are sent and never shown.</summary>
public sealed record TargetEntry
{
    public const string FormName = "target";

    public string Name { get; init; } = "";

    public bool IsEnabled { get; init; } = true;

    /// <summary>Of the fields that are no secrets.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    /// <summary>Names of the events that it gets; empty for all.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>The cars that it is told of; empty for all.</summary>
    public IReadOnlyList<CarId> Cars { get; init; } = [];

    public string LeastDistanceKm { get; init; } = "";

    public string LeastEnergyKwh { get; init; } = "";

    public string QuietFrom { get; init; } = "";

    public string QuietTo { get; init; } = "";

    /// <summary>A new one of this kind.</summary>
    public static TargetEntry New(TargetKind kind) => new()
    {
        Values = TargetSettings.FieldsOf(kind).Where(field => field.Default is not null).ToDictionary(field => field.Name, field => field.Default!),
    };

    public static TargetEntry Of(ListedTarget target) => new()
    {
        Name = target.Name,
        IsEnabled = target.IsEnabled,
        Values = target.Values,
        Events = [.. (target.Filter.Types ?? []).Select(type => type.Name)],
        Cars = target.Filter.Cars ?? [],
        LeastDistanceKm = Number(target.Filter.LeastDistanceKm),
        LeastEnergyKwh = Number(target.Filter.LeastEnergyKwh),
        QuietFrom = Time(target.QuietHours?.From),
        QuietTo = Time(target.QuietHours?.To),
    };

    /// <summary>What was sent, to be shown again, and to be checked.</summary>
    internal static (TargetEntry Entry, TargetDraft Draft, IReadOnlyList<FieldError> Errors) Read(IFormCollection form, TargetKind kind)
    {
        var reader = new FormReader(form, FormName);
        Dictionary<string, string?> fields = [];
        foreach (var field in TargetSettings.FieldsOf(kind))
            fields[field.Name] = field.IsSecret && reader.Text($"remove_{field.Name}") == "true" ? null : reader.Trimmed(field.Name);
        string[] events = [.. form[$"{FormName}[events]"].OfType<string>()];
        List<CarId> cars = [];
        foreach (var text in form[$"{FormName}[cars]"])
        {
            if (CarId.TryParse(text, CultureInfo.InvariantCulture, out var car))
                cars.Add(car);
            else
                reader.Refuse("cars", Problem.Invalid);
        }

        var entry = new TargetEntry
        {
            Name = reader.Trimmed("name"),
            IsEnabled = reader.Flag("is_enabled"),
            Values = TargetSettings.FieldsOf(kind).Where(field => !field.IsSecret).ToDictionary(field => field.Name, field => fields[field.Name]
                ?? ""),
            Events = events,
            Cars = cars,
            LeastDistanceKm = reader.Trimmed("least_distance_km"),
            LeastEnergyKwh = reader.Trimmed("least_energy_kwh"),
            QuietFrom = reader.Trimmed("quiet_from"),
            QuietTo = reader.Trimmed("quiet_to"),
        };
        var draft = new TargetDraft
        {
            Kind = kind,
            Name = entry.Name,
            IsEnabled = entry.IsEnabled,
            Fields = fields,
            Events = events.Length == 0 ? null : events,
            Cars = cars.Count == 0 ? null : cars,
            LeastDistanceKm = reader.Number("least_distance_km"),
            LeastEnergyKwh = reader.Number("least_energy_kwh"),
            QuietFrom = entry.QuietFrom,
            QuietTo = entry.QuietTo,
        };
        return (entry, draft, reader.Errors);
    }

    static string Number(decimal? number) => number?.ToString("0.##", CultureInfo.InvariantCulture) ?? "";

    static string Time(TimeOnly? time) => time?.ToString("HH:mm", CultureInfo.InvariantCulture) ?? "";
}
