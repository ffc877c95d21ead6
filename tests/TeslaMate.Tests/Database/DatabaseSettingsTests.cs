using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;

namespace TeslaMate.Tests.Database;

public sealed class DatabaseSettingsTests
{
    [Fact]
    public void The_variables_of_the_reference_lead_to_its_database()
    {
        var settings = Read(Tcp(("DATABASE_PORT", "5433"), ("DATABASE_POOL_SIZE", "7"), ("DATABASE_TIMEOUT", "1500")), out var problems);
        problems.ShouldBeEmpty();
        var connection = new NpgsqlConnectionStringBuilder();
        settings.Describe(connection);
        connection.Host.ShouldBe("db");
        connection.Port.ShouldBe(5433);
        connection.Database.ShouldBe("teslamate");
        connection.Username.ShouldBe("tesla");
        connection.Password.ShouldBe("pass word");
        connection.MaxPoolSize.ShouldBe(7);
        connection.CommandTimeout.ShouldBe(2);
        connection.SslMode.ShouldBe(SslMode.Disable);
        connection.Timezone.ShouldBe("UTC");
    }

    [Fact]
    public void A_socket_needs_a_name_only()
    {
        var settings = Read(new() { ["DATABASE_SOCKET_DIR"] = "/run/postgresql", ["DATABASE_NAME"] = "teslamate", ["USER"] = "logger" },
            out var problems);
        problems.ShouldBeEmpty();
        settings.Host.ShouldBe("/run/postgresql");
        settings.User.ShouldBe("logger");
        settings.Password.ShouldBeNull();
        settings.ToString().ShouldBe("database teslamate on socket /run/postgresql/.s.PGSQL.5432");
    }

    [Fact]
    public void On_a_socket_the_drivers_own_variables_fill_in()
    {
        var settings = Read(new()
        {
            ["DATABASE_SOCKET_DIR"] = "/run/postgresql",
            ["DATABASE_NAME"] = "teslamate",
            ["USER"] = "logger",
            ["PGUSER"] = "other",
            ["PGPASSWORD"] = "known",
        }, out _);
        settings.User.ShouldBe("other");
        settings.Password.ShouldBe(new Secret("known"));
    }

    [Fact]
    public void An_empty_socket_folder_is_none()
        => Read(Tcp(("DATABASE_SOCKET_DIR", "")), out _).Host.ShouldBe("db");

    [Fact]
    public void Everything_that_is_missing_is_named_at_once()
    {
        Read([], out var problems);
        string.Join('\n', problems).ShouldBe("""
            DATABASE_HOST is not set. Example: DATABASE_HOST=localhost
            DATABASE_NAME is not set. Example: DATABASE_NAME=teslamate
            DATABASE_USER is not set. Example: DATABASE_USER=teslamate
            Neither DATABASE_PASS nor DATABASE_PASS_FILE is set, nor is there a credential database-pass. Example: DATABASE_PASS_FILE=/run/secrets/database-pass
            """);
    }

    [Theory]
    [InlineData("DATABASE_PORT", "70000")]
    [InlineData("DATABASE_POOL_SIZE", "0")]
    [InlineData("DATABASE_POOL_SIZE", "ten")]
    [InlineData("DATABASE_TIMEOUT", "1 s")]
    [InlineData("DATABASE_SSL", "yes")]
    [InlineData("DATABASE_SSL", "True")]
    [InlineData("DATABASE_IPV6", "1")]
    [InlineData("DATABASE_SOCKET_DIR", "run/postgresql")]
    public void A_value_that_cannot_be_used_is_a_problem_that_names_its_variable(string name, string value)
    {
        Read(Tcp((name, value)), out var problems);
        problems.ShouldHaveSingleItem().ShouldStartWith($"{name} is \"{value}\"");
    }

    [Fact]
    public void The_password_may_come_from_a_file_or_a_credential()
    {
        var folder = Directory.CreateTempSubdirectory("teslamate-credentials-");
        try
        {
            var file = Path.Combine(folder.FullName, "password");
            File.WriteAllText(file, "from the file\n");
            Read(Tcp(("DATABASE_PASS_FILE", file)), out _).Password.ShouldBe(new Secret("from the file"));
            File.WriteAllText(Path.Combine(folder.FullName, "database-pass"), "from systemd");
            Read(Tcp(("CREDENTIALS_DIRECTORY", folder.FullName)), out _).Password.ShouldBe(new Secret("from systemd"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Encryption_without_verification_takes_the_server_name_from_the_host_unless_given()
    {
        Read(Tcp(("DATABASE_SSL", "noverify")), out _).Tls.ShouldBe(new DatabaseTls.Unverified("db"));
        Read(Tcp(("DATABASE_SSL", "noverify"), ("DATABASE_SSL_SNI", "pg.example")), out _).Tls.ShouldBe(new DatabaseTls.Unverified("pg.example"));
    }

    [Fact]
    public void Verification_needs_a_certificate_file_that_exists()
    {
        Read(Tcp(("DATABASE_SSL", "true")), out var problems);
        problems.ShouldHaveSingleItem().ShouldStartWith("DATABASE_SSL_CA_CERT_FILE is not set.");
        Read(Tcp(("DATABASE_SSL", "true"), ("DATABASE_SSL_CA_CERT_FILE", "/nowhere.pem")), out problems);
        problems.ShouldHaveSingleItem().ShouldStartWith("DATABASE_SSL_CA_CERT_FILE is \"/nowhere.pem\", which does not exist.");
    }

    [Fact]
    public void A_socket_has_no_encryption()
    {
        Read(Tcp(("DATABASE_SSL", "noverify"), ("DATABASE_SOCKET_DIR", "/run/postgresql")), out var problems);
        problems.ShouldHaveSingleItem().ShouldStartWith("DATABASE_SSL is \"noverify\", but PostgreSQL has no TLS on unix sockets");
    }

    [Fact]
    public void An_IPv4_address_contradicts_IPv6()
    {
        Read(Tcp(("DATABASE_IPV6", "true"), ("DATABASE_HOST", "127.0.0.1")), out var problems);
        problems.ShouldHaveSingleItem().ShouldStartWith("DATABASE_IPV6 is true, but DATABASE_HOST is \"127.0.0.1\"");
        Read(Tcp(("DATABASE_IPV6", "true"), ("DATABASE_HOST", "[::1]")), out problems).Host.ShouldBe("::1");
        problems.ShouldBeEmpty();
    }

    [Fact]
    public void Connections_speak_UTC_and_stay_out_of_the_schema_named_like_the_role()
    {
        var connection = new NpgsqlConnectionStringBuilder();
        Read(Tcp(("DATABASE_USER", "teslamate")), out _).Describe(connection);
        connection.SearchPath.ShouldBe("pg_catalog, pg_temp");
    }

    [Fact]
    public async Task An_instant_reaches_a_timestamp_column_unshifted_and_comes_back()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.ExecuteAsync("create table moments (happened timestamp)");
        await using var berlin = NpgsqlDataSource.Create(
            database.ConnectionString.Replace("Timezone=UTC", "Timezone=Europe/Berlin", StringComparison.Ordinal));
        var instant = new DateTimeOffset(2024, 7, 1, 14, 0, 0, 123, TimeSpan.FromHours(2));
        await using var insert = berlin.CreateCommand("insert into moments values ($1), ($2)");
        insert.Parameters.Add(Value.Of(instant));
        insert.Parameters.Add(Value.Of((DateTimeOffset?)null));
        await insert.ExecuteNonQueryAsync();
        await using var select = berlin.CreateCommand("select happened, happened::text as text from moments order by moments.happened nulls last");
        await using var reader = await select.ExecuteReaderAsync();
        await reader.ReadAsync();
        reader.GetInstant(0).ShouldBe(instant);
        reader.GetString(1).ShouldBe("2024-07-01 12:00:00.123");
        await reader.ReadAsync();
        reader.GetInstantOrNull(0).ShouldBeNull();
    }

    static DatabaseSettings Read(Dictionary<string, string> values, out IReadOnlyList<string> problems)
    {
        var variables = new Variables(values);
        var settings = DatabaseSettings.Read(variables);
        problems = variables.Problems;
        return settings;
    }

    static Dictionary<string, string> Tcp(params ReadOnlySpan<(string Name, string Value)> more)
    {
        var values = new Dictionary<string, string>
        {
            ["DATABASE_HOST"] = "db",
            ["DATABASE_NAME"] = "teslamate",
            ["DATABASE_USER"] = "tesla",
            ["DATABASE_PASS"] = "pass word",
        };
        foreach (var (name, value) in more)
            values[name] = value;
        return values;
    }
}
