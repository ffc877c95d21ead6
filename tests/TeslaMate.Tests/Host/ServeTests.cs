using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using TeslaMate.CommandLine;
using TeslaMate.Tests.Database;

namespace TeslaMate.Tests.Host;

public sealed class ServeTests
{
    [Fact]
    public async Task The_plain_health_check_answers_any_method_with_nothing_and_asks_nobody()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var program = await new RunningProgram(database, migrate: true).ReadyAsync();
        foreach (var method in new[] { "GET", "HEAD", "POST", "DELETE", "PROPFIND" })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), "health_check");
            using var answer = await program.Http.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, method);
            (await answer.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
            answer.Content.Headers.ContentType.ShouldBeNull();
        }

        using var other = await program.Http.GetAsync("health_check/");
        other.StatusCode.ShouldNotBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_verbose_health_check_and_the_metrics_tell_about_every_part()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var program = await new RunningProgram(database, migrate: true).ReadyAsync();

        JsonElement root;
        do
            root = JsonDocument.Parse(await program.Http.GetStringAsync("health_check?verbose")).RootElement;
        // The account is read beside the start.
        while (root.GetProperty("account").GetProperty("sign_in").GetString() == "starting");
        root.GetProperty("database").GetProperty("reachable").GetBoolean().ShouldBeTrue();
        root.GetProperty("database").GetProperty("migrations").GetProperty("pending").GetInt32().ShouldBe(0);
        root.GetProperty("database").GetProperty("migrations").GetProperty("seconds_since_last").GetDouble().ShouldBeInRange(0, 600);
        root.GetProperty("account").GetProperty("sign_in").GetString().ShouldBe("signed_out");
        root.GetProperty("cars").GetArrayLength().ShouldBe(0);
        root.GetProperty("process").GetProperty("hanging_loops").GetArrayLength().ShouldBe(0);

        var metrics = await program.Http.GetStringAsync("metrics");
        foreach (var metric in new[] { "teslamate_database_up 1", "teslamate_signed_in 0", "teslamate_cars 0", "teslamate_hanging_loops 0" })
            metrics.ShouldContain($"\n{metric}\n");
    }

    [Theory]
    [InlineData("metrics", "teslamate_cars")]
    [InlineData("health_check?verbose", "\"cars\"")]
    [InlineData("health_check?verbose", "\"server_version\"")]
    public async Task Without_a_password_a_name_of_a_stranger_learns_nothing_about_the_cars_and_the_server(string path, string personal)
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var program = await new RunningProgram(database, migrate: true).ReadyAsync();
        foreach (var (host, isOurs) in new[] { ("evil.example.com", false), ("127.0.0.1:4000", true) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = host } };
            using var response = await program.Http.SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await response.Content.ReadAsStringAsync()).Contains(personal, StringComparison.Ordinal).ShouldBe(isOurs, host);
        }
    }

    [Fact]
    public async Task The_time_since_the_start_does_not_begin_with_the_first_question()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var program = await new RunningProgram(database, migrate: true).ReadyAsync();
        await Task.Delay(300);
        var line = (await program.Http.GetStringAsync("metrics")).Split('\n')
            .Single(line => line.StartsWith("teslamate_uptime_seconds ", StringComparison.Ordinal));
        double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(0.3);
    }

    [Fact]
    public async Task The_verbose_health_check_sees_what_became_of_the_schema_since_the_start()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var program = await new RunningProgram(database, migrate: true).ReadyAsync();
        await database.ExecuteAsync("delete from schema_migrations where version = 20260808090000");
        await database.ExecuteAsync("delete from teslamate.changelog where version = '1'");
        (await DatabaseAsync()).GetProperty("migrations").GetProperty("pending").GetInt32().ShouldBe(2);
        (await program.Http.GetStringAsync("metrics")).ShouldContain("\nteslamate_pending_migrations 2\n");

        await database.ExecuteAsync("insert into schema_migrations values (20991231235959, now())");
        (await DatabaseAsync()).GetProperty("migrations").GetProperty("version").GetInt64().ShouldBe(20991231235959);

        // The database answers, so this is no 503.
        async Task<JsonElement> DatabaseAsync()
            => JsonDocument.Parse(await program.Http.GetStringAsync("health_check?verbose")).RootElement.GetProperty("database");
    }

    /// <summary>As somebody may leave them who writes into them by hand.</summary>
    [Theory]
    [InlineData("update schema_migrations set inserted_at = null")]
    [InlineData("update schema_migrations set inserted_at = 'infinity'")]
    [InlineData("update schema_migrations set inserted_at = '-infinity'")]
    [InlineData("update schema_migrations set inserted_at = '200000-01-01'")]
    [InlineData("alter table schema_migrations drop constraint schema_migrations_pkey; alter table schema_migrations alter version drop not null; "
        + "insert into schema_migrations values (null, null)")]
    public async Task Rows_of_migrations_that_no_program_wrote_do_not_break_the_health_check_and_the_metrics(string change)
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var program = await new RunningProgram(database, migrate: true).ReadyAsync();
        await database.ExecuteAsync(change);
        var part = JsonDocument.Parse(await program.Http.GetStringAsync("health_check?verbose")).RootElement.GetProperty("database");
        part.GetProperty("reachable").GetBoolean().ShouldBeTrue(part.ToString());
        part.GetProperty("migrations").GetProperty("version").GetInt64().ShouldBeGreaterThan(20190101000000);
        (await program.Http.GetStringAsync("metrics")).ShouldContain("\nteslamate_database_up 1\n");
    }

    /// <summary>Tables that somebody has locked keep a question waiting for as long as he likes.</summary>
    [Fact]
    public async Task The_verbose_health_check_and_the_metrics_answer_in_time_whatever_waits()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var program = await new RunningProgram(database, migrate: true).ReadyAsync();
        await using var connection = await database.TestSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = """
                do $$ declare it record; begin
                    for it in select oid::regclass as name from pg_class where relkind = 'r'
                        and relnamespace in ('public'::regnamespace, 'teslamate'::regnamespace)
                    loop execute format('lock table %s', it.name); end loop;
                end $$
                """;
            await command.ExecuteNonQueryAsync();
        }

        foreach (var path in new[] { "health_check?verbose", "metrics" })
        {
            var began = TimeProvider.System.GetTimestamp();
            using var answer = await program.Http.GetAsync(path);
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(8), path);
            (await answer.Content.ReadAsStringAsync()).ShouldContain(path == "metrics" ? "\nteslamate_database_up 0\n" : "no answer in time");
            answer.StatusCode.ShouldBe(path == "metrics" ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable);
        }

        program.Said.ShouldNotContain("Health check");
    }

    [Fact]
    public async Task A_role_that_may_not_read_the_tables_is_told_what_it_lacks()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using (await new RunningProgram(database, migrate: true).ReadyAsync())
        {
        }

        var stranger = $"{database.Name}_stranger";
        await database.ExecuteAsync($"create role {stranger} login password 'x'");
        try
        {
            await using var program = new RunningProgram(database, migrate: false, ("DATABASE_USER", stranger), ("DATABASE_PASS", "x"));
            (await program.EndAsync()).ShouldBe(ExitCode.Failure);
            program.Said.ShouldContain($"The role {stranger} cannot see the database {database.Name}");
            program.Said.ShouldContain($"Have an administrator make \"{stranger}\" the owner");
        }
        finally
        {
            await database.ExecuteAsync($"drop role {stranger}");
        }
    }

    [Fact]
    public async Task While_the_database_is_awaited_a_page_says_so()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var program = new RunningProgram(database, migrate: false, ("DATABASE_PORT", "1"));
        while (!File.Exists(program.Socket))
            await Task.Delay(20);
        HttpResponseMessage? page = null;
        while (page is null)
        {
            try
            {
                page = await program.Http.GetAsync("/settings");
            }
            catch (HttpRequestException)
            {
                // The socket is there before anybody accepts.
                await Task.Delay(20);
            }
        }

        page.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        page.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(10));
        (await page.Content.ReadAsStringAsync()).ShouldContain("The database is awaited");
        page.Dispose();
        using var health = await program.Http.GetAsync("/health_check");
        health.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await health.Content.ReadAsStringAsync()).ShouldBeEmpty();
        using var verbose = await program.Http.GetAsync("/health_check?verbose");
        verbose.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        program.Said.ShouldNotContain("Listening on");
        (await program.StopAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_database_with_pending_migrations_is_refused_with_the_remedy()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var program = new RunningProgram(database, migrate: false);
        (await program.EndAsync()).ShouldBe(ExitCode.Failure);
        program.Said.ShouldContain(" migrations are pending (up to 20260808090000)");
        program.Said.ShouldContain("teslamate migrate");
    }

    [Fact]
    public async Task A_database_of_a_newer_program_is_refused_with_the_remedy()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using (var first = await new RunningProgram(database, migrate: true).ReadyAsync())
            (await first.StopAsync()).ShouldBe(ExitCode.Ok);
        await database.ExecuteAsync("insert into schema_migrations values (20991231235959, now())");
        await using var program = new RunningProgram(database, migrate: false);
        (await program.EndAsync()).ShouldBe(ExitCode.Failure);
        program.Said.ShouldContain("version 20991231235959 of a newer program");
        program.Said.ShouldContain("teslamate rollback --to-known");
    }

    [Fact]
    public async Task A_unix_socket_gets_its_mode_replaces_a_stale_one_and_goes_with_the_program()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        var folder = Directory.CreateTempSubdirectory("host-stale-");
        var path = Path.Combine(folder.FullName, "http.sock");
        using (var crashed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            // Bound without listening, and moved so that closing does not remove it: what a crash leaves.
            crashed.Bind(new UnixDomainSocketEndPoint(path + ".bound"));
            File.Move(path + ".bound", path);
        }

        await using (var program =
            await new RunningProgram(database, migrate: true, ("HTTP_BINDING_ADDRESS", path), ("SOCKET_PERM", "660")).ReadyAsync())
        {
            File.GetUnixFileMode(path).ShouldBe((UnixFileMode)0b110_110_000);
            await using var second = new RunningProgram(database, migrate: false, ("HTTP_BINDING_ADDRESS", path));
            (await second.EndAsync()).ShouldBe(ExitCode.Failure, "somebody listens there");
            second.Said.ShouldContain($"Cannot listen on {path}");
        }

        File.Exists(path).ShouldBeFalse();
        folder.Delete();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task An_address_of_either_family_is_served(string address)
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        var port = FreePort();
        await using var program = await new RunningProgram(database, migrate: true, ("HTTP_BINDING_ADDRESS", address),
            ("PORT", $"{port}")).ReadyAsync();
        using var http = new HttpClient();
        (await http.GetAsync(new Uri($"http://{(address.Contains(':') ? $"[{address}]" : address)}:{port}/health_check"))).StatusCode.ShouldBe(
            HttpStatusCode.OK);
    }

    /// <summary>The second listener has the interface for apps alone (spec api 1.1), whatever the path of the pages is.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("/teslamate")]
    public async Task The_port_for_apps_has_the_interface_for_apps_and_nothing_else(string urlPath)
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        var port = FreePort();
        await using var program = await new RunningProgram(database, migrate: true, ("API_PORT", $"{port}"), ("URL_PATH", urlPath)).ReadyAsync();
        using var apps = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };

        foreach (var path in new[] { "api/ping", "api/ping/" })
            JsonDocument.Parse(await apps.GetStringAsync(path)).RootElement.GetProperty("message").GetString().ShouldBe("pong", path);
        JsonDocument.Parse(await apps.GetStringAsync("api/v1/cars")).RootElement.GetProperty("data").GetProperty("cars").GetArrayLength().ShouldBe(0);

        foreach (var path in new[]
        {
            "", "settings", "sign_in", "drives", "telemetry", "metrics", "health_check", "health_check?verbose", "data/v1/cars", "data/mcp", "live",
            "robots.txt", "favicon.ico", "apis", "api/nothing", ".well-known/appspecific/com.tesla.3p.public-key.pem", "teslamate",
            "teslamate/settings", "teslamate/api/ping",
        })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
            {
                using var request = new HttpRequestMessage(method, path);
                using var answer = await apps.SendAsync(request);
                answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, $"{method} /{path}");
                answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/json", path);
                (await answer.Content.ReadAsStringAsync()).ShouldBe("""{"code":"PAGE_NOT_FOUND","message":"Page not found"}""", path);
                answer.Headers.Contains("Set-Cookie").ShouldBeFalse(path);
            }
        }

        // The pages' own listener has both.
        JsonDocument.Parse(await program.Http.GetStringAsync("api/ping")).RootElement.GetProperty("message").GetString().ShouldBe("pong");
        using var ask = new HttpRequestMessage(HttpMethod.Get, "sign_in") { Headers = { Host = "127.0.0.1:4000" } };
        using var page = await program.Http.SendAsync(ask);
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
    }

    [Fact]
    public async Task Without_a_port_for_apps_nobody_listens_there()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        var port = FreePort();
        await using var program = await new RunningProgram(database, migrate: true).ReadyAsync();
        using var apps = new TcpClient();
        await Should.ThrowAsync<SocketException>(() => apps.ConnectAsync(IPAddress.Loopback, port));
        JsonDocument.Parse(await program.Http.GetStringAsync("api/ping")).RootElement.GetProperty("message").GetString().ShouldBe("pong");
    }

    static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.IPv6Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
