namespace TeslaMate.Logbook.Writing;

/// <summary>What an exception of a write says about repeating it.</summary>
enum DatabaseFailure
{
    /// <summary>The server cannot be asked or cannot do it now; the same may well succeed later. It may also have succeeded.</summary>
    Away,

    /// <summary>The server refuses these very values and always will.</summary>
    BadData,

    /// <summary>The car belongs to another instance.</summary>
    NotOurs,

    /// <summary>The batch is written already; only its acknowledgement was lost.</summary>
    Repeated,
}

static class DatabaseFailures
{
    /// <summary>
    /// Only data exceptions and violated constraints count as bad data. Whatever else a server says (shutting down, read only, disk full, a missing
    /// table, a wrong password) is a state of affairs that somebody mends, and no reason to drop what a car did.
    /// </summary>
    public static DatabaseFailure Kind(Exception exception) => exception switch
    {
        PostgresException { SqlState: "TM001" } => DatabaseFailure.NotOurs,
        PostgresException { SqlState: "TM002" } => DatabaseFailure.Repeated,
        // A sequence at its end is no fault of the entry.
        PostgresException { SqlState: "2200H" } => DatabaseFailure.Away,
        PostgresException { SqlState: ['2', '2' or '3', ..] } => DatabaseFailure.BadData,
        _ => DatabaseFailure.Away,
    };
}
