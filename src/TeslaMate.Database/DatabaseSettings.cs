using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;
using TeslaMate.Configuration;

namespace TeslaMate.Database;

/// <summary>How the connection to PostgreSQL is protected.</summary>
public abstract record DatabaseTls
{
    DatabaseTls() { }

    /// <summary>Plain text, as on a unix socket or a private network.</summary>
    public sealed record Off : DatabaseTls;

    /// <summary>Encrypted, but the server is not asked who it is. <paramref name="ServerName"/> is sent in the TLS greeting.</summary>
    public sealed record Unverified(string ServerName) : DatabaseTls;

    /// <summary>Encrypted; the server's certificate must be signed by one in <paramref name="CertificateFile"/> (PEM) and name the host.</summary>
    public sealed record Verified(string CertificateFile) : DatabaseTls;
}

/// <summary>Where the database is and how to get in: the reference's <c>DATABASE_*</c> variables (spec deployment 2.1), parsed and checked.</summary>
public sealed record DatabaseSettings
{
    // The address of a socket has 107 bytes, of which the server's own name takes some.
    const int LongestSocketFolder = 107 - 20;

    /// <summary>A host name, an IP address, or the folder of a unix socket (then it starts with a slash).</summary>
    public required string Host { get; init; }

    public int Port { get; init; } = 5432;

    public required string Name { get; init; }

    public required string User { get; init; }

    /// <summary>Null only on a unix socket, where the server may know who is asking.</summary>
    public Secret? Password { get; init; }

    /// <summary>The most connections that are open at once.</summary>
    public int PoolSize { get; init; } = 10;

    /// <summary>The longest that one statement of the running program may take. Migrations have no such limit.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);

    public DatabaseTls Tls { get; init; } = new DatabaseTls.Off();

    /// <summary>
    /// Reads the variables; what is wrong with them is in <see cref="Variables.Problems"/> afterwards, and the result must not be used then.
    /// </summary>
    public static DatabaseSettings Read(Variables variables)
    {
        var socket = variables.Text("DATABASE_SOCKET_DIR");
        if (socket is not null && !socket.StartsWith('/'))
        {
            variables.Problem($"DATABASE_SOCKET_DIR is \"{socket}\", which is not an absolute path. Example: DATABASE_SOCKET_DIR=/run/postgresql");
            socket = "/" + socket;
        }
        else if (Encoding.UTF8.GetByteCount(socket ?? "") > LongestSocketFolder)
            variables.Problem($"DATABASE_SOCKET_DIR is \"{socket}\", which is too long for a socket. Example: DATABASE_SOCKET_DIR=/run/postgresql");

        return new DatabaseSettings
        {
            Host = socket ?? HostOf(variables),
            Port = variables.Port("DATABASE_PORT", fallback: 5432),
            Name = variables.Required("DATABASE_NAME", example: "teslamate"),
            User = socket is null ? variables.Required("DATABASE_USER", example: "teslamate") : UserOnSocket(variables),
            Password = socket is null ? RequiredPassword(variables) : PasswordOf(variables) ?? variables.Secret("PGPASSWORD"),
            PoolSize = variables.Whole("DATABASE_POOL_SIZE", fallback: 10, least: 1, most: 1000),
            Timeout = TimeSpan.FromMilliseconds(variables.Whole("DATABASE_TIMEOUT", fallback: 60_000, least: 1, most: 86_400_000)),
            Tls = ReadTls(variables, onSocket: socket is not null),
        };
    }

    /// <summary>A data source for these settings; whoever builds it disposes it.</summary>
    /// <param name="configure">Changes of the connection's settings, such as another name of the application.</param>
    public NpgsqlDataSource CreateDataSource(Action<NpgsqlConnectionStringBuilder>? configure = null)
    {
        // With only those types that the program needs, which makes the first connection quick.
        var builder = new NpgsqlSlimDataSourceBuilder();
        Describe(builder.ConnectionStringBuilder);
        configure?.Invoke(builder.ConnectionStringBuilder);
        builder.EnableArrays();
        if (Tls is not DatabaseTls.Off)
            builder.EnableTransportSecurity();
        if (Tls is DatabaseTls.Unverified(var serverName))
            builder.UseSslClientAuthenticationOptionsCallback(options => options.TargetHost = serverName);
        return builder.Build();
    }

    /// <summary>Connections for migrations: one at a time, without time limits.</summary>
    internal NpgsqlDataSource CreateMigrationDataSource() => CreateDataSource(connection =>
    {
        connection.ApplicationName = "teslamate migrate";
        connection.Pooling = false;
        connection.CommandTimeout = 0;
    });

    /// <summary>What went wrong with a statement, or on the way to the server, and what to do about it: one line.</summary>
    public string Explain(NpgsqlException exception) => Migrations.Remedies.InOneLine(exception, this);

    /// <summary>Where this leads, for messages; holds no secret.</summary>
    public override string ToString()
        => Host.StartsWith('/') ? $"database {Name} on socket {Host}/.s.PGSQL.{Port}" : $"database {Name} on {Host}:{Port}";

    internal void Describe(NpgsqlConnectionStringBuilder connection)
    {
        connection.ApplicationName = "teslamate";
        connection.Host = Host;
        connection.Port = Port;
        connection.Database = Name;
        connection.Username = User;
        connection.Password = Password?.Reveal();
        // A refresh of the tokens holds a lock on one connection while it reads and writes on another.
        connection.MaxPoolSize = Math.Max(PoolSize, 2);
        connection.CommandTimeout = (int)Math.Ceiling(Timeout.TotalSeconds);
        // The schema's columns have no zone and hold UTC.
        connection.Timezone = "UTC";
        // Nothing but PostgreSQL's own is found without its schema: in public, where others may be allowed to create, a function or operator
        // whose arguments fit better would win over the built-in one, and run with this role's rights.
        connection.SearchPath = "pg_catalog, pg_temp";
        connection.IncludeErrorDetail = true;
        connection.SslMode = SslMode.Disable;
        if (Tls is DatabaseTls.Unverified)
            connection.SslMode = SslMode.Require;
        if (Tls is DatabaseTls.Verified(var certificateFile))
        {
            connection.SslMode = SslMode.VerifyFull;
            connection.RootCertificate = certificateFile;
        }

        if (!Host.StartsWith('/'))
        {
            // A router between us and the server forgets idle connections without telling.
            connection.TcpKeepAlive = true;
            connection.TcpKeepAliveTime = 30;
            connection.TcpKeepAliveInterval = 10;
        }
    }

    static string HostOf(Variables variables)
    {
        var host = variables.Required("DATABASE_HOST", example: "localhost");
        if (host.Trim('[', ']', ' ') is { Length: > 0 } known)
            return known;
        variables.Problem($"DATABASE_HOST is \"{host}\", which names no host. Example: DATABASE_HOST=localhost");
        return "localhost";
    }

    static string UserOnSocket(Variables variables)
        => variables.Text("DATABASE_USER") ?? variables.Text("PGUSER") ?? variables.Text("USER") ?? Environment.UserName;

    static Secret? PasswordOf(Variables variables) => variables.Secret("DATABASE_PASS");

    static Secret? RequiredPassword(Variables variables)
    {
        var problems = variables.Problems.Count;
        var password = PasswordOf(variables);
        if (password is null && variables.Problems.Count == problems)
        {
            variables.Problem("Neither DATABASE_PASS nor DATABASE_PASS_FILE is set, nor is there a credential database-pass. "
                + "Example: DATABASE_PASS_FILE=/run/secrets/database-pass");
        }

        return password;
    }

    static DatabaseTls ReadTls(Variables variables, bool onSocket)
    {
        var host = variables.Text("DATABASE_HOST");
        // The driver tries every address of a name, of both families; the switch only rules out what cannot work.
        if (variables.Flag("DATABASE_IPV6", fallback: false) && !onSocket && IPAddress.TryParse(host, out var address)
            && address.AddressFamily == AddressFamily.InterNetwork)
            variables.Problem($"DATABASE_IPV6 is true, but DATABASE_HOST is \"{host}\", an IPv4 address. Example: DATABASE_HOST=::1");

        var wanted = variables.Text("DATABASE_SSL");
        if (wanted is "true" or "noverify" && onSocket)
        {
            variables.Problem($"DATABASE_SSL is \"{wanted}\", but PostgreSQL has no TLS on unix sockets (DATABASE_SOCKET_DIR). Example: "
                + "DATABASE_SSL=false");
            return new DatabaseTls.Off();
        }

        switch (wanted)
        {
            case null or "false":
                return new DatabaseTls.Off();
            case "noverify":
                return new DatabaseTls.Unverified(variables.Text("DATABASE_SSL_SNI") ?? host ?? "localhost");
            case "true":
                var file = variables.Required("DATABASE_SSL_CA_CERT_FILE", example: "/etc/ssl/certs/ca-certificates.crt");
                if (variables.Text("DATABASE_SSL_CA_CERT_FILE") is not null && !File.Exists(file))
                    variables.Problem($"DATABASE_SSL_CA_CERT_FILE is \"{file}\", which does not exist. Example: "
                        + "DATABASE_SSL_CA_CERT_FILE=/etc/ssl/certs/ca-certificates.crt");
                return new DatabaseTls.Verified(file);
            default:
                // The reference takes anything else for "off"; a typing error must not send the password in the clear.
                variables.Problem($"DATABASE_SSL is \"{wanted}\", which is none of true, noverify and false. Example: DATABASE_SSL=true");
                return new DatabaseTls.Off();
        }
    }
}
