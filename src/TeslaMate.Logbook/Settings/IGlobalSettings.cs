namespace TeslaMate.Logbook.Settings;

/// <summary>The settings of the installation, kept in memory and refreshed when anybody changes them.</summary>
public interface IGlobalSettings
{
    /// <summary>As last read; the defaults until the database answered once. Never waits.</summary>
    GlobalSettings Current { get; }

    /// <summary>Reads the row.</summary>
    Task<GlobalSettings> ReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Checks and stores what <paramref name="change"/> makes of the settings. A new preferred range derives all cars' efficiencies again, in the
    /// same transaction; a new language has the addresses asked for again first (which can take minutes), and a failure of that leaves everything as
    /// it was.
    /// </summary>
    /// <param name="change">
    /// Called twice, the second time with the row as it is when nobody else can change it any more: fields that it leaves alone keep what others
    /// have stored meanwhile.
    /// </param>
    Task<SettingsAnswer> ChangeAsync(Func<GlobalSettings, GlobalSettings> change, CancellationToken cancellationToken);

    /// <summary>Settings as they become after a change, by this instance or by another.</summary>
    IAsyncEnumerable<GlobalSettings> WatchAsync(CancellationToken cancellationToken);
}

/// <summary>What came of a change of settings. Closed.</summary>
public abstract record SettingsAnswer
{
    SettingsAnswer() { }

    public sealed record Changed(GlobalSettings Settings) : SettingsAnswer;

    public sealed record Refused(IReadOnlyList<FieldError> Errors) : SettingsAnswer;

    /// <summary>The addresses could not be had in the new language.</summary>
    public sealed record GeocoderFailed(string Reason) : SettingsAnswer;
}
