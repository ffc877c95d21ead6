namespace TeslaMate.Logbook;

/// <summary>The log of all cars. A car is written by one instance, the one that holds its lease (<see cref="Leases.ICarLeases"/>).</summary>
public interface ILogbook
{
    /// <summary>
    /// Writes the entries of one car, all or none, in order and exactly once. Returns when they are safe: committed in PostgreSQL, or, while that is
    /// away, on this machine's disk, from where they follow in order. An entry that the database can never accept is set aside with an error and
    /// does not stop the others. Calls for one car are carried out one after the other.
    /// </summary>
    /// <remarks>A cancelled call may still have written.</remarks>
    Task<WriteResult> WriteAsync(CarId car, IReadOnlyList<LogbookEntry> entries, CancellationToken cancellationToken);

    /// <summary>
    /// What is open for a car, to go on from at the start. Entries that waited on disk are written first; drives and charging processes that an
    /// earlier run left open long ago are closed at their last position or charge, so that at most one of each remains.
    /// </summary>
    /// <exception cref="Npgsql.NpgsqlException">The database is away.</exception>
    Task<OpenEntries> OpenEntriesAsync(CarId car, CancellationToken cancellationToken);
}

/// <summary>Where entries went.</summary>
public enum WriteResult
{
    /// <summary>Committed in PostgreSQL.</summary>
    Stored,

    /// <summary>On this machine's disk; they are written to PostgreSQL when it is back.</summary>
    Buffered,

    /// <summary>Another instance logs this car now, or no lease was acquired. Nothing was written; stop logging the car.</summary>
    NotOurs,

    /// <summary>The database is away and the disk is full or failing. The entries are lost; an error was logged.</summary>
    Lost,
}
