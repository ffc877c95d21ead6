using Microsoft.Extensions.Logging;
using TeslaMate.Logbook.Cars;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles.Feeds;
using TeslaMate.Vehicles.Identification;

namespace TeslaMate.Vehicles.Supervision;

/// <summary>The cars to be logged, and how sure that is.</summary>
/// <param name="IsListed">Tesla listed them; otherwise they are the stored ones, and the list is worth another try.</param>
/// <param name="NotBefore">How long Tesla wants to be left alone.</param>
sealed record DiscoveredCars(IReadOnlyList<Car> Cars, bool IsListed, TimeSpan NotBefore = default);

/// <summary>Finds the account's cars and their rows (spec vehicle 2.1 and 2.2).</summary>
/// <param name="telemetry">What cars send by themselves, with the ledger of requests; null where none can.</param>
sealed partial class CarDiscovery(ITeslaApi api, ICars cars, ILogger<CarDiscovery> logger, ITelemetryFeeds? telemetry = null)
{
    public async Task<IReadOnlyList<Car>> StoredAsync(CancellationToken cancellationToken) => await cars.ListAsync(cancellationToken);

    /// <param name="reason">Why the cars are listed; kept in the ledger of requests.</param>
    public async Task<DiscoveredCars> FindAsync(string reason, CancellationToken cancellationToken)
    {
        var stored = await cars.ListAsync(cancellationToken);
        switch (await ListAsync(stored, reason, cancellationToken))
        {
            case ApiAnswer<IReadOnlyList<VehicleListing>>.Ok({ Count: > 0 } listings):
                return new DiscoveredCars(await RowsAsync(stored, listings, cancellationToken), IsListed: true);
            case ApiAnswer<IReadOnlyList<VehicleListing>>.Ok:
                Log.NoCarsListed(logger, stored.Count);
                break;
            case ApiAnswer<IReadOnlyList<VehicleListing>>.Failed(ApiError.NotSignedIn):
                break;
            case ApiAnswer<IReadOnlyList<VehicleListing>>.Failed(ApiError.RateLimited(var pause) limit):
                Log.ListFailed(logger, limit.Message, stored.Count);
                return new DiscoveredCars(stored, IsListed: false, pause);
            case ApiAnswer<IReadOnlyList<VehicleListing>>.Failed(var error):
                Log.ListFailed(logger, error.Message, stored.Count);
                break;
        }

        return new DiscoveredCars(stored, IsListed: false);
    }

    /// <summary>Whether every car of a list sends its data by itself, so that only the list is left to be asked for.</summary>
    public async Task<bool> AreStreamingAsync(IReadOnlyList<Car> found, CancellationToken cancellationToken)
    {
        if (telemetry is null || found.Count == 0)
            return false;
        foreach (var car in found)
        {
            if (!await telemetry.IsConfiguredAsync(car, cancellationToken))
                return false;
        }

        return true;
    }

    async Task<ApiAnswer<IReadOnlyList<VehicleListing>>> ListAsync(IReadOnlyList<Car> stored, string reason, CancellationToken cancellationToken)
    {
        var entry = telemetry is null ? null : await telemetry.AskingAsync(AccountRequest.List, reason, cancellationToken);
        var answer = await api.ListAsync(listing => Find(stored, listing) is null, cancellationToken);
        if (entry is { } number)
            await telemetry!.AnsweredAsync(number, answer.HttpStatus, cancellationToken);
        if (telemetry is not null && answer is ApiAnswer<IReadOnlyList<VehicleListing>>.Ok(var listings))
        {
            foreach (var status in listings.Select(listing => listing.StateStatus).OfType<int>())
            {
                if (await telemetry.AskingAsync(AccountRequest.NewCar, "new car", cancellationToken) is { } full)
                    await telemetry.AnsweredAsync(full, status, cancellationToken);
            }
        }

        return answer;
    }

    async Task<IReadOnlyList<Car>> RowsAsync(IReadOnlyList<Car> stored, IReadOnlyList<VehicleListing> listings, CancellationToken cancellationToken)
    {
        List<Car> found = [];
        // A car that is listed twice is the first of them; the row would change to and fro.
        foreach (var listing in listings.DistinctBy(listing => listing.Vin))
        {
            var known = Find(stored, listing);
            var vehicle = new DiscoveredVehicle(listing.Id.Value, listing.VehicleId.Value, listing.Vin, listing.Data.Name ?? known?.Name);
            switch (await cars.DiscoverAsync(vehicle, CarIdentification.SuspendMin(listing.Data, listing.Vin), cancellationToken))
            {
                case CarAnswer.Found(var car, var isNew):
                    if (isNew)
                        Log.NewCar(logger, car.Id.Value, car.Name);
                    if (found.TrueForAll(earlier => earlier.Id != car.Id))
                        found.Add(car);
                    break;
                case CarAnswer.Refused(var errors):
                    Log.CarRefused(logger, listing.Data.Name, string.Join("; ", errors));
                    break;
            }
        }

        return found;
    }

    static Car? Find(IReadOnlyList<Car> stored, VehicleListing listing) =>
        stored.FirstOrDefault(car => car.Vin == listing.Vin)
        ?? stored.FirstOrDefault(car => car.Vid == listing.VehicleId.Value)
        ?? stored.FirstOrDefault(car => car.Eid == listing.Id.Value);

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} is new: {Name}")]
        public static partial void NewCar(ILogger logger, short carId, string? name);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Tesla lists no cars; going on with the {Count} stored ones")]
        public static partial void NoCarsListed(ILogger logger, int count);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The account's cars cannot be listed ({Reason}); going on with the {Count} stored ones")]
        public static partial void ListFailed(ILogger logger, string reason, int count);

        [LoggerMessage(Level = LogLevel.Error, Message = "The car {Name} of the account cannot be stored: {Problems}")]
        public static partial void CarRefused(ILogger logger, string? name, string problems);
    }
}
