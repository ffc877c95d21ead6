namespace TeslaMate.Logbook.HistoryChanges;

/// <summary>
/// Changes drives and charging processes, and undoes whatever was changed, geofences too (spec api 2.6): every edit is one transaction together with
/// the record by which it is undone. The row of the car's log is held meanwhile, as a batch of the logger holds it, so neither sees half of the
/// other.
/// </summary>
public interface IHistoryEditor
{
    /// <summary>What an edit would change: it is made and taken back.</summary>
    Task<EditAnswer> PreviewAsync(HistoryEdit.OfEntries edit, CancellationToken cancellationToken);

    /// <param name="edit">What to change.</param>
    /// <param name="author">Who wants it, in words.</param>
    /// <param name="version">
    /// From a preview; refused as <see cref="EditProblem.Stale"/> when the rows are others by now. Null: whatever they are.
    /// </param>
    /// <param name="key">A repetition by the same author within 24 hours gives the same change and makes no second one; null for none.</param>
    Task<EditAnswer> ApplyAsync(HistoryEdit.OfEntries edit, string author, string? version, string? key, CancellationToken cancellationToken);

    /// <summary>What an edit with this key came to before (see <see cref="ApplyAsync"/>); null when there was none.</summary>
    Task<EditAnswer?> RepeatedAsync(HistoryEdit.OfEntries edit, string author, string key, CancellationToken cancellationToken);

    /// <summary>Gives the rows of a change back as they were, byte for byte; refused when anything touched them since.</summary>
    Task<EditAnswer> UndoAsync(long change, string author, CancellationToken cancellationToken);

    /// <summary>The changes that are kept, newest first.</summary>
    /// <param name="cars">Null for all, with the changes of geofences, which are of no car.</param>
    /// <param name="before">Only changes with lower numbers, for the next page; null for the first.</param>
    Task<IReadOnlyList<HistoryChange>> ListAsync(IReadOnlyList<CarId>? cars, long? before, int limit, CancellationToken cancellationToken);

    /// <returns>Null when there is no such change (any more).</returns>
    Task<HistoryDetail?> FindAsync(long change, CancellationToken cancellationToken);

    /// <summary>Which of these drives or charging processes there are, by the time of their beginning.</summary>
    Task<IReadOnlyList<HistoryEntry>> EntriesAsync(EntryKind kind, IReadOnlyList<int> ids, CancellationToken cancellationToken);

    /// <summary>The first position of a drive, or charge of a charging process, at a moment or after it; null when there is none.</summary>
    Task<int?> RowAtAsync(EntryKind kind, int id, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>The tags of drives or charging processes, in alphabetical order; those without are left out.</summary>
    Task<IReadOnlyDictionary<int, IReadOnlyList<string>>> TagsAsync(EntryKind kind, IReadOnlyList<int> ids, CancellationToken cancellationToken);
}
