using TeslaMate.Logbook.Leases;
using TeslaMate.Logbook.Resuming;

namespace TeslaMate.Logbook;

sealed class CarLogbook(CarLeases leases, OpenEntryQueries open) : ILogbook
{
    public async Task<WriteResult> WriteAsync(CarId car, IReadOnlyList<LogbookEntry> entries, CancellationToken cancellationToken)
        => leases.LogOf(car) is { } log ? await log.WriteAsync(entries, cancellationToken) : WriteResult.NotOurs;

    public async Task<OpenEntries> OpenEntriesAsync(CarId car, CancellationToken cancellationToken)
    {
        var log = leases.LogOf(car) ?? throw new InvalidOperationException($"The lease of car {car} is not held.");
        await log.DrainAsync(number => open.AdoptAsync(car, number, cancellationToken), cancellationToken);
        return await open.ReadAsync(car, cancellationToken);
    }
}
