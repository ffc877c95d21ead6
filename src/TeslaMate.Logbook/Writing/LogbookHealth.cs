using System.Text.Json.Nodes;
using TeslaMate.Configuration.Health;
using TeslaMate.Logbook.Leases;
using TeslaMate.Logbook.Refused;

namespace TeslaMate.Logbook.Writing;

/// <summary>Whether what the cars do reaches the database.</summary>
sealed class LogbookHealth(CarLeases leases, Availability availability, IRefusedEntries refused) : IHealthReport
{
    public string Name => "logbook";

    public ValueTask<HealthFacts> ReadAsync(CancellationToken cancellationToken)
    {
        var logs = leases.Logs;
        var waiting = logs.Sum(log => log.WaitingBytes);
        var awaySince = availability.AwaySince;
        return ValueTask.FromResult(new HealthFacts(awaySince is null, new JsonObject
        {
            ["cars_leased"] = logs.Count,
            ["waiting_bytes"] = waiting,
            ["refused_entries"] = refused.Count,
            ["database_away_since"] = awaySince?.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
        })
        {
            Phrase = waiting > 0 ? "entries wait for the database"
                : refused.Count is > 0 and var count ? $"{count} entries were refused: teslamate retry-refused"
                : null,
            Measures =
            [
                new("teslamate_logbook_leased_cars", "Cars that this instance logs.", logs.Count),
                new("teslamate_logbook_waiting_bytes", "Entries on disk that wait for the database.", waiting),
                .. refused.Count is { } known ? [new("teslamate_logbook_refused_entries", "Entries that the database refused and that were not sent again.", known)] : (Measure[])[],
            ],
        });
    }
}
