using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Npgsql;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Tesla;

namespace TeslaMate.Tests.CommandLine;

/// <summary><c>teslamate telemetry</c> against a Tesla that answers as the test says, with a real database.</summary>
public sealed class TelemetryCommandTests : IDisposable
{
    const string Vin = "5YJ3E7EB2KF000042";

    readonly StringWriter _output = new();
    readonly StringWriter _error = new();
    readonly string _folder = Directory.CreateTempSubdirectory("teslamate-telemetry-").FullName;

    [Fact]
    public async Task An_owner_is_led_from_keys_to_a_car_that_streams_and_back()
    {
        await using var house = await House.StartAsync();
        (await RunAsync(house, "keys", "--folder", _folder)).ShouldBe(ExitCode.Ok);
        _output.ToString().ShouldContain("BEGIN PUBLIC KEY");
        _output.ToString().ShouldNotContain("PRIVATE KEY");
        File.GetUnixFileMode(Path.Combine(_folder, "telemetry-app.key")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await RunAsync(house, "certificate", "telemetry.example.org", "--folder", _folder)).ShouldBe(ExitCode.Ok);
        _output.ToString().ShouldContain("TELEMETRY_TLS_KEY_FILE=");

        house.Tesla.Answer = ScriptedServer.Json(200, """{"response":{"updated_vehicles":1,"skipped_vehicles":{"missing_key":[]}}}""");
        (await RunAsync(house, "configure", Vin, "--host", "telemetry.example.org", "--folder", _folder)).ShouldBe(ExitCode.Ok, _error.ToString());
        var sent = house.Tesla.Requests.ShouldHaveSingleItem();
        (sent.Method, sent.Target).ShouldBe(("POST", "/api/1/vehicles/fleet_telemetry_config_jws"));
        sent.Headers["Authorization"].ShouldBe("Bearer the-access-token");
        using var body = JsonDocument.Parse(sent.Body);
        body.RootElement.GetProperty("vins")[0].GetString().ShouldBe(Vin);
        var claims = Claims(body.RootElement.GetProperty("token").GetString()!);
        claims.GetProperty("hostname").GetString().ShouldBe("telemetry.example.org");
        claims.GetProperty("port").GetInt32().ShouldBe(4443);
        claims.GetProperty("ca").GetString().ShouldBe(await File.ReadAllTextAsync(Path.Combine(_folder, "telemetry-authority.crt")));
        claims.GetProperty("fields").GetProperty("Gear").GetProperty("interval_seconds").GetInt32().ShouldBe(1);
        (await house.Database.RowsAsync("select car_id, is_enabled, profile, host from teslamate.telemetry_cars")).ShouldBe(
            ["1|True|standard|telemetry.example.org"]);
        (await house.Database.RowsAsync("select kind, reason, status, is_billed from teslamate.telemetry_requests")).ShouldBe(
            ["configuration|configure|200|True"]);

        house.Tesla.Answer = ScriptedServer.Json(200, """{"response":{"updated_vehicles":1}}""");
        (await RunAsync(house, "remove", "1")).ShouldBe(ExitCode.Ok, _error.ToString());
        (house.Tesla.Requests.Last().Method,
            house.Tesla.Requests.Last().Target).ShouldBe(("DELETE", $"/api/1/vehicles/{Vin}/fleet_telemetry_config"));
        (await house.Database.RowsAsync("select is_enabled from teslamate.telemetry_cars")).ShouldBe(["False"]);
        (_output.ToString() + _error).ShouldNotContain("the-access-token");
    }

    /// <summary>The commands make and use the key pair whose public half the pages serve.</summary>
    [Fact]
    public async Task The_key_pair_is_where_the_service_looks_for_it_unless_a_folder_is_given()
    {
        await using var house = await House.StartAsync();
        var file = Path.Combine(_folder, "elsewhere", "app.pem");
        house.Environment["TELEMETRY_APP_KEY_FILE"] = file;
        (await RunAsync(house, "keys")).ShouldBe(ExitCode.Ok, _error.ToString());
        _output.ToString().ShouldContain($"The private half is in {file}.");
        var served = await File.ReadAllTextAsync(file);
        (await RunAsync(house, "keys", "--folder", _folder)).ShouldBe(ExitCode.Ok, _error.ToString());
        File.Exists(Path.Combine(_folder, "telemetry-app.key")).ShouldBeTrue("the folder that is given wins");
        (await File.ReadAllTextAsync(file)).ShouldBe(served);

        await RunAsync(house, "certificate", "t.example.org", "--folder", _folder);
        _output.GetStringBuilder().Clear();
        (await RunAsync(house, "configure", Vin, "--host", "t.example.org", "--print", "--ca", Path.Combine(_folder, "telemetry-authority.crt")))
            .ShouldBe(ExitCode.Ok, _error.ToString());
        using var key = System.Security.Cryptography.ECDsa.Create();
        key.ImportFromPem(served);
        var point = key.ExportParameters(false).Q;
        Claims(_output.ToString().Trim()).GetProperty("iss").GetString().ShouldBe(Convert.ToBase64String([4, .. point.X!, .. point.Y!]));
    }

    [Fact]
    public async Task The_configuration_is_shown_without_asking_anybody()
    {
        await using var house = await House.StartAsync();
        await RunAsync(house, "keys", "--folder", _folder);
        await RunAsync(house, "certificate", "t.example.org", "--folder", _folder);
        _output.GetStringBuilder().Clear();

        (await RunAsync(house, "configure", Vin, "--host", "t.example.org", "--port", "8443", "--profile", "small", "--print", "--folder",
            _folder)).ShouldBe(ExitCode.Ok);

        Claims(_output.ToString().Trim()).GetProperty("port").GetInt32().ShouldBe(8443);
        house.Tesla.Requests.ShouldBeEmpty();
    }

    /// <summary>Least changes are left out for software that does not know them (spec fleet-telemetry 5.1).</summary>
    [Theory]
    [InlineData(null, true, true)]
    [InlineData("2024.44.32 abc", true, false)]
    [InlineData("2024.44.31", false, false)]
    [InlineData("2024.26.9 8a1b2c3d4e5f", false, false)]
    [InlineData("2025.2.5", true, false)]
    [InlineData("2025.2.6", true, true)]
    [InlineData("2026.20.3 8a1b2c3d4e5f", true, true)]
    [InlineData("unknown", true, true)]
    public async Task Older_software_is_told_no_least_changes(string? software, bool hasDeltas, bool hasDeltaOfLocation)
    {
        await using var house = await House.StartAsync();
        await RunAsync(house, "keys", "--folder", _folder);
        await RunAsync(house, "certificate", "t.example.org", "--folder", _folder);
        if (software is not null)
            await house.Database.ExecuteAsync("insert into updates (car_id, start_date, end_date, version) values (1, '2020-01-01', '2020-01-01', "
                + $"'2020.4.1'), (1, '2026-01-01', '2026-01-01', '{software}')");
        house.Tesla.Answer = ScriptedServer.Json(200, """{"response":{"updated_vehicles":1,"skipped_vehicles":{}}}""");
        (await RunAsync(house, "configure", Vin, "--host", "t.example.org", "--folder", _folder)).ShouldBe(ExitCode.Ok, _error.ToString());

        using var body = JsonDocument.Parse(house.Tesla.Requests.ShouldHaveSingleItem().Body);
        var fields = Claims(body.RootElement.GetProperty("token").GetString()!).GetProperty("fields");
        fields.GetProperty("Soc").TryGetProperty("minimum_delta", out _).ShouldBe(hasDeltas);
        fields.GetProperty("Location").TryGetProperty("minimum_delta", out _).ShouldBe(hasDeltaOfLocation);
        fields.GetProperty("Soc").GetProperty("interval_seconds").GetInt32().ShouldBe(30);
    }

    [Theory]
    [InlineData("missing_key", "https://tesla.com/_ak/")]
    [InlineData("unsupported_hardware", "never stream")]
    [InlineData("unsupported_firmware", "newer software")]
    [InlineData("max_configs", "too many apps")]
    public async Task What_Tesla_skips_is_told_with_its_remedy(string reason, string remedy)
    {
        await using var house = await House.StartAsync();
        await RunAsync(house, "keys", "--folder", _folder);
        await RunAsync(house, "certificate", "t.example.org", "--folder", _folder);
        house.Tesla.Answer = ScriptedServer.Json(200, """{"response":{"updated_vehicles":0,"skipped_vehicles":{"REASON":["VIN"]}}}"""
            .Replace("REASON", reason, StringComparison.Ordinal).Replace("VIN", Vin, StringComparison.Ordinal));

        (await RunAsync(house, "configure", Vin, "--host", "t.example.org", "--folder", _folder)).ShouldBe(ExitCode.Failure);

        _error.ToString().ShouldContain(remedy);
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_cars")).ShouldBe(0);
    }

    [Fact]
    public async Task Mistakes_are_told_and_nothing_is_sent()
    {
        await using var house = await House.StartAsync();
        (await RunAsync(house, "configure", Vin, "--host", "t.example.org", "--folder", _folder)).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldContain("telemetry-authority.crt");
        await RunAsync(house, "keys", "--folder", _folder);
        await RunAsync(house, "certificate", "t.example.org", "--folder", _folder);
        (await RunAsync(house, "configure", "7", "--host", "t.example.org", "--folder", _folder)).ShouldBe(ExitCode.Usage);
        _error.ToString().ShouldContain("There is no car \"7\"");
        house.Tesla.Requests.ShouldBeEmpty();
        house.Tesla.Answer = ScriptedServer.Json(412, """{"error":"not registered"}""");
        (await RunAsync(house, "configure", "1", "--host", "t.example.org", "--folder", _folder)).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldContain("Tesla refused: ");
        (await house.Database.RowsAsync("select status, is_billed from teslamate.telemetry_requests")).ShouldBe(["412|True"]);
    }

    [Fact]
    public async Task The_status_has_the_form_that_programs_read()
    {
        await using var house = await House.StartAsync();
        (await RunAsync(house, "status", "--json")).ShouldBe(ExitCode.Ok);
        _output.ToString().Trim().ShouldBe("""{"cars":[]}""");
        _output.GetStringBuilder().Clear();
        await house.Database.ExecuteAsync("""
            insert into teslamate.telemetry_cars (car_id, is_synced) values (1, true);
            insert into teslamate.telemetry_inbox (car_id, type, form, source, is_resend, car_time, received_at, digest, payload)
            values (1, 0, 0, 0, false, '2026-06-01 08:00:00', '2026-06-01 08:00:01', 1, '');
            insert into drives (car_id, start_date, end_date)
            select 1, '2026-06-01 08:00:00'::timestamp + n * interval '1 hour', '2026-06-01 08:30:00'::timestamp + n * interval '1 hour'
            from generate_series(1, 3) n;
            insert into teslamate.telemetry_usage (car_id, day, records, datums, rejected)
                values (1, now() at time zone 'utc', 7, 15000, 2), (1, '2020-01-01', 9, 9, 9);
            insert into teslamate.telemetry_requests (asked_at, car_id, kind, reason, status, is_billed)
            values (now() at time zone 'utc', 1, 'light', 'start', 200, true), (now() at time zone 'utc', 1, 'light', 'asleep', 503, false);
            insert into teslamate.telemetry_snapshots (car_id, saved_at, state)
            values (1, now() at time zone 'utc', '{"fields":[{"field":10},{"field":21},{"field":4},{"field":5},{"field":8},{"field":42},{"field":32},{"field":179},{"field":34},{"field":6},{"field":7}]}')
            """);

        (await RunAsync(house, "status", "--json")).ShouldBe(ExitCode.Ok);
        _output.ToString().Trim().ShouldBe(
            $$"""{"cars":[{"vin":"{{Vin}}","feed":"telemetry","contact":false,"last_data":"2026-06-01T08:00:01Z","synced":true,"fields_missing":["Version"],"messages":7,"rejected":2,"cost_usd_month":0.102}]}""");

        (await RunAsync(house, "status")).ShouldBe(ExitCode.Ok);
        _output.ToString().ShouldContain("never seen: Version");

        // What it has not told in two drives it may tell in the third.
        await house.Database.ExecuteAsync("delete from drives where id = (select min(id) from drives)");
        _output.GetStringBuilder().Clear();
        await RunAsync(house, "status", "--json");
        _output.ToString().ShouldContain("\"fields_missing\":[]");
        // Of a car that was configured here all that it was asked for is missed.
        await house.Database.ExecuteAsync("""
            insert into drives (car_id, start_date, end_date) values (1, '2026-06-02 08:00:00', '2026-06-02 09:00:00');
            update teslamate.telemetry_cars set profile = 'small', configured_at = '2026-06-01 00:00:00'
            """);
        _output.GetStringBuilder().Clear();
        await RunAsync(house, "status", "--json");
        _output.ToString().ShouldContain("\"EfficiencyPackage\"");
    }

    [Fact]
    public async Task The_status_tells_who_is_polled_in_the_stead_of_its_own_data()
    {
        await using var house = await House.StartAsync();
        await house.Database.ExecuteAsync("""
            insert into teslamate.telemetry_cars (car_id, is_synced) values (1, true);
            insert into teslamate.telemetry_inbox (car_id, type, form, source, is_resend, car_time, received_at, digest, payload)
            select 1, 0, 0, 0, false, now() at time zone 'utc' - interval '2 hours', now() at time zone 'utc' - interval '2 hours', 1, '';
            insert into teslamate.telemetry_requests (asked_at, car_id, kind, reason, status, is_billed)
            values (now() at time zone 'utc', 1, 'poll', 'polled: full', 200, true);
            update car_settings set use_streaming_api = false
            """);
        await RunAsync(house, "status", "--json");
        _output.ToString().ShouldContain("\"feed\":\"polling\"");
        await RunAsync(house, "status");
        _output.ToString().ShouldContain("polling in place of telemetry (1 requests today)");

        // It has sent for more than ten minutes since.
        await house.Database.ExecuteAsync("""
            update teslamate.telemetry_requests set asked_at = now() at time zone 'utc' - interval '11 minutes';
            update teslamate.telemetry_inbox set received_at = now() at time zone 'utc'
            """);
        _output.GetStringBuilder().Clear();
        await RunAsync(house, "status", "--json");
        _output.ToString().ShouldContain("\"feed\":\"telemetry\"");
    }

    [Fact]
    public async Task A_check_judges_name_chain_and_pairing()
    {
        await using var house = await House.StartAsync();
        await RunAsync(house, "certificate", "localhost", "--folder", _folder);
        using var server = new TlsServer(Path.Combine(_folder, "telemetry.crt"), Path.Combine(_folder, "telemetry.key"));
        string[] check = ["check", "localhost", "--port", server.Port.ToString(CultureInfo.InvariantCulture), "--folder", _folder];
        (await RunAsync(house, check)).ShouldBe(ExitCode.Ok, _output.ToString());
        _output.ToString().ShouldContain("the configured authority has signed");

        foreach (var (answer, word, exit) in new[]
        {
            ("""{"synced":true,"config":{"port":4443},"limit_reached":false,"key_paired":true}""", "is paired and has fetched", ExitCode.Ok),
            ("""{"synced":false,"config":{"port":4443},"limit_reached":false,"key_paired":true}""", "has not fetched", ExitCode.Ok),
            ("""{"synced":false,"config":{"port":4443},"key_paired":false}""", "not paired", ExitCode.Failure),
            ("""{"synced":true,"config":null,"key_paired":true}""", "has no configuration", ExitCode.Failure),
        })
        {
            house.Tesla.Answer = ScriptedServer.Json(200, """{"response":ANSWER}""".Replace("ANSWER", answer, StringComparison.Ordinal));
            (await RunAsync(house, [.. check, "--car", "1"])).ShouldBe(exit, answer);
            _output.ToString().ShouldContain(word);
        }

        // Another authority, and a port where nobody listens.
        var other = Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName;
        await RunAsync(house, "certificate", "localhost", "--folder", other);
        (await RunAsync(house, "check", "localhost", "--port", server.Port.ToString(CultureInfo.InvariantCulture), "--folder", other)).ShouldBe(
            ExitCode.Failure);
        _output.ToString().ShouldContain("A car would refuse the certificate");
        (await RunAsync(house, "check", "localhost", "--port", "1", "--folder", _folder)).ShouldBe(ExitCode.Failure);
        _output.ToString().ShouldContain("cannot be reached: nobody listens there");
    }

    /// <summary>The pages' port, or a proxy that ends TLS, shows a right certificate, too; no car's data would come through it.</summary>
    [Fact]
    public async Task A_server_that_asks_for_no_certificate_of_the_car_is_not_the_port_for_cars()
    {
        await using var house = await House.StartAsync();
        await RunAsync(house, "certificate", "localhost", "--folder", _folder);
        foreach (var tls in new[] { SslProtocols.Tls12, SslProtocols.Tls13 })
        {
            using var server = new TlsServer(Path.Combine(_folder, "telemetry.crt"), Path.Combine(_folder, "telemetry.key"), isAsking: false, tls);
            _output.GetStringBuilder().Clear();
            (await RunAsync(house, "check", "localhost", "--port", server.Port.ToString(CultureInfo.InvariantCulture), "--folder", _folder))
                .ShouldBe(ExitCode.Failure);
            _output.ToString().ShouldContain("asks for none of the car's");
            using var asking = new TlsServer(Path.Combine(_folder, "telemetry.crt"), Path.Combine(_folder, "telemetry.key"), isAsking: true, tls);
            (await RunAsync(house, "check", "localhost", "--port", asking.Port.ToString(CultureInfo.InvariantCulture), "--folder", _folder))
                .ShouldBe(ExitCode.Ok, _output.ToString());
        }
    }

    [Theory]
    [InlineData(ExitCode.Usage, "there is no car \"9\"", "remove", "9")]
    [InlineData(ExitCode.Usage, "there is no car \"\"", "remove", "")]
    [InlineData(ExitCode.Failure, "there is no car \"5YJ3E7EB2KF009999\"", "check", "localhost", "--port", "1", "--car", "5YJ3E7EB2KF009999")]
    [InlineData(ExitCode.Failure, "required argument missing", "remove")]
    [InlineData(ExitCode.Failure, "option '--host' is required", "configure", "1")]
    [InlineData(ExitCode.Failure, "'huge' not recognized", "configure", "1", "--host", "t.example.org", "--profile", "huge")]
    [InlineData(ExitCode.Failure, "\"many\" is not a port from 1 to 65535. Example: --port 4443", "check", "localhost", "--port", "many")]
    [InlineData(ExitCode.Usage, "is no name that cars find", "certificate", "a b")]
    [InlineData(ExitCode.Usage, "is no name that cars find", "check", "")]
    [InlineData(ExitCode.Usage, "is no name that cars find", "check", "https://t.example.org")]
    [InlineData(ExitCode.Usage, "is no name that cars find", "check", "300 letters")]
    [InlineData(ExitCode.Failure, "--ca must not be empty", "check", "localhost", "--ca", "")]
    [InlineData(ExitCode.Failure, "/tmp is a folder, and a file is needed", "check", "localhost", "--ca", "/tmp")]
    [InlineData(ExitCode.Failure, "--folder must not be empty", "keys", "--folder", "")]
    [InlineData(ExitCode.Failure, "--folder must not be empty", "certificate", "t.example.org", "--folder", "")]
    [InlineData(ExitCode.Failure, "the folder /dev/null cannot be made", "certificate", "t.example.org", "--folder", "/dev/null")]
    [InlineData(ExitCode.Failure, "Name another one by --folder.", "keys", "--folder", "/dev/null/keys")]
    [InlineData(ExitCode.Failure, "unrecognized command or argument 'twice'", "status", "twice")]
    public async Task Wrong_input_is_told_in_a_sentence(int exit, string sentence, params string[] arguments)
    {
        await using var house = await House.StartAsync();
        await RunAsync(house, "certificate", "t.example.org", "--folder", _folder);
        arguments = [.. arguments.Select(argument => argument == "300 letters" ? new string('a', 300) : argument)];
        var hasFolder = arguments[0] is "remove" or "status" || arguments.Contains("--folder");
        var told = await RunAsync(house, hasFolder ? arguments : [.. arguments, "--folder", _folder]);
        told.ShouldBe(exit, _output + _error.ToString());
        (_output + _error.ToString()).ShouldContain(sentence, Case.Insensitive);
        house.Tesla.Requests.ShouldBeEmpty();
        (_output + _error.ToString()).ShouldNotContain("   at ");
    }

    /// <summary>What a car would stumble over is one sentence with its cause and one with its remedy.</summary>
    [Fact]
    public async Task A_check_names_the_cause_and_the_remedy()
    {
        await using var house = await House.StartAsync();
        await RunAsync(house, "certificate", "localhost", "--folder", _folder);
        await JudgeAsync("other.example.org", TimeProvider.System.GetUtcNow(),
            "it is not for localhost, but for other.example.org. Make one for the name: teslamate telemetry certificate localhost");
        await JudgeAsync("localhost", TimeProvider.System.GetUtcNow().AddYears(-2), "it has expired on ");
        await JudgeAsync("localhost", TimeProvider.System.GetUtcNow().AddDays(3), "it is not valid before ");
        await JudgeAsync("localhost", TimeProvider.System.GetUtcNow(), "has signed it, and the chain ends at no certificate", "--folder", _folder);

        // Somebody else's port: it speaks no TLS, says nothing, or is not there.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var accepting = silent.AcceptTcpClientAsync();
        var checking = CheckAsync(((IPEndPoint)silent.LocalEndpoint).Port);
        using (var client = await accepting)
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        (await checking).ShouldContain("shows no certificate, so this is not the port for cars");
        (await RunAsync(house, "check", "no-such-name.invalid", "--folder", _folder)).ShouldBe(ExitCode.Failure);
        _output.ToString().ShouldContain("no-such-name.invalid has no address in the DNS");
        foreach (var port in new[] { "0", "65536", "-1" })
            (await RunAsync(house, "check", "localhost", "--port", port, "--folder", _folder)).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldContain("is not a port from 1 to 65535. Example: --port 4443");
        (await RunAsync(house, "check", "localhost", "--folder", Path.Combine(_folder, "nowhere"))).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldContain("telemetry-authority.crt. Make it with: teslamate telemetry certificate HOST.");
        var empty = Path.Combine(_folder, "empty.pem");
        await File.WriteAllTextAsync(empty, "nothing");
        (await RunAsync(house, "check", "localhost", "--ca", empty)).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldContain("empty.pem holds no certificate.");

        async Task JudgeAsync(string name, DateTimeOffset made, string verdict, params string[] with)
        {
            var folder = Directory.CreateTempSubdirectory("teslamate-telemetry-other-").FullName;
            try
            {
                TeslaMate.Telemetry.Configuring.TelemetryFiles.MakeCertificate(name, folder, made);
                using var server = new TlsServer(Path.Combine(folder, "telemetry.crt"), Path.Combine(folder, "telemetry.key"));
                _output.GetStringBuilder().Clear();
                (await RunAsync(house, ["check", "localhost", "--port", server.Port.ToString(CultureInfo.InvariantCulture),
                    .. with.Length > 0 ? with : ["--folder", folder]])).ShouldBe(ExitCode.Failure);
                _output.ToString().ShouldStartWith("A car would refuse the certificate: ");
                _output.ToString().ShouldContain(verdict);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        async Task<string> CheckAsync(int port)
        {
            _output.GetStringBuilder().Clear();
            (await RunAsync(house, "check", "localhost", "--port", port.ToString(CultureInfo.InvariantCulture), "--folder", _folder)).ShouldBe(
                ExitCode.Failure);
            return _output.ToString();
        }
    }

    [Theory]
    [InlineData("https://t.example.org")]
    [InlineData("t.example.org:4443")]
    [InlineData("203.0.113.7")]
    [InlineData("localhost")]
    [InlineData("my_host.example.org")]
    public async Task What_no_car_finds_is_no_name(string host)
    {
        await using var house = await House.StartAsync();
        await RunAsync(house, "keys", "--folder", _folder);
        await RunAsync(house, "certificate", "t.example.org", "--folder", _folder);
        (await RunAsync(house, "configure", Vin, "--host", host, "--folder", _folder)).ShouldBe(ExitCode.Usage);
        _error.ToString().ShouldContain("is no name that cars find in the public DNS");
        house.Tesla.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(401, """{"error":"invalid bearer token"}""", "sign in again on the page /sign_in")]
    [InlineData(403, """{"error":"Unauthorized missing scopes"}""", "needs the scopes vehicle_device_data and vehicle_location")]
    [InlineData(404, """{"error":"not_found"}""", "Sign in with the account of the owner")]
    [InlineData(412, """{"error":"Account must be registered in the current region"}""", "Register the app's domain")]
    public async Task What_Tesla_refuses_is_told_with_its_remedy(int status, string answer, string remedy)
    {
        await using var house = await House.StartAsync();
        await RunAsync(house, "keys", "--folder", _folder);
        await RunAsync(house, "certificate", "t.example.org", "--folder", _folder);
        house.Tesla.Answer = ScriptedServer.Json(status, answer);
        (await RunAsync(house, "configure", Vin, "--host", "t.example.org", "--folder", _folder)).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldContain(remedy);
        (await house.Database.RowsAsync("select status from teslamate.telemetry_requests")).ShouldBe([status.ToString(CultureInfo.InvariantCulture)]);
    }

    [Fact]
    public async Task What_is_missing_is_told_before_Tesla_is_asked()
    {
        await using var house = await House.StartAsync();
        await RunAsync(house, "certificate", "t.example.org", "--folder", _folder);
        string[] configure = ["configure", Vin, "--host", "t.example.org", "--folder", _folder];
        (await RunAsync(house, configure)).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldContain("telemetry-app.key. Make it with: teslamate telemetry keys");
        await File.WriteAllTextAsync(Path.Combine(_folder, "telemetry-app.key"), "-----BEGIN NOTHING-----");
        (await RunAsync(house, configure)).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldContain("telemetry-app.key is not the key pair of your app: The file holds no private key. Put the right file back.");
        using (var other = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP384))
            await File.WriteAllTextAsync(Path.Combine(_folder, "telemetry-app.key"), other.ExportECPrivateKeyPem());
        (await RunAsync(house, configure)).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldContain("Tesla takes prime256v1 only");
        File.Delete(Path.Combine(_folder, "telemetry-app.key"));
        await RunAsync(house, "keys", "--folder", _folder);

        await house.Database.ExecuteAsync("truncate private.tokens");
        (await RunAsync(house, configure)).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldContain("Nobody is signed in.");
        house.Environment.Remove("TESLA_API_HOST");
        (await RunAsync(house, configure)).ShouldBe(ExitCode.Configuration);
        _error.ToString().ShouldContain("TESLA_API_HOST is not set");
        (await RunAsync(house, "remove", "1")).ShouldBe(ExitCode.Configuration);
        house.Tesla.Requests.ShouldBeEmpty();
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_cars")).ShouldBe(0);
    }

    /// <summary>Keys that are of no use, and those that would be forgotten: no car would talk to a new authority.</summary>
    [Fact]
    public async Task Files_of_another_kind_are_named_with_what_can_be_done_and_stay_as_they_are()
    {
        await using var house = await House.StartAsync();
        await RunAsync(house, "keys", "--folder", _folder);
        await RunAsync(house, "certificate", "t.example.org", "--folder", _folder);
        var (authority, key, app) = (
            Path.Combine(_folder, "telemetry-authority.crt"), Path.Combine(_folder, "telemetry-authority.key"),
            Path.Combine(_folder, "telemetry-app.key"));
        var good = (Authority: await File.ReadAllTextAsync(authority), Key: await File.ReadAllTextAsync(key));

        using (var pair = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256))
        {
            await RefusesAppKeyAsync(pair.ExportSubjectPublicKeyInfoPem(), "The file holds only the public half.");
            await RefusesAppKeyAsync(
                pair.ExportEncryptedPkcs8PrivateKeyPem("word", new(System.Security.Cryptography.PbeEncryptionAlgorithm.Aes256Cbc,
                    System.Security.Cryptography.HashAlgorithmName.SHA256, 1)),
                "The file holds an encrypted key");
        }

        using (var rsa = System.Security.Cryptography.RSA.Create(2048))
            await RefusesAppKeyAsync(rsa.ExportPkcs8PrivateKeyPem(), "is not the key pair of your app: ");

        File.Delete(key);
        await RefusesCertificateAsync($"There is {authority}, but not {key} that belongs to it. Put the right files back.");
        (await File.ReadAllTextAsync(authority)).ShouldBe(good.Authority);
        await File.WriteAllTextAsync(key, "nothing");
        await RefusesCertificateAsync("are no authority: ");
        var old = Directory.CreateDirectory(Path.Combine(_folder, "old")).FullName;
        TeslaMate.Telemetry.Configuring.TelemetryFiles.MakeCertificate("t.example.org", old, TimeProvider.System.GetUtcNow().AddYears(-11));
        File.Copy(Path.Combine(old, "telemetry-authority.crt"), authority, overwrite: true);
        File.Copy(Path.Combine(old, "telemetry-authority.key"), key, overwrite: true);
        await RefusesCertificateAsync($"The authority in {authority} has expired on ");
        await File.WriteAllTextAsync(authority, good.Authority);
        await File.WriteAllTextAsync(key, good.Key);
        (await RunAsync(house, "certificate", "t.example.org", "--folder", _folder)).ShouldBe(ExitCode.Ok, _error.ToString());

        async Task RefusesAppKeyAsync(string pem, string sentence)
        {
            await File.WriteAllTextAsync(app, pem);
            foreach (var arguments in new string[][] { ["keys"], ["configure", "1", "--host", "t.example.org", "--print"] })
            {
                _error.GetStringBuilder().Clear();
                (await RunAsync(house, [.. arguments, "--folder", _folder])).ShouldBe(ExitCode.Failure);
                _error.ToString().ShouldContain(sentence);
                _error.ToString().ShouldContain(app);
            }
        }

        async Task RefusesCertificateAsync(string sentence)
        {
            _error.GetStringBuilder().Clear();
            (await RunAsync(house, "certificate", "t.example.org", "--folder", _folder)).ShouldBe(ExitCode.Failure);
            _error.ToString().ShouldContain(sentence);
            _error.ToString().ShouldContain("configure the cars again");
        }
    }

    [Theory]
    [InlineData("DATABASE_SOCKET_DIR", "/nowhere", "Check DATABASE_SOCKET_DIR and DATABASE_PORT, and that PostgreSQL runs.")]
    [InlineData("DATABASE_HOST", "nowhere.invalid", "Check DATABASE_HOST.")]
    [InlineData("DATABASE_NAME", "nothing_there", "Check DATABASE_NAME, or have an administrator run: create database")]
    [InlineData("", "", "is not up to date: relation \"teslamate.telemetry_cars\" does not exist. Run: teslamate migrate")]
    public async Task A_database_that_fails_is_told_with_the_remedy(string variable, string value, string remedy)
    {
        await using var house = await House.StartAsync();
        await RunAsync(house, "keys", "--folder", _folder);
        await RunAsync(house, "certificate", "t.example.org", "--folder", _folder);
        if (variable.Length > 0)
        {
            // The one or the other says where the server is.
            if (variable is not "DATABASE_NAME")
            {
                house.Environment.Remove("DATABASE_SOCKET_DIR");
                house.Environment.Remove("DATABASE_HOST");
            }

            house.Environment[variable] = value;
        }
        else
        {
            await house.Database.ExecuteAsync("drop table teslamate.telemetry_cars");
        }

        foreach (var arguments in variable.Length == 0 ? [["status"]] : new string[][]
        {
            ["status"], ["status", "--json"], ["remove", "1"], ["configure", "1", "--host", "t.example.org", "--folder", _folder],
        })
        {
            _error.GetStringBuilder().Clear();
            (await RunAsync(house, arguments)).ShouldBe(ExitCode.Failure, _error.ToString());
            _error.ToString().ShouldContain(remedy);
            _error.ToString().Trim().ShouldNotContain('\n');
        }

        house.Tesla.Requests.ShouldBeEmpty();
    }

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    Task<int> RunAsync(House house, params string[] arguments) => TelemetryCommands.Create(() => new Variables(house.Environment)).Parse(arguments)
        .InvokeAsync(new System.CommandLine.InvocationConfiguration { Output = _output, Error = _error });

    static JsonElement Claims(string token)
    {
        var part = token.Split('.')[1].Replace('-', '+').Replace('_', '/');
        return JsonDocument.Parse(Convert.FromBase64String(part.PadRight((part.Length + 3) / 4 * 4, '='))).RootElement;
    }

    /// <summary>A database with one car and Tesla's tokens, and a Tesla.</summary>
    sealed class House : IAsyncDisposable
    {
        House(LogbookDatabase database, ScriptedServer tesla)
        {
            (Database, Tesla) = (database, tesla);
            var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString);
            Environment = new Dictionary<string, string>
            {
                [connection.Host!.StartsWith('/') ? "DATABASE_SOCKET_DIR" : "DATABASE_HOST"] = connection.Host,
                ["DATABASE_PORT"] = connection.Port.ToString(CultureInfo.InvariantCulture),
                ["DATABASE_NAME"] = connection.Database!,
                ["DATABASE_USER"] = connection.Username!,
                ["DATABASE_PASS"] = connection.Password ?? "unused",
                ["ENCRYPTION_KEY"] = "secret",
                ["TESLA_API_HOST"] = tesla.Address.AbsoluteUri,
            };
        }

        public LogbookDatabase Database { get; }

        public ScriptedServer Tesla { get; }

        public Dictionary<string, string> Environment { get; }

        public static async Task<House> StartAsync()
        {
            var database = await LogbookDatabase.CreateAsync();
            await database.ExecuteAsync($"update cars set vin = '{Vin}'");
            var cipher = new TokenCipher(Encoding.UTF8.GetBytes("secret"));
            await using var tokens = database.DataSource.CreateCommand(
                "insert into private.tokens (access, refresh, inserted_at, updated_at) values ($1, $2, '2026-01-01', '2026-01-01')");
            tokens.Parameters.AddWithValue(cipher.Encrypt("the-access-token"));
            tokens.Parameters.AddWithValue(cipher.Encrypt("the-refresh-token"));
            await tokens.ExecuteNonQueryAsync();
            return new House(database, await ScriptedServer.StartAsync());
        }

        public async ValueTask DisposeAsync()
        {
            await Tesla.DisposeAsync();
            await Database.DisposeAsync();
        }
    }

    /// <summary>Shows its certificate to whoever connects.</summary>
    sealed class TlsServer : IDisposable
    {
        readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        readonly X509Certificate2 _certificate;

        readonly bool _isAsking;
        readonly SslProtocols _tls;

        /// <param name="isAsking">It wants a certificate of the client, as the port for cars does.</param>
        public TlsServer(string certificate, string key, bool isAsking = true, SslProtocols tls = SslProtocols.None)
        {
            (_isAsking, _tls) = (isAsking, tls);
            _certificate = X509CertificateLoader.LoadPkcs12(X509Certificate2.CreateFromPemFile(certificate, key).Export(X509ContentType.Pkcs12),
                null);
            _listener.Start();
            _ = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose()
        {
            _listener.Dispose();
            _certificate.Dispose();
        }

        async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    using var tls = new SslStream(client.GetStream());
                    try
                    {
                        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                        {
                            ServerCertificate = _certificate,
                            ClientCertificateRequired = _isAsking,
                            EnabledSslProtocols = _tls,
                            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
                            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust },
                        });
                    }
                    catch (Exception exception) when (exception is IOException or AuthenticationException)
                    {
                        // It has seen enough.
                    }
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
