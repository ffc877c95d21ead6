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
    /// <param name="seen">The fence as the editor saw it: nothing is changed when it is another one by now. Null to change whatever it is.</param>
    /// <returns><c>Saved</c>, <c>Refused</c>, <c>NotFound</c> or, if <paramref name="seen"/> is given, <c>Changed</c>.</returns>
    Task<GeofenceAnswer> SaveAsync(
        GeofenceId? geofence, GeofenceForm form, bool addCosts, Geofence? seen, CancellationToken cancellationToken);

    /// <summary>Deletes a fence; what it held goes to the fences below it.</summary>
    /// <param name="seen">As of <see cref="SaveAsync"/>.</param>
    /// <returns><c>Deleted</c>, <c>NotFound</c> or, if <paramref name="seen"/> is given, <c>Changed</c>.</returns>
    Task<GeofenceAnswer> DeleteAsync(GeofenceId geofence, Geofence? seen, CancellationToken cancellationToken);

    /// <summary>Where a map of a new fence is centred: the position with the highest number; null in an empty database.</summary>
    Task<(double Latitude, double Longitude)?> LastPositionAsync(CancellationToken cancellationToken);
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
}
