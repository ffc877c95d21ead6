using System.Globalization;
using Microsoft.AspNetCore.Http;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Settings;

namespace TeslaMate.Web.Settings;

/// <summary>The settings forms, read into types: a word that is not offered is an error at its field, and nothing of the form is stored then.</summary>
sealed class FormValues(IFormCollection form, string name)
{
    readonly List<FieldError> _errors = [];

    public IReadOnlyList<FieldError> Errors => _errors;

    /// <summary>The values of the form in place of those of <paramref name="settings"/>.</summary>
    public static (GlobalSettings Settings, IReadOnlyList<FieldError> Errors) Read(IFormCollection form, GlobalSettings settings)
    {
        var values = new FormValues(form, "global_settings");
        var read = settings with
        {
            UnitOfLength = values.Word<UnitOfLength>("unit_of_length", ("km", UnitOfLength.Km), ("mi", UnitOfLength.Mi)),
            UnitOfTemperature = values.Word<UnitOfTemperature>("unit_of_temperature", ("C", UnitOfTemperature.C), ("F", UnitOfTemperature.F)),
            UnitOfPressure = values.Word<UnitOfPressure>("unit_of_pressure", ("bar", UnitOfPressure.Bar), ("psi", UnitOfPressure.Psi)),
            PreferredRange = values.Word<PreferredRange>("preferred_range", ("ideal", PreferredRange.Ideal), ("rated", PreferredRange.Rated)),
            ThemeMode = values.Word<ThemeMode>("theme_mode", ("light", ThemeMode.Light), ("system", ThemeMode.System), ("dark", ThemeMode.Dark)),
            BaseUrl = values.Address("base_url"),
            GrafanaUrl = values.Address("grafana_url"),
            // A select that is switched off (addresses are still missing) is not sent.
            Language = values.Text("language") ?? settings.Language,
        };
        if (!AddressLanguages.IsSupported(read.Language))
            values._errors.Add(new("language", "is not supported"));
        return (read, values.Errors);
    }

    /// <inheritdoc cref="Read(IFormCollection, GlobalSettings)"/>
    public static (CarSettings Settings, IReadOnlyList<FieldError> Errors) Read(IFormCollection form, CarSettings settings)
    {
        var values = new FormValues(form, "car_settings");
        var read = new CarSettings
        {
            Enabled = values.Flag("enabled"),
            ReqNotUnlocked = values.Flag("req_not_unlocked"),
            FreeSupercharging = values.Flag("free_supercharging"),
            UseStreamingApi = values.Flag("use_streaming_api"),
            LfpBattery = values.Flag("lfp_battery"),
            // Hidden, and not sent, while the car streams.
            SuspendMin = values.Minutes("suspend_min") ?? settings.SuspendMin,
            SuspendAfterIdleMin = values.Minutes("suspend_after_idle_min") ?? settings.SuspendAfterIdleMin,
        };
        return (read, values.Errors);
    }

    string? Text(string field) => form.TryGetValue($"{name}[{field}]", out var values) && values.Count > 0 ? values[^1] : null;

    T Word<T>(string field, params ReadOnlySpan<(string Word, T Value)> words)
    {
        var text = Text(field);
        foreach (var (word, value) in words)
        {
            if (word == text)
                return value;
        }

        _errors.Add(new(field, string.IsNullOrWhiteSpace(text) ? "can't be blank" : "is invalid"));
        return words[0].Value;
    }

    // A hidden "false" stands before each box, so that one that is not ticked can be told from a form without it.
    bool Flag(string field)
    {
        switch (Text(field))
        {
            case "true": return true;
            case "false": return false;
            case var text:
                _errors.Add(new(field, string.IsNullOrWhiteSpace(text) ? "can't be blank" : "is invalid"));
                return false;
        }
    }

    int? Minutes(string field)
    {
        const int Day = 24 * 60;
        if (Text(field) is not { } text)
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var minutes) && minutes is > 0 and <= Day)
            return minutes;
        _errors.Add(new(field, text.Length == 0 ? "can't be blank" : "is invalid"));
        return null;
    }

    string? Address(string field)
    {
        var (address, problem) = PageAddress.Read(Text(field));
        if (problem is not null)
            _errors.Add(new(field, problem));
        return problem is null ? address : Text(field);
    }
}
