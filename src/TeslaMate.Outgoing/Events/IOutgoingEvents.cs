namespace TeslaMate.Outgoing.Events;

/// <summary>Where the program says that something happened.</summary>
public interface IOutgoingEvents
{
    /// <summary>
    /// Takes an event, to be stored for every target that wants it and then sent. Never waits and never throws: it may be called on the path of
    /// logging. While the database is away a bounded number is kept; what is more loses the oldest, which is counted and logged.
    /// </summary>
    void Publish(OutgoingEvent happened);
}
