using Microsoft.AspNetCore.Http;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Settings;
using TeslaMate.Web.Forms;

namespace TeslaMate.Web.Settings;

/// <summary>
/// The settings forms, read into types: a word that is not offered is an error at its field, and nothing of the form is stored then.
/// </summary>
static class SettingsForms
{
    const int MinutesOfADay = 24 * 60;

    /// <summary>The values of the form in place of those of <paramref name="settings"/>.</summary>
    public static (GlobalSettings Settings, IReadOnlyList<FieldError> Errors) Read(IFormCollection form, GlobalSettings settings)
    {
        var values = new FormReader(form, "global_settings");
        var read = settings with
        {
            UnitOfLength = values.Word("unit_of_length", ("km", UnitOfLength.Km), ("mi", UnitOfLength.Mi)),
            UnitOfTemperature = values.Word("unit_of_temperature", ("C", UnitOfTemperature.C), ("F", UnitOfTemperature.F)),
            UnitOfPressure = values.Word("unit_of_pressure", ("bar", UnitOfPressure.Bar), ("psi", UnitOfPressure.Psi)),
            PreferredRange = values.Word("preferred_range", ("ideal", PreferredRange.Ideal), ("rated", PreferredRange.Rated)),
            ThemeMode = values.Word("theme_mode", ("light", ThemeMode.Light), ("system", ThemeMode.System), ("dark", ThemeMode.Dark)),
            BaseUrl = Address(values, "base_url"),
            GrafanaUrl = Address(values, "grafana_url"),
            // A select that is switched off (addresses are still missing) is not sent.
            Language = values.Text("language") ?? settings.Language,
        };
        if (!AddressLanguages.IsSupported(read.Language))
            values.Refuse("language", Problem.NotSupported);
        return (read, values.Errors);
    }

    /// <inheritdoc cref="Read(IFormCollection, GlobalSettings)"/>
    public static (CarSettings Settings, IReadOnlyList<FieldError> Errors) Read(IFormCollection form, CarSettings settings)
    {
        var values = new FormReader(form, "car_settings");
        var read = new CarSettings
        {
            Enabled = values.Flag("enabled"),
            ReqNotUnlocked = values.Flag("req_not_unlocked"),
            FreeSupercharging = values.Flag("free_supercharging"),
            UseStreamingApi = values.Flag("use_streaming_api"),
            LfpBattery = values.Flag("lfp_battery"),
            // Hidden, and not sent, while the car streams.
            SuspendMin = values.Whole("suspend_min", least: 1, MinutesOfADay) ?? settings.SuspendMin,
            SuspendAfterIdleMin = values.Whole("suspend_after_idle_min", least: 1, MinutesOfADay) ?? settings.SuspendAfterIdleMin,
        };
        return (read, values.Errors);
    }

    static string? Address(FormReader values, string field)
    {
        var entered = values.Text(field);
        var (address, problem) = PageAddress.Read(entered);
        if (problem is null)
            return address;
        values.Refuse(field, problem);
        return entered;
    }
}
