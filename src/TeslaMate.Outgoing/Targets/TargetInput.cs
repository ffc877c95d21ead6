using System.Globalization;
using System.Net.Mail;
using System.Text.RegularExpressions;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Events;

namespace TeslaMate.Outgoing.Targets;

/// <summary>A target as somebody entered it, before it is found to be in order.</summary>
public sealed record TargetDraft
{
    public required TargetKind Kind { get; init; }

    public string? Name { get; init; }

    public bool IsEnabled { get; init; } = true;

    /// <summary>
    /// By the names of <see cref="TargetSettings.FieldsOf"/>. A secret that is missing or empty stays as it is; one that is null is removed.
    /// </summary>
    public IReadOnlyDictionary<string, string?> Fields { get; init; } = new Dictionary<string, string?>();

    /// <summary>Names of events; null for all.</summary>
    public IReadOnlyList<string>? Events { get; init; }

    /// <summary>Null for all.</summary>
    public IReadOnlyList<CarId>? Cars { get; init; }

    public decimal? LeastDistanceKm { get; init; }

    public decimal? LeastEnergyKwh { get; init; }

    /// <summary>As <c>22:00</c>; null or empty for no quiet hours.</summary>
    public string? QuietFrom { get; init; }

    public string? QuietTo { get; init; }
}

/// <summary>A target that is in order, to be stored.</summary>
public sealed partial record TargetInput
{
    const int LongestName = 100;

    TargetInput() { }

    public required TargetKind Kind { get; init; }

    public required string Name { get; init; }

    public required bool IsEnabled { get; init; }

    public required EventFilter Filter { get; init; }

    public required QuietHours? QuietHours { get; init; }

    /// <summary>Of the fields that are no secrets.</summary>
    public required IReadOnlyDictionary<string, string> Values { get; init; }

    /// <summary>Those that are new; null for one that is removed.</summary>
    public required IReadOnlyDictionary<string, Secret?> Secrets { get; init; }

    // What a request has anyway, or what decides where it goes and how it is read.
    static readonly HashSet<string> OwnHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Transfer-Encoding", "Content-Length", "Content-Type", "Content-Encoding", "Expect", "Upgrade", "TE", "Trailer",
        "Proxy-Authorization", "Proxy-Connection", "Keep-Alive", "User-Agent", "webhook-id", "webhook-timestamp", "webhook-signature",
    };

    /// <summary>The target, or what is wrong with it, beside the names of its fields.</summary>
    /// <param name="known">The secrets that are stored already.</param>
    /// <param name="guard">Says which addresses are not sent to.</param>
    public static (TargetInput? Input, IReadOnlyList<FieldError> Errors) Check(TargetDraft draft, IReadOnlySet<string> known, AddressGuard guard)
    {
        List<FieldError> errors = [];
        var name = draft.Name?.Trim() ?? "";
        if (name.Length == 0)
            errors.Add(new("name", Problem.Blank));
        else if (name.Length > LongestName || HasControls(name))
            errors.Add(new("name", Problem.Invalid));
        Dictionary<string, string> values = [];
        Dictionary<string, Secret?> secrets = [];
        foreach (var field in TargetSettings.FieldsOf(draft.Kind))
        {
            var isSent = draft.Fields.TryGetValue(field.Name, out var sent);
            var text = sent?.Trim() is { Length: > 0 } entered ? entered : field.IsSecret ? "" : field.Default ?? "";
            if (text.Length == 0)
            {
                if (field.IsSecret && isSent && sent is null)
                    secrets[field.Name] = null;
                if (field.IsRequired && !(field.IsSecret && known.Contains(field.Name) && !secrets.ContainsKey(field.Name)))
                    errors.Add(new(field.Name, Problem.Blank));
            }
            else if (text.Length > field.Longest || HasControls(text) || !IsInOrder(draft.Kind, field, text))
                errors.Add(new(field.Name, Problem.Invalid));
            else if (IsForbidden(field, text, guard))
                errors.Add(new(field.Name, AddressGuard.Forbidden));
            else if (field.IsSecret)
                secrets[field.Name] = new Secret(text);
            else
                values[field.Name] = text;
        }

        if (draft.Kind is TargetKind.Webhook)
        {
            var isSent = draft.Fields.TryGetValue("header_value", out var value);
            var hasValue = !string.IsNullOrWhiteSpace(value) || (known.Contains("header_value") && !(isSent && value is null));
            if (values.ContainsKey("header_name") && !hasValue)
                errors.Add(new("header_value", Problem.Blank));
            // A value without its name would wait for the next name that somebody enters.
            if (!values.ContainsKey("header_name"))
                secrets["header_value"] = null;
        }

        List<EventType> types = [];
        foreach (var word in draft.Events ?? [])
        {
            if (EventType.Find(word) is { } type && EventType.All.Contains(type))
                types.Add(type);
            else
                errors.Add(new("events", Problem.Invalid));
        }

        if (draft.Cars is { Count: 0 })
            errors.Add(new("cars", Problem.Blank));
        foreach (var (field, least) in new[] { ("least_distance_km", draft.LeastDistanceKm), ("least_energy_kwh", draft.LeastEnergyKwh) })
        {
            if (least is < 0 or > 100_000)
                errors.Add(new(field, Problem.Invalid));
        }

        var quiet = Quiet(draft, errors);
        if (errors.Count > 0)
            return (null, errors);
        return (new TargetInput
        {
            Kind = draft.Kind,
            Name = name,
            IsEnabled = draft.IsEnabled,
            Filter = new EventFilter(draft.Events is null ? null : [.. types.Distinct()], draft.Cars is null ? null : [.. draft.Cars.Distinct()],
                draft.LeastDistanceKm, draft.LeastEnergyKwh),
            QuietHours = quiet,
            Values = values,
            Secrets = secrets,
        }, []);
    }

    static QuietHours? Quiet(TargetDraft draft, List<FieldError> errors)
    {
        if (string.IsNullOrWhiteSpace(draft.QuietFrom) && string.IsNullOrWhiteSpace(draft.QuietTo))
            return null;
        var (from, to) = (Time("quiet_from", draft.QuietFrom), Time("quiet_to", draft.QuietTo));
        if (from is null || to is null)
            return null;
        if (from != to)
            return new QuietHours(from.Value, to.Value);
        errors.Add(new("quiet_to", Problem.Invalid));
        return null;

        TimeOnly? Time(string field, string? text)
        {
            if (TimeOnly.TryParseExact(text?.Trim(), ["HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
                return time;
            errors.Add(new(field, string.IsNullOrWhiteSpace(text) ? Problem.Blank : Problem.Invalid));
            return null;
        }
    }

    static bool IsInOrder(TargetKind kind, TargetField field, string text) => field.Form switch
    {
        FieldForm.Address => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            && address is { Host.Length: > 0, UserInfo.Length: 0, Fragment.Length: 0 },
        FieldForm.Host => Uri.CheckHostName(text) is not UriHostNameType.Unknown,
        FieldForm.Mail => MailAddress.TryCreate(text, out var address) && address.Address == text,
        FieldForm.Port => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535,
        FieldForm.Flag => text is "true" or "false",
        FieldForm.Word => field.Values.Any(value => value.Word == text),
        _ => (kind, field.Name) switch
        {
            (TargetKind.Webhook, "header_name") => HeaderName().IsMatch(text) && !OwnHeaders.Contains(text),
            (TargetKind.Ntfy, "topic") => Topic().IsMatch(text),
            (TargetKind.Webhook, "header_value") => text.All(char.IsAscii),
            _ => true,
        },
    };

    static bool IsForbidden(TargetField field, string text, AddressGuard guard) => field.Form switch
    {
        FieldForm.Address => !guard.MayName(new Uri(text).IdnHost),
        FieldForm.Host => !guard.MayName(text),
        _ => false,
    };

    static bool HasControls(string text) => text.Any(char.IsControl);

    [GeneratedRegex("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
    private static partial Regex HeaderName();

    [GeneratedRegex("^[A-Za-z0-9_-]+$")]
    private static partial Regex Topic();
}
