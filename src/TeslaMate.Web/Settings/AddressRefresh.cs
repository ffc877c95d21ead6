using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using TeslaMate.Logbook.Settings;

namespace TeslaMate.Web.Settings;

/// <summary>
/// A change of the addresses' language, which asks for every address again and goes on without the page that started it (spec web 6.3).
/// </summary>
sealed class AddressRefresh(IGlobalSettings settings, [FromKeyedServices(WebDatabase.Pages)] NpgsqlDataSource database,
    IHostApplicationLifetime lifetime)
{
    readonly Lock _lock = new();
    Task<SettingsAnswer>? _running;

    public bool IsRunning
    {
        get
        {
            lock (_lock)
                return _running is { IsCompleted: false };
        }
    }

    /// <summary>Starts the change, unless one is under way.</summary>
    public void Start(string language)
    {
        lock (_lock)
        {
            if (_running is not { IsCompleted: false })
                _running = settings.ChangeAsync(current => current with { Language = language }, lifetime.ApplicationStopping);
        }
    }

    /// <summary>What came of the last change, once; null while it runs, and when it was told already.</summary>
    public async Task<SettingsAnswer?> TakeAnswerAsync()
    {
        Task<SettingsAnswer>? ended;
        lock (_lock)
        {
            if (_running is not { IsCompleted: true })
                return null;
            (ended, _running) = (_running, null);
        }

        return await ended;
    }

    /// <summary>Whether a drive or charge still waits for its address; a new language would have to wait for that too.</summary>
    public async Task<bool> IsIncompleteAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select exists (
                select from public.drives
                where (start_address_id is null or end_address_id is null) and start_position_id is not null and end_position_id is not null)
              or exists (select from public.charging_processes where address_id is null)
            """);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
