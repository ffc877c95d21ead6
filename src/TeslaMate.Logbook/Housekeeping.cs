namespace TeslaMate.Logbook;

/// <summary>
/// The jobs that have nothing to do with cars: leases run out by the database's clock, and a database that is back is looked for every few seconds,
/// also where the cars' time is another one, as in a demo.
/// </summary>
public static class Housekeeping
{
    /// <summary>
    /// The key of the <see cref="TimeProvider"/> that these jobs go by; registered again after the logbook, another one takes its place.
    /// </summary>
    public const string Clock = "housekeeping";
}
