using TeslaMate.Logbook.HistoryChanges;

namespace TeslaMate.Logbook.Geofences;

/// <summary>The geofences: kept in memory for the cars, edited by the pages (spec logbook 9).</summary>
public interface IGeofences
{
    /// <summary>
    /// The fence whose centre is nearest among those that contain the point; null when none does. Works from memory and never waits.
    /// </summary>
    Geofence? Find(double latitude, double longitude);

    /// <summary>All fences, by the bytes of their names.</summary>
    Task<IReadOnlyList<Geofence>> ListAsync(CancellationToken cancellationToken);

    /// <returns>Null when there is no such fence.</returns>
    Task<Geofence?> FindAsync(GeofenceId geofence, CancellationToken cancellationToken);

    /// <summary>
    /// How many charging processes without cost would get one if the form were saved with "add costs retroactively"; 0 when there is nothing to ask
    /// (spec logbook 9.4), also when the form is not valid.
    /// </summary>
    /// <param name="geofence">Null for a new fence.</param>
    Task<int> CountWithoutCostAsync(GeofenceId? geofence, GeofenceForm form, CancellationToken cancellationToken);

    /// <summary>
    /// Checks and stores a fence, and reassigns the drives and charging processes of all cars whose ends it gains or loses, in one transaction.
    /// </summary>
    /// <param name="geofence">Null for a new fence.</param>
    /// <param name="addCosts">Whether charging processes of this fence without cost get one (spec logbook 9.5).</param>
    /// <param name="order">
    /// Who wants it, and what has to be there still. It becomes a change of the history, which can be undone (spec api 2.6), unless everything is
    /// like that already.
    /// </param>
    /// <returns><c>Saved</c>, <c>Refused</c>, <c>NotFound</c>, <c>KeyReused</c>, <c>Changed</c> or <c>Busy</c>.</returns>
    Task<GeofenceAnswer> SaveAsync(
        GeofenceId? geofence, GeofenceForm form, bool addCosts, GeofenceOrder order, CancellationToken cancellationToken);

    /// <summary>Deletes a fence; what it held goes to the fences below it.</summary>
    /// <param name="order">As of <see cref="SaveAsync"/>.</param>
    /// <returns><c>Deleted</c>, <c>NotFound</c>, <c>Changed</c> or <c>Busy</c>.</returns>
    Task<GeofenceAnswer> DeleteAsync(GeofenceId geofence, GeofenceOrder order, CancellationToken cancellationToken);

    /// <summary>What saving a fence would change: it is saved and taken back.</summary>
    /// <returns><c>Previewed</c>, without rows when everything is like that already, <c>Refused</c>, <c>NotFound</c> or <c>Busy</c>.</returns>
    Task<GeofenceAnswer> PreviewAsync(GeofenceId? geofence, GeofenceForm form, bool addCosts, CancellationToken cancellationToken);

    /// <summary>What deleting a fence would change.</summary>
    /// <returns><c>Previewed</c>, <c>NotFound</c> or <c>Busy</c>.</returns>
    Task<GeofenceAnswer> PreviewDeletionAsync(GeofenceId geofence, CancellationToken cancellationToken);

    /// <summary>Where a map of a new fence is centred: the position with the highest number; null in an empty database.</summary>
    Task<(double Latitude, double Longitude)?> LastPositionAsync(CancellationToken cancellationToken);
}

/// <summary>Who changes a geofence, and on which conditions.</summary>
/// <param name="Author">In words, as the list of changes names him: <c>pages</c>, <c>token kitchen tablet</c>.</param>
public sealed record GeofenceOrder(string Author)
{
    /// <summary>The fence as the editor saw it: nothing is changed when it is another one by now. Null to change whatever it is.</summary>
    public Geofence? Seen { get; init; }

    /// <summary>From a preview: nothing is changed when the rows are others by now. Null to change whatever they are.</summary>
    public string? Version { get; init; }

    /// <summary>A repetition by the same author within 24 hours gives the same fence and makes no second one; null for none.</summary>
    public string? Key { get; init; }
}

/// <summary>What came of saving or deleting a geofence. Closed.</summary>
public abstract record GeofenceAnswer
{
    GeofenceAnswer() { }

    public sealed record Saved(Geofence Geofence) : GeofenceAnswer;

    public sealed record Refused(IReadOnlyList<FieldError> Errors) : GeofenceAnswer;

    public sealed record NotFound : GeofenceAnswer;

    public sealed record Deleted : GeofenceAnswer;

    /// <summary>Somebody changed it after the editor had seen it; nothing was done.</summary>
    public sealed record Changed : GeofenceAnswer;

    /// <summary>Somebody else writes what it touches; nothing was done, and it can be tried again.</summary>
    public sealed record Busy : GeofenceAnswer;

    /// <summary>The key belongs to another change; nothing was done.</summary>
    public sealed record KeyReused : GeofenceAnswer;

    /// <summary>Nothing was done.</summary>
    public sealed record Previewed(HistoryDetail Detail) : GeofenceAnswer;
}
