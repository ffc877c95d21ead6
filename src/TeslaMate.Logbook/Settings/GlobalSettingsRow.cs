using TeslaMate.Configuration;
using TeslaMate.Logbook.Addresses;
using TeslaMate.Logbook.Charging;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Settings;

sealed class GlobalSettingsRow(NpgsqlDataSource database, AddressTranslation translation, PostCommitEffects effects) : IGlobalSettings
{
    static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(1);

    readonly Broadcast<GlobalSettings> _watchers = new(capacity: 1000);
    volatile GlobalSettings _current = new();

    public GlobalSettings Current => _current;

    public async Task<GlobalSettings> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await ReadAsync(connection, "", cancellationToken);
    }

    public async Task<SettingsAnswer> ChangeAsync(Func<GlobalSettings, GlobalSettings> change, CancellationToken cancellationToken)
    {
        var before = await ReadAsync(cancellationToken);
        var (wanted, errors) = Check(change(before));
        if (errors.Count > 0)
            return new SettingsAnswer.Refused(errors);

        IReadOnlyList<Statement> translated = [];
        if (wanted.Language != before.Language)
        {
            // Before the transaction: the geocoder takes its time, and nothing may wait for it.
            switch (await translation.TranslateAsync(wanted.Language, cancellationToken))
            {
                case TranslationAnswer.Failed(var reason):
                    return new SettingsAnswer.GeocoderFailed(reason);
                case TranslationAnswer.Translated(var statements):
                    translated = statements;
                    break;
            }
        }

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var now = await ReadAsync(connection, "for update", cancellationToken);
        var (stored, _) = Check(change(now));
        List<Statement> all = [.. translated, Update(stored)];
        if (stored.PreferredRange != now.PreferredRange)
            all.Add(EfficiencyStatements.DeriveAll());
        var outcomes = await DatabaseWriter.RunAsync(connection, all, CommandTimeout, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        foreach (var outcome in outcomes)
            effects.Handle(outcome);
        Become(stored);
        return new SettingsAnswer.Changed(stored);
    }

    public IAsyncEnumerable<GlobalSettings> WatchAsync(CancellationToken cancellationToken) => _watchers.WatchAsync(cancellationToken);

    public async Task RefreshAsync(CancellationToken cancellationToken) => Become(await ReadAsync(cancellationToken));

    static (GlobalSettings Settings, IReadOnlyList<FieldError> Errors) Check(GlobalSettings settings)
    {
        List<FieldError> errors = [];
        var tidied = settings with { BaseUrl = Address("base_url", settings.BaseUrl), GrafanaUrl = Address("grafana_url", settings.GrafanaUrl) };
        if (string.IsNullOrWhiteSpace(settings.Language))
            errors.Add(new("language", Problem.Blank));
        else if (!AddressLanguages.IsSupported(settings.Language))
            errors.Add(new("language", Problem.NotSupported));
        return (tidied, errors);

        string? Address(string field, string? entered)
        {
            var (address, problem) = PageAddress.Read(entered);
            if (problem is not null)
                errors.Add(new(field, problem));
            return address;
        }
    }

    /// <param name="lockingClause">Empty, or <c>for update</c> in a transaction.</param>
    static async Task<GlobalSettings> ReadAsync(NpgsqlConnection connection, string lockingClause, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            select unit_of_length::text, unit_of_temperature::text, unit_of_pressure::text, preferred_range::text, base_url, grafana_url, language,
                theme_mode
            from public.settings
            {lockingClause}
            """,
            connection);
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

    static Statement Update(GlobalSettings settings) => new(
        """
        update public.settings
        set unit_of_length = $1::public.unit_of_length, unit_of_temperature = $2::public.unit_of_temperature,
            unit_of_pressure = $3::public.unit_of_pressure,
            preferred_range = $4::public.range, base_url = $5, grafana_url = $6, language = $7, theme_mode = $8, updated_at = now() at time zone 'utc'
        where (unit_of_length::text, unit_of_temperature::text, unit_of_pressure::text, preferred_range::text, base_url::text, grafana_url::text,
            language, theme_mode)
            is distinct from ($1, $2, $3, $4, $5, $6, $7, $8)
        returning id
        """,
        [
            Value.Of(settings.UnitOfLength == UnitOfLength.Mi ? "mi" : "km"), Value.Of(settings.UnitOfTemperature == UnitOfTemperature.F ? "F" : "C"),
            Value.Of(settings.UnitOfPressure == UnitOfPressure.Psi ? "psi" : "bar"),
            Value.Of(settings.PreferredRange == PreferredRange.Ideal ? "ideal" : "rated"),
            Value.Of(settings.BaseUrl), Value.Of(settings.GrafanaUrl), Value.Of(settings.Language),
            Value.Of(settings.ThemeMode switch { ThemeMode.Light => "light", ThemeMode.Dark => "dark", _ => "system" }),
        ]);

    void Become(GlobalSettings settings)
    {
        if (settings == _current)
            return;
        _current = settings;
        _watchers.Publish(settings);
    }
}
