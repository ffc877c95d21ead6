using System.Net.Sockets;
using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>What a person can do about an error of the server or of the way there.</summary>
static class Remedies
{
    public const string EndSession = "End that session (as an administrator: select pg_terminate_backend(<process>)) and run the same command again.";

    /// <summary>Why a verb ended that wants more of the database than a connection.</summary>
    public static string InOneLine(NpgsqlException exception, DatabaseSettings settings)
    {
        if (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedFunction
            or PostgresErrorCodes.InvalidSchemaName)
            return $"The {settings} is not up to date: {Message(exception)}. Run: teslamate migrate";
        // Classes 28, 3D and 53 end an attempt to connect, as a server does that starts or stops.
        if (exception.SqlState is not (null or ['2', '8', ..] or ['3', 'D', ..] or ['5', '3', ..] or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.InsufficientPrivilege))
            return $"{settings}: {Message(exception)}";
        var (cause, remedy, _) = ForConnecting(exception, settings);
        return $"{cause}. {remedy}";
    }

    public static PreflightError ForConnecting(NpgsqlException exception, DatabaseSettings settings)
    {
        var cause = exception is PostgresException { TableName: not null }
            or PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege, Routine: "aclcheck_error" }
            ? $"The role {settings.User} cannot see the {settings}: {Message(exception)}"
            : $"No connection to {settings} as {settings.User}: {Message(exception)}";
        return new PreflightError(cause, exception.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword => "Check DATABASE_USER and DATABASE_PASS (or the file named by DATABASE_PASS_FILE).",
            PostgresErrorCodes.InvalidAuthorizationSpecification =>
                "Check DATABASE_USER, and whether the server's pg_hba.conf lets this role in from here. "
                    + $"To make the role: create role \"{settings.User}\" login;",
            PostgresErrorCodes.InvalidCatalogName =>
                $"Check DATABASE_NAME, or have an administrator run: create database \"{settings.Name}\" owner \"{settings.User}\";",
            PostgresErrorCodes.InsufficientPrivilege => $"Have an administrator make \"{settings.User}\" the owner of the database "
                + $"\"{settings.Name}\" and its tables, or grant it what is missing.",
            PostgresErrorCodes.CannotConnectNow => "The server is starting or stopping; try again in a moment.",
            PostgresErrorCodes.TooManyConnections => "The server has no connection left; close some, or raise its max_connections.",
            _ => ForTheWay(exception, settings),
        });
    }

    static string ForTheWay(NpgsqlException exception, DatabaseSettings settings) => exception.InnerException switch
    {
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => "Check DATABASE_HOST.",
        SocketException or FileNotFoundException when settings.Host.StartsWith('/') =>
            "Check DATABASE_SOCKET_DIR and DATABASE_PORT, and that PostgreSQL runs.",
        SocketException or TimeoutException => "Check DATABASE_HOST and DATABASE_PORT, and that PostgreSQL runs and listens there.",
        System.Security.Authentication.AuthenticationException => "Check DATABASE_SSL and DATABASE_SSL_CA_CERT_FILE.",
        _ when exception.Message.Contains("SSL", StringComparison.Ordinal) =>
            "Check DATABASE_SSL: the server and this program disagree about encryption.",
        _ => "Check the DATABASE_* variables.",
    };

    /// <summary>What to do after a version failed; the database is as it was before that version.</summary>
    public static string ForFailure(NpgsqlException exception) => exception.SqlState switch
    {
        PostgresErrorCodes.DiskFull or PostgresErrorCodes.OutOfMemory or PostgresErrorCodes.InsufficientResources =>
            "Make room on the server and run the same command again.",
        PostgresErrorCodes.InsufficientPrivilege =>
            "Have an administrator grant the missing right, or make the role the owner of the object, and run the same command again.",
        PublicSchemaCheck.Intrusion =>
            "Do so, keep others from making such things (revoke create on schema public from them), and run the same command again.",
        PostgresErrorCodes.ReadOnlySqlTransaction => "Connect to the primary server, and with a role that may write.",
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow =>
            "The server stopped, or ended the session. Run the same command again when it is back; what was finished stays.",
        PostgresErrorCodes.QueryCanceled => "Somebody cancelled the statement. Run the same command again.",
        PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.DuplicateColumn =>
            "The name is taken by something that was added by hand: rename or drop that, and run the same command again.",
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedObject =>
            "The schema is not what its version promises: teslamate status --check lists the differences. Mend them and run the same command again.",
        PostgresErrorCodes.DependentObjectsStillExist =>
            "Something that others added uses what is to be changed: drop it, run the same command again, and add it anew.",
        ['2', '2' or '3', ..] => "Correct the rows in question and run the same command again.",
        null => "The connection was lost. Run the same command again when the server can be reached; what was finished stays.",
        _ => "See the server's log; run the same command again when the cause is gone.",
    };

    public static string Message(NpgsqlException exception) => exception is PostgresException postgres
        ? $"{postgres.MessageText}{(postgres.Detail is { Length: > 0 } detail ? $" ({detail})" : "")}"
            + (postgres.Hint is { Length: > 0 } hint ? $" {hint}" : "")
        : exception.InnerException is { } inner and not NpgsqlException && inner.Message != exception.Message
            ? $"{exception.Message}: {inner.Message}" : exception.Message;
}
