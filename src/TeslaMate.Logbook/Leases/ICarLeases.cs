namespace TeslaMate.Logbook.Leases;

/// <summary>
/// Sees to it that each car is logged by one instance only, however many share a database. A lease runs out 20 s after its last renewal by the
/// database's clock; a held one is renewed every 5 s. While the database is away a held lease stays in force here, because nobody else can take it
/// either; when it is back, the holder comes first. Of an instance that is gone, what waited in a folder of the same machine is taken over with the
/// car.
/// </summary>
public interface ICarLeases
{
    /// <summary>Acquires the lease of a car, if no other living instance holds it.</summary>
    /// <returns>Null when another instance holds it; ask again every few seconds.</returns>
    /// <exception cref="Npgsql.NpgsqlException">The database is away.</exception>
    Task<CarLease?> TryAcquireAsync(CarId car, CancellationToken cancellationToken);
}

/// <summary>The right to log a car; disposal gives it back at once.</summary>
public abstract class CarLease : IAsyncDisposable
{
    public abstract CarId Car { get; }

    /// <summary>Cancelled when another instance took the car over (this one was stalled or cut off from the database for too long).</summary>
    public abstract CancellationToken Lost { get; }

    public abstract ValueTask DisposeAsync();
}
