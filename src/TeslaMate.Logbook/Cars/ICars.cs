namespace TeslaMate.Logbook.Cars;

/// <summary>The cars known to the database.</summary>
public interface ICars
{
    /// <summary>All cars by display priority, then number.</summary>
    Task<IReadOnlyList<Car>> ListAsync(CancellationToken cancellationToken);

    /// <returns>Null when there is no such car.</returns>
    Task<Car?> FindAsync(CarId car, CancellationToken cancellationToken);

    /// <summary>
    /// Finds the car of a vehicle of the account by VIN, then <c>vid</c>, then <c>eid</c>, and brings its name and numbers up to date; an unknown
    /// one is added.
    /// </summary>
    /// <param name="vehicle">As the account lists it.</param>
    /// <param name="newSuspendMin">The suspension of a car that is added (spec vehicle 2.2).</param>
    Task<CarAnswer> DiscoverAsync(DiscoveredVehicle vehicle, int newSuspendMin, CancellationToken cancellationToken);

    /// <summary>Replaces a car's settings and tells <see cref="WatchAsync"/> after the commit.</summary>
    /// <returns>Null when there is no such car.</returns>
    Task<Car?> ChangeSettingsAsync(CarId car, CarSettings settings, CancellationToken cancellationToken);

    /// <summary>Cars as they become after a change of their settings, by this instance or by another.</summary>
    IAsyncEnumerable<Car> WatchAsync(CancellationToken cancellationToken);
}

/// <summary>A vehicle of the account.</summary>
public sealed record DiscoveredVehicle(long? Eid, long? Vid, string? Vin, string? Name);

/// <summary>What came of a discovery. Closed.</summary>
public abstract record CarAnswer
{
    CarAnswer() { }

    public sealed record Found(Car Car, bool IsNew) : CarAnswer;

    /// <summary>The vehicle cannot be stored; the sentences name the fields (<c>vin: can't be blank</c>).</summary>
    public sealed record Refused(IReadOnlyList<FieldError> Errors) : CarAnswer;
}
