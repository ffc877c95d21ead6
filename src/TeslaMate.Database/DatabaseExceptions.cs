using System.Net.Sockets;
using Npgsql;

namespace TeslaMate.Database;

/// <summary>What exceptions of database calls mean.</summary>
public static class DatabaseExceptions
{
    /// <summary>Whether this is a failure of the database at all, and not a bug or a cancellation.</summary>
    public static bool IsDatabaseFailure(this Exception exception)
        => exception is NpgsqlException or SocketException or IOException or TimeoutException;

    /// <summary>Why the database did not answer, or refused: in the server's words, else in those of what lies below Npgsql.</summary>
    public static string Reason(this Exception exception)
        => exception is PostgresException server ? server.MessageText : (exception.InnerException ?? exception).Message;
}
