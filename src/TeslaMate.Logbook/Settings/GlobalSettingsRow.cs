using TeslaMate.Logbook.Addresses;
using TeslaMate.Logbook.Changes;
using TeslaMate.Logbook.Charging;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Settings;

sealed class GlobalSettingsRow(NpgsqlDataSource database, AddressTranslation translation, Aftermath aftermath) : IGlobalSettings, IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly Watchers<GlobalSettings> _watchers = new();

    // A change that was asked for later is stored later.
    readonly SemaphoreSlim _storing = new(1);
    volatile GlobalSettings _current = new();

    public GlobalSettings Current => _current;

    public async Task<GlobalSettings> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select unit_of_length::text, unit_of_temperature::text, unit_of_pressure::text, preferred_range::text, base_url, grafana_url, language, theme_mode
            from settings
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            throw new InvalidOperationException("The table settings has no row; it must have exactly one.");
        var settings = new GlobalSettings
        {
            UnitOfLength = reader.GetString(0) == "mi" ? UnitOfLength.Mi : UnitOfLength.Km,
            UnitOfTemperature = reader.GetString(1) == "F" ? UnitOfTemperature.F : UnitOfTemperature.C,
            UnitOfPressure = reader.GetString(2) == "psi" ? UnitOfPressure.Psi : UnitOfPressure.Bar,
            PreferredRange = reader.GetString(3) == "ideal" ? PreferredRange.Ideal : PreferredRange.Rated,
            BaseUrl = reader.Text(4),
            GrafanaUrl = reader.Text(5),
            Language = reader.GetString(6),
            ThemeMode = reader.GetString(7) switch { "light" => ThemeMode.Light, "dark" => ThemeMode.Dark, _ => ThemeMode.System },
        };
        return await reader.ReadAsync(cancellationToken)
            ? throw new InvalidOperationException("The table settings has several rows; it must have exactly one.")
            : settings;
    }

    public async Task<SettingsAnswer> ChangeAsync(GlobalSettings settings, CancellationToken cancellationToken)
    {
        List<FieldError> errors = [];
        var checkedSettings = settings with
        {
            BaseUrl = Check("base_url", settings.BaseUrl, errors),
            GrafanaUrl = Check("grafana_url", settings.GrafanaUrl, errors),
        };
        if (string.IsNullOrWhiteSpace(settings.Language))
            errors.Add(new("language", Problem.Blank));
        else if (!AddressLanguages.IsSupported(settings.Language))
            errors.Add(new("language", Problem.NotSupported));
        if (errors.Count > 0)
            return new SettingsAnswer.Refused(errors);

        var before = await ReadAsync(cancellationToken);
        IReadOnlyList<Statement> translated = [];
        if (checkedSettings.Language != before.Language)
        {
            // Before the transaction: the geocoder takes its time, and nothing may wait for it.
            switch (await translation.TranslateAsync(checkedSettings.Language, cancellationToken))
            {
                case TranslationAnswer.Failed(var reason):
                    return new SettingsAnswer.GeocoderFailed(reason);
                case TranslationAnswer.Translated(var statements):
                    translated = statements;
                    break;
            }
        }

        await _storing.WaitAsync(cancellationToken);
        try
        {
            var now = await ReadAsync(cancellationToken);
            // Asking for the addresses can take minutes; what was changed meanwhile stays.
            var stored = checkedSettings.Language == before.Language ? checkedSettings : Merge(before, checkedSettings, now);
            List<Statement> all = [.. translated, Update(stored)];
            if (stored.PreferredRange != now.PreferredRange)
                all.Add(EfficiencyStatements.DeriveAll());
            await using (var connection = await database.OpenConnectionAsync(cancellationToken))
            {
                foreach (var outcome in await DatabaseWriter.RunAsync(connection, all, Patience, cancellationToken))
                    aftermath.Handle(outcome);
            }

            Become(stored);
            return new SettingsAnswer.Changed(stored);
        }
        finally
        {
            _storing.Release();
        }
    }

    public void Dispose() => _storing.Dispose();

    public IAsyncEnumerable<GlobalSettings> WatchAsync(CancellationToken cancellationToken) => _watchers.WatchAsync(cancellationToken);

    public async Task RefreshAsync(CancellationToken cancellationToken) => Become(await ReadAsync(cancellationToken));

    static string? Check(string field, string? entered, List<FieldError> errors)
    {
        var (address, problem) = PageAddress.Read(entered);
        if (problem is not null)
            errors.Add(new(field, problem));
        return address;
    }

    /// <summary>What is stored now, with the fields in which <paramref name="wanted"/> differs from what it was made of.</summary>
    static GlobalSettings Merge(GlobalSettings before, GlobalSettings wanted, GlobalSettings now)
    {
        return new()
        {
            UnitOfLength = Pick(settings => settings.UnitOfLength),
            UnitOfTemperature = Pick(settings => settings.UnitOfTemperature),
            UnitOfPressure = Pick(settings => settings.UnitOfPressure),
            PreferredRange = Pick(settings => settings.PreferredRange),
            BaseUrl = Pick(settings => settings.BaseUrl),
            GrafanaUrl = Pick(settings => settings.GrafanaUrl),
            Language = Pick(settings => settings.Language),
            ThemeMode = Pick(settings => settings.ThemeMode),
        };

        T Pick<T>(Func<GlobalSettings, T> field) => EqualityComparer<T>.Default.Equals(field(wanted), field(before)) ? field(now) : field(wanted);
    }

    static Statement Update(GlobalSettings settings) => new(
        """
        update settings
        set unit_of_length = $1::unit_of_length, unit_of_temperature = $2::unit_of_temperature, unit_of_pressure = $3::unit_of_pressure,
            preferred_range = $4::range, base_url = $5, grafana_url = $6, language = $7, theme_mode = $8, updated_at = now() at time zone 'utc'
        where (unit_of_length::text, unit_of_temperature::text, unit_of_pressure::text, preferred_range::text, base_url::text, grafana_url::text, language, theme_mode)
            is distinct from ($1, $2, $3, $4, $5, $6, $7, $8)
        returning id
        """,
        [
            Value.Of(settings.UnitOfLength == UnitOfLength.Mi ? "mi" : "km"), Value.Of(settings.UnitOfTemperature == UnitOfTemperature.F ? "F" : "C"),
            Value.Of(settings.UnitOfPressure == UnitOfPressure.Psi ? "psi" : "bar"), Value.Of(settings.PreferredRange == PreferredRange.Ideal ? "ideal" : "rated"),
            Value.Of(settings.BaseUrl), Value.Of(settings.GrafanaUrl), Value.Of(settings.Language),
            Value.Of(settings.ThemeMode switch { ThemeMode.Light => "light", ThemeMode.Dark => "dark", _ => "system" }),
        ]);

    void Become(GlobalSettings settings)
    {
        if (settings == _current)
            return;
        _current = settings;
        _watchers.Tell(settings);
    }
}
