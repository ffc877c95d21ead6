namespace TeslaMate.Backups;

/// <summary>
/// Makes the new database of a restore, and takes it away again unless it is kept. Whoever may do that on the server, which need not be the role that
/// the database belongs to.
/// </summary>
interface IRestoreDatabases : IAsyncDisposable
{
    /// <summary>Begins a restore; there is one at a time. Clears away what killed ones have left.</summary>
    /// <param name="neededBytes">How much the new database may need; null when that cannot be told.</param>
    /// <returns>The name of the new, empty database, with the extensions in it.</returns>
    /// <exception cref="RestoreException">It cannot begin.</exception>
    Task<string> BeginAsync(long? neededBytes, CancellationToken cancellationToken);

    /// <summary>From now on the new database stays, whatever happens.</summary>
    Task KeepAsync(CancellationToken cancellationToken);
}
