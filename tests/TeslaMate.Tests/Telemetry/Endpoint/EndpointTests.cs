using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using TeslaMate.Telemetry;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Endpoint;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Wire;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Telemetry.Wire;

// The test plays a car that trusts any server, and speaks the versions of TLS that are to be tried.
#pragma warning disable CA5359, CA5398

namespace TeslaMate.Tests.Telemetry.Endpoint;

public class EndpointTests
{
    [Theory]
    [InlineData("leaf and intermediate")]
    [InlineData("leaf only")]
    [InlineData("only Tesla's usage")]
    [InlineData("an old car")]
    public async Task A_car_is_let_in_and_its_record_acknowledged_after_the_commit(string kind)
    {
        await using var house = await House.StartAsync();
        foreach (var tls in new[] { SslProtocols.Tls12, SslProtocols.Tls13 })
        {
            using var socket = await house.ConnectAsync(kind, tls: tls);
            await SendAsync(socket, Vectors.Message(1));
            Convert.ToHexString(await ReceiveAsync(socket)).ShouldBe(Convert.ToHexString(Vectors.Bytes(1, "ack")));
            (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox where type = 0")).ShouldBe(1);
        }
    }

    [Theory]
    [InlineData("usage of Wi-Fi")]
    [InlineData("usage of a board")]
    [InlineData("no usage")]
    [InlineData("expired")]
    [InlineData("same names, other root")]
    [InlineData("an issuer of no cars")]
    [InlineData("self-signed")]
    [InlineData("no VIN")]
    [InlineData("a board of an old car")]
    [InlineData("no certificate")]
    public async Task Nobody_else_gets_past_the_handshake(string kind)
    {
        await using var house = await House.StartAsync();
        foreach (var tls in new[] { SslProtocols.Tls12, SslProtocols.Tls13 })
            await Should.ThrowAsync<Exception>(async () =>
            {
                using var socket = await house.ConnectAsync(kind, tls: tls);
            });
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox")).ShouldBe(0);
    }

    [Fact]
    public async Task A_car_that_is_not_ours_is_sent_away()
    {
        await using var house = await House.StartAsync();

        (await house.GetAsync("/status", vin: "5YJ3E7EB2KF000099")).ShouldBe("403");
        house.Counters.Strangers.ShouldBe(1);
        (await house.GetAsync("/status")).ShouldBe("200 mtls ok");
        (await house.GetAsync("/else")).ShouldBe("404");
        (await house.GetAsync("/status", method: "POST")).ShouldBe("405");
    }

    [Fact]
    public async Task A_car_that_comes_before_it_is_known_who_streams_waits_for_that()
    {
        await using var house = await House.StartAsync(isListRead: false);
        var asking = house.GetAsync("/status");

        // An answer at this point would be one to a stranger.
        (await Task.WhenAny(asking, Task.Delay(TimeSpan.FromSeconds(1)))).ShouldNotBe(asking);
        await house.Cars.ReadAsync(default);

        (await asking).ShouldBe("200 mtls ok");
        house.Counters.Strangers.ShouldBe(0);
    }

    [Fact]
    public async Task The_server_names_no_authorities()
    {
        await using var house = await House.StartAsync();
        string[]? named = null;
        await using var tls = await OpenTlsAsync(house, issuers => named = issuers);

        named.ShouldNotBeNull().ShouldBeEmpty();
    }

    [Fact]
    public async Task The_certificate_decides_whose_record_it_is()
    {
        await using var house = await House.StartAsync(cars: 2);
        using var socket = await house.ConnectAsync("leaf only", vin: House.VinOf(2));
        await SendAsync(socket, Vectors.Message(1));
        await ReceiveAsync(socket);

        (await house.Database.RowsAsync("select car_id from teslamate.telemetry_inbox where type = 0")).ShouldBe(["2"]);
        house.Counters.OtherVin.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_no_record_is_answered_and_the_next_one_counts()
    {
        await using var house = await House.StartAsync();
        using var socket = await house.ConnectAsync("leaf only");

        await SendAsync(socket, [0, 0, 0, 0]);
        var error = Envelope.TryRead(await ReceiveAsync(socket)).ShouldNotBeNull();
        error.MessageType.ShouldBe(Envelope.StreamType);
        Encoding.ASCII.GetString(error.Stream!.Payload.Span).ShouldBe("incorrect message format");

        // Readable, but not a record: acknowledged, so that it does not come again.
        await SendAsync(socket, Vectors.Bytes(1, "ack"));
        Convert.ToHexString(await ReceiveAsync(socket)).ShouldBe(Convert.ToHexString(Vectors.Bytes(1, "ack")));
        // A topic without a place, then one from somebody else.
        await SendAsync(socket, Vectors.Encode("other", "elsewhere", new byte[] { 1 }, Vectors.T));
        Envelope.TryRead(await ReceiveAsync(socket))!.MessageType.ShouldBe(Envelope.AckType);
        await SendAsync(socket, Vectors.Encode("other", "elsewhere", new byte[] { 1 }, Vectors.T, vin: "5YJ3E7EB2KF000099"));
        Envelope.TryRead(await ReceiveAsync(socket))!.MessageType.ShouldBe(Envelope.StreamType);
        // A payload that is cut short is kept as it came.
        await SendAsync(socket, Vectors.Encode("cut", "V", new byte[] { 0x0a, 0xff }, Vectors.T));
        Envelope.TryRead(await ReceiveAsync(socket))!.MessageType.ShouldBe(Envelope.AckType);

        var fresh = ProtobufForm.Write(
            ProtobufForm.TryRead(TeslaMate.Telemetry.Records.RecordType.Data, Vectors.Payload(2))! with { CreatedAt = DateTimeOffset.UtcNow });
        await SendAsync(socket, Vectors.Encode("fresh", "V", fresh, DateTimeOffset.UtcNow), parts: 3);
        Encoding.ASCII.GetString(Envelope.TryRead(await ReceiveAsync(socket))!.Txid.Span).ShouldBe("fresh");
        (await house.Database.RowsAsync("select form, is_applied from teslamate.telemetry_inbox where type = 0 order by id")).ShouldBe(["2|True",
            "0|False"]);
    }

    [Fact]
    public async Task A_text_or_ten_errors_end_the_connection()
    {
        await using var house = await House.StartAsync();
        using (var socket = await house.ConnectAsync("leaf only"))
        {
            await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, default);
            (await IsClosedAsync(socket)).ShouldBeTrue();
        }

        using (var socket = await house.ConnectAsync("leaf only"))
        {
            for (var i = 0; i < 10; i++)
                await SendAsync(socket, [1, 2, 3]);
            for (var i = 0; i < 10; i++)
                Envelope.TryRead(await ReceiveAsync(socket))!.MessageType.ShouldBe(Envelope.StreamType);
            (await IsClosedAsync(socket)).ShouldBeTrue();
        }

        using (var socket = await house.ConnectAsync("leaf only"))
        {
            await SendAsync(socket, new byte[Envelope.LongestBytes + 1]);
            Envelope.TryRead(await ReceiveAsync(socket))!.Txid.Length.ShouldBe(0);
            (await IsClosedAsync(socket)).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_record_that_comes_twice_is_stored_once_and_acknowledged_twice()
    {
        await using var house = await House.StartAsync();
        using var socket = await house.ConnectAsync("leaf only");
        await SendAsync(socket, Vectors.Message(3, "first"));
        await SendAsync(socket, Vectors.Message(3, "first"));
        await SendAsync(socket, Vectors.Message(3, "other txid, equal bytes"));
        for (var i = 0; i < 3; i++)
            Envelope.TryRead(await ReceiveAsync(socket))!.MessageType.ShouldBe(Envelope.AckType);

        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox where type = 0")).ShouldBe(1);
        (await house.Database.RowsAsync("select records, datums, duplicates from teslamate.telemetry_usage where records > 0")).ShouldHaveSingleItem()
            .ShouldEndWith("|5|2");
    }

    [Fact]
    public async Task Nothing_is_acknowledged_before_its_commit()
    {
        await using var house = await House.StartAsync();
        using var socket = await house.ConnectAsync("leaf only");
        await house.Database.WaitForCountAsync(1, "teslamate.telemetry_inbox");
        await using var blocker = await house.Database.TestSource.OpenConnectionAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await using (var locked = new Npgsql.NpgsqlCommand("lock table teslamate.telemetry_inbox in exclusive mode", blocker, transaction))
            await locked.ExecuteNonQueryAsync();

        await SendAsync(socket, Vectors.Message(2));
        var ack = ReceiveAsync(socket);
        // The insert waits for the lock: seen in the server's own list of activity.
        for (var i = 0; i < 200 && await house.Database.ScalarAsync<long>(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()") == 0; i++)
            await Task.Delay(20);
        ack.IsCompleted.ShouldBeFalse();
        await transaction.RollbackAsync();

        Encoding.ASCII.GetString(Envelope.TryRead(await ack)!.Txid.Span).ShouldBe("t00000002");
    }

    /// <summary>What is not committed is not acknowledged; after half a minute the car is better off keeping it (spec fleet-telemetry 7.4).</summary>
    [Fact]
    public async Task A_car_is_sent_away_after_half_a_minute_without_a_commit_and_what_it_brings_again_is_stored_once()
    {
        await using var house = await House.StartAsync();
        using (var socket = await house.ConnectAsync("leaf only"))
        {
            await house.Database.WaitForCountAsync(1, "teslamate.telemetry_inbox");
            await house.Database.ExecuteAsync("alter table teslamate.telemetry_inbox rename to gone");
            await SendAsync(socket, Vectors.Message(3));
            var reply = IsClosedAsync(socket);
            (await Task.WhenAny(reply, Task.Delay(TimeSpan.FromSeconds(2)))).ShouldNotBe(reply);
            house.Time.Advance(TimeSpan.FromSeconds(31));
            (await reply).ShouldBeTrue("no acknowledgement comes, but the end");
        }

        await house.Database.ExecuteAsync("alter table teslamate.gone rename to telemetry_inbox");
        using var again = await house.ConnectAsync("leaf only");
        await SendAsync(again, Vectors.Message(3));
        Envelope.TryRead(await ReceiveAsync(again))!.MessageType.ShouldBe(Envelope.AckType);
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox where type = 0")).ShouldBe(1);
    }

    /// <summary>Much that waits for its commit is read no further, and others have their turn (spec fleet-telemetry 7.4).</summary>
    [Fact]
    public async Task A_flood_waits_at_its_car_and_others_go_on()
    {
        const int Records = 500;
        await using var house = await House.StartAsync(cars: 2);
        using var flood = await house.ConnectAsync("leaf only");
        await house.Database.WaitForCountAsync(1, "teslamate.telemetry_inbox");
        await using var blocker = await house.Database.TestSource.OpenConnectionAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await using (var locked = new Npgsql.NpgsqlCommand("lock table teslamate.telemetry_inbox in exclusive mode", blocker, transaction))
            await locked.ExecuteNonQueryAsync();
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < Records; i++)
            {
                var record = new TeslaMate.Telemetry.Records.TelemetryRecord.Data(Vectors.Vin, Vectors.T.AddSeconds(i), false,
                    [new(108, new TeslaMate.Telemetry.Records.TelemetryValue.Text(new string('x', 60_000)))]);
                await SendAsync(flood, Vectors.Encode($"flood{i}", "V", ProtobufForm.Write(record), Vectors.T));
            }
        });
        (await Task.WhenAny(sending, Task.Delay(TimeSpan.FromSeconds(3)))).ShouldNotBe(sending, "30 MB are more than anybody keeps of a car");
        house.Counters.Records.ShouldBeLessThan(200);

        await transaction.RollbackAsync();
        using var other = await house.ConnectAsync("leaf only", vin: House.VinOf(2));
        await SendAsync(other, Vectors.Message(1));
        Envelope.TryRead(await ReceiveAsync(other))!.MessageType.ShouldBe(Envelope.AckType);
        for (var i = 0; i < Records; i++)
            Encoding.ASCII.GetString(Envelope.TryRead(await ReceiveAsync(flood))!.Txid.Span).ShouldBe($"flood{i}", "each once, in order");
        await sending;
    }

    [Fact]
    public async Task A_fifth_connection_of_a_car_closes_its_oldest()
    {
        await using var house = await House.StartAsync();
        List<ClientWebSocket> sockets = [];
        for (var i = 0; i < 5; i++)
        {
            sockets.Add(await house.ConnectAsync("leaf only"));
            await SendAsync(sockets[^1], Vectors.Message(2, $"t{i}"));
            await ReceiveAsync(sockets[^1]);
        }

        (await IsClosedAsync(sockets[0])).ShouldBeTrue();
        await SendAsync(sockets[4], Vectors.Message(2, "last"));
        await ReceiveAsync(sockets[4]);
        sockets.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Contact_is_told_by_the_connection()
    {
        await using var house = await House.StartAsync();
        using (var socket = await house.ConnectAsync("leaf only"))
        {
            await house.Database.WaitForCountAsync(1, "teslamate.telemetry_inbox where type = 3");
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        }

        await house.Database.WaitForCountAsync(2, "teslamate.telemetry_inbox where type = 3");
    }

    [Fact]
    public async Task A_renewed_certificate_is_used_without_a_restart()
    {
        await using var house = await House.StartAsync();
        var renewed = house.Pki.WriteServer();
        File.SetLastWriteTimeUtc(house.Pki.CertificateFile, DateTime.UtcNow.AddSeconds(5));
        house.Time.Advance(TimeSpan.FromSeconds(6));

        string? shown = null;
        using var socket = await house.ConnectAsync("leaf only", seen: certificate => shown = certificate?.GetCertHashString());

        shown.ShouldBe(renewed);
    }

    [Theory]
    [InlineData(336, true)]
    [InlineData(334, false)]
    [InlineData(400, true)]
    public void A_certificate_of_the_program_is_renewed_a_month_before_it_ends(int age, bool isRenewed)
    {
        var folder = Directory.CreateTempSubdirectory("telemetry-renewal-").FullName;
        try
        {
            var now = DateTimeOffset.UtcNow;
            TeslaMate.Telemetry.Configuring.TelemetryFiles.MakeCertificate("t.example.org", folder, now);
            var settings = new TelemetrySettings
            {
                CertificateFile = Path.Combine(folder, "telemetry.crt"),
                KeyFile = Path.Combine(folder, "telemetry.key"),
            };
            var time = new Time.ManualTime(now);
            var certificates = new EndpointCertificates(settings, time, NullLogger.Instance);
            var first = certificates.Current.Server.TargetCertificate.Thumbprint;
            time.Advance(TimeSpan.FromDays(age));
            var shown = certificates.Current.Server.TargetCertificate;

            (shown.Thumbprint != first).ShouldBe(isRenewed);
            shown.MatchesHostname("t.example.org").ShouldBeTrue();
            // One that somebody else has signed is not the program's to renew.
            using var pki = new TestPki();
            File.Copy(pki.CertificateFile, settings.CertificateFile, overwrite: true);
            File.Copy(pki.KeyFile, settings.KeyFile, overwrite: true);
            File.SetLastWriteTimeUtc(settings.CertificateFile, DateTime.UtcNow.AddSeconds(5));
            time.Advance(TimeSpan.FromDays(1));
            _ = certificates.Current;
            time.Advance(TimeSpan.FromDays(1));
            certificates.Current.Server.TargetCertificate.Subject.ShouldBe("CN=telemetry.example.org");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Another list of authorities counts for the next connection (spec fleet-telemetry 7.1).</summary>
    [Fact]
    public async Task A_list_of_authorities_that_is_replaced_is_used_without_a_restart()
    {
        await using var house = await House.StartAsync();
        using var other = new TestPki();
        (await house.GetAsync("/status")).ShouldBe("200 mtls ok");
        await File.WriteAllTextAsync(house.Pki.AuthorityFile, other.RootPem + "\n" + other.IntermediatePem);
        File.SetLastWriteTimeUtc(house.Pki.AuthorityFile, DateTime.UtcNow.AddSeconds(5));
        house.Time.Advance(TimeSpan.FromSeconds(6));

        await Should.ThrowAsync<HttpRequestException>(() => house.GetAsync("/status"));
        // A file that is no list changes nothing.
        await File.WriteAllTextAsync(house.Pki.AuthorityFile, house.Pki.RootPem + "\n" + house.Pki.IntermediatePem);
        File.SetLastWriteTimeUtc(house.Pki.AuthorityFile, DateTime.UtcNow.AddSeconds(10));
        house.Time.Advance(TimeSpan.FromSeconds(6));
        (await house.GetAsync("/status")).ShouldBe("200 mtls ok");
        await File.WriteAllTextAsync(house.Pki.AuthorityFile, "nothing");
        File.SetLastWriteTimeUtc(house.Pki.AuthorityFile, DateTime.UtcNow.AddSeconds(15));
        house.Time.Advance(TimeSpan.FromSeconds(6));
        (await house.GetAsync("/status")).ShouldBe("200 mtls ok");
    }

    /// <summary>All cars come back at once after a loss of the network, again and again (spec fleet-telemetry 7.4).</summary>
    [Fact]
    public async Task Cars_that_come_back_over_and_over_leave_nothing_open()
    {
        await using var house = await House.StartAsync(cars: 3);
        await Task.WhenAll(Enumerable.Range(0, 30).Select(async i =>
        {
            var vin = House.VinOf((i % 3) + 1);
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    using var socket = await house.ConnectAsync("leaf only", vin: vin);
                    await SendAsync(socket, Vectors.Message(3, $"storm{i}"));
                    await ReceiveAsync(socket);
                    // Most do not say goodbye.
                    if (i % 2 == 0)
                        socket.Abort();
                    return;
                }
                catch (WebSocketException) when (attempt < 20)
                {
                    // A fifth connection closed this one, or too many knocked at once.
                }
            }
        }));

        for (var i = 0; i < 500 && house.Counters.Connections > 0; i++)
            await Task.Delay(20);
        (house.Counters.Connections, house.Endpoint.Connections).ShouldBe((0, 0));
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox where type = 0")).ShouldBe(3, "one of each car");
        (await house.Database.RowsAsync("""
            select count(*) filter (where position('\x1801'::bytea in payload) > 0) = count(*) filter (where position('\x1802'::bytea in payload) > 0)
            from teslamate.telemetry_inbox where type = 3
            """)).ShouldBe(["True"], "every beginning has its end");
    }

    /// <summary>A head that takes too long or is too large is no car's (spec fleet-telemetry 7.4).</summary>
    [Fact]
    public async Task Requests_of_no_car_are_answered_and_closed()
    {
        await using var house = await House.StartAsync();
        foreach (var (request, answer) in new[]
        {
            ($"GET /status HTTP/1.1\r\nHost: x\r\nX-Long: {new string('x', 9_000)}\r\n\r\n", "HTTP/1.1 431 "),
            ($"GET /{new string('x', 5_000)} HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 414 "),
            ("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 "),
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 "),
            ("nonsense\r\n\r\n", "HTTP/1.1 400 "),
        })
        {
            await using var tls = await OpenTlsAsync(house);
            await tls.WriteAsync(Encoding.ASCII.GetBytes(request));
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            var buffer = new byte[answer.Length];
            await tls.ReadExactlyAsync(buffer, patience.Token);
            Encoding.ASCII.GetString(buffer).ShouldBe(answer);
        }
    }

    /// <summary>Who sends byte by byte, or does not read, holds up nobody but itself (spec fleet-telemetry 7.4).</summary>
    [Fact]
    public async Task A_slow_sender_and_a_slow_reader_hold_up_nobody()
    {
        await using var house = await House.StartAsync(cars: 2);
        using var slow = await house.ConnectAsync("leaf only");
        using var quick = await house.ConnectAsync("leaf only", vin: House.VinOf(2));
        var message = Vectors.Message(3, "slow");
        for (var i = 0; i < message.Length; i++)
        {
            await slow.SendAsync(message.AsMemory(i, 1), WebSocketMessageType.Binary, i == message.Length - 1, default);
            if (i % 50 != 0)
                continue;
            await SendAsync(quick, Vectors.Message(3, $"quick{i}"));
            Encoding.ASCII.GetString(Envelope.TryRead(await ReceiveAsync(quick))!.Txid.Span).ShouldBe($"quick{i}");
        }

        Encoding.ASCII.GetString(Envelope.TryRead(await ReceiveAsync(slow))!.Txid.Span).ShouldBe("slow");
    }

    /// <summary>
    /// A car whose messages are broken in every way is answered, or closed after ten errors in a row (spec fleet-telemetry 1.3); what can be read of
    /// them is stored, and another car has its turn all the while.
    /// </summary>
    [Fact]
    public async Task Ten_thousand_mutated_envelopes_are_answered_or_end_their_connection_and_another_car_goes_on()
    {
        const int Messages = 10_000;
        const int Window = 100;
        int[] sources = [1, 2, 6, 13, 15, 18];
        await using var house = await House.StartAsync(cars: 2);
        using var good = await house.ConnectAsync("leaf only", vin: House.VinOf(2));
        var random = new Random(1_018);
        var (sent, answered, closed) = (0, 0, 0);
        while (sent < Messages)
        {
            using var hostile = await house.ConnectAsync("leaf only");
            var isOpen = true;
            while (isOpen && sent < Messages)
            {
                var sending = Enumerable.Range(sent, Math.Min(Window, Messages - sent))
                    .Select(i => EnvelopeTests.Mutate(Vectors.Bytes(sources[i % sources.Length], "envelope"), random)).ToList();
                sent += sending.Count;
                var before = answered;
                try
                {
                    foreach (var message in sending)
                        await hostile.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, default);
                    for (; isOpen && answered < before + sending.Count; answered += isOpen ? 1 : 0)
                        isOpen = !await IsClosedAsync(hostile);
                }
                catch (WebSocketException)
                {
                    isOpen = false;
                }

                closed += isOpen ? 0 : 1;
                var at = Vectors.T.AddSeconds(sent);
                var record = new TeslaMate.Telemetry.Records.TelemetryRecord.Data(House.VinOf(2), at, false,
                    [new(42, TeslaMate.Telemetry.Records.TelemetryValue.Number.Of(63.5))]);
                await SendAsync(good, Vectors.Encode($"good{sent}", "V", ProtobufForm.Write(record), at, House.VinOf(2)));
                Encoding.ASCII.GetString(Envelope.TryRead(await ReceiveAsync(good))!.Txid.Span).ShouldBe($"good{sent}");
            }
        }

        answered.ShouldBeGreaterThanOrEqualTo(Messages - (closed * Window));
        answered.ShouldBeGreaterThan(Messages / 2);
        house.Counters.Unreadable.ShouldBeGreaterThan(Messages / 10);
        house.Counters.Records.ShouldBeGreaterThan(Messages / 10);
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox where car_id = 2 and type = 0"))
            .ShouldBe(Messages / Window);
    }

    [Fact]
    public async Task Those_who_only_knock_keep_no_car_out()
    {
        await using var house = await House.StartAsync();
        List<TcpClient> slow = [];
        for (var i = 0; i < 1_000; i++)
        {
            var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, house.Endpoint.Port);
            slow.Add(client);
        }

        for (var i = 0; i < 500 && house.Endpoint.Limits.Refused <= 900; i++)
            await Task.Delay(20);
        // Some may have given up by themselves by then.
        house.Endpoint.Limits.Refused.ShouldBeGreaterThan(900, "no more are kept than may be unfinished");
        using var socket = await house.ConnectAsync("leaf only");
        await SendAsync(socket, Vectors.Message(1));
        (await ReceiveAsync(socket)).Length.ShouldBe(84);
        slow.ForEach(client => client.Dispose());
    }

    [Fact]
    public void The_authorities_of_the_program_are_Teslas()
    {
        var authorities = CarAuthorities.BuiltIn();

        authorities.Roots.Select(root => root.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256)).Order().ShouldBe(
        [
            "4045A9064A7FF9BA0B793F515A18FFCF006F86E504CD80EBAD4465F7418430E1", "681C9455F1051A9EFFA0EF0814901A5EA4C08241867E34FAD2B431535CD9A4AE",
            "9C1432CBD81D9F842D35B782768E555B62446A3E6E5B6E95287F1DE3A91FCBF5", "EBBAACC16EB93C2E961C58FD43D874DF2760558DA3EF681C7D617D89ABBA3F32",
        ]);
        authorities.Intermediates.Count.ShouldBe(10);
        // Each of them leads to a root of the list, except the one that has expired.
        var broken = authorities.Intermediates.Where(intermediate =>
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities.Roots);
            chain.ChainPolicy.ExtraStore.AddRange(authorities.Intermediates);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.VerificationTime = new DateTime(2026, 6, 1, 0, 0, 0, DateTimeKind.Local);
            return !chain.Build(intermediate);
        });
        broken.Select(certificate => certificate.GetNameInfo(X509NameType.SimpleName, false)).ShouldBe(["Tesla Issuing CA"]);
    }

    [Fact]
    public void Who_fails_often_is_closed_unread_for_a_minute()
    {
        var time = new Time.ManualTime(Vectors.T);
        var limits = new HandshakeLimits(3, time);
        for (var i = 0; i < 3; i++)
            limits.End(limits.Begin(IPAddress.Loopback, () => { }).ShouldNotBeNull());

        limits.Begin(IPAddress.Loopback, () => { }).ShouldBeNull();
        limits.Begin(IPAddress.IPv6Loopback, () => { }).ShouldNotBeNull();
        time.Advance(TimeSpan.FromSeconds(61));
        limits.Begin(IPAddress.Loopback, () => { }).ShouldNotBeNull();
    }

    /// <summary>A connection of a car, below what a WebSocket shows.</summary>
    /// <param name="onAsked">Receives the authorities that the server names.</param>
    static async Task<SslStream> OpenTlsAsync(House house, Action<string[]>? onAsked = null)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, house.Endpoint.Port);
        var (leaf, _) = house.Pki.Client("leaf only");
        // Owns the socket.
        var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "telemetry.example.org",
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            LocalCertificateSelectionCallback = (_, _, _, _, issuers) =>
            {
                onAsked?.Invoke(issuers);
                return leaf!;
            },
        });
        return tls;
    }

    static Task SendAsync(ClientWebSocket socket, byte[] message, int parts = 1) => SendPartsAsync(socket, message, parts);

    static async Task SendPartsAsync(ClientWebSocket socket, byte[] message, int parts)
    {
        var chunks = message.Chunk(Math.Max(1, (message.Length + parts - 1) / parts)).ToList();
        for (var i = 0; i < chunks.Count; i++)
            await socket.SendAsync(chunks[i], WebSocketMessageType.Binary, i == chunks.Count - 1, default);
    }

    static async Task<byte[]> ReceiveAsync(ClientWebSocket socket)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var buffer = new byte[4096];
        var received = await socket.ReceiveAsync(buffer, timeout.Token);
        received.MessageType.ShouldBe(WebSocketMessageType.Binary);
        return buffer[..received.Count];
    }

    static async Task<bool> IsClosedAsync(ClientWebSocket socket)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            return (await socket.ReceiveAsync(new byte[4096], timeout.Token)).MessageType == WebSocketMessageType.Close;
        }
        catch (WebSocketException)
        {
            return true;
        }
    }

    /// <summary>An endpoint with a database behind it.</summary>
    sealed class House : IAsyncDisposable
    {
        House(LogbookDatabase database, TestPki pki)
        {
            (Database, Pki) = (database, pki);
            var settings = new TelemetrySettings
            {
                Listen = "127.0.0.1:0",
                CertificateFile = pki.CertificateFile,
                KeyFile = pki.KeyFile,
                ClientAuthorityFile = pki.AuthorityFile,
                MostFailedHandshakes = 1_000,
            };
            var inbox = new InboxTable(database.DataSource);
            Cars = new TelemetryCars(database.DataSource, inbox, settings, TimeProvider.System, NullLogger<TelemetryCars>.Instance);
            Writer = new InboxWriter(database.DataSource, new InboxSignal(), Time, NullLogger<InboxWriter>.Instance);
            Endpoint = new CarEndpoint(settings, Cars, Writer, Counters, Time, NullLoggerFactory.Instance);
        }

        public LogbookDatabase Database { get; }

        public TestPki Pki { get; }

        public Shifted Time { get; } = new();

        public TelemetryCars Cars { get; }

        public InboxWriter Writer { get; }

        public EndpointCounters Counters { get; } = new();

        public CarEndpoint Endpoint { get; }

        public static string VinOf(int car) => car == 1 ? Vectors.Vin : $"5YJ3E7EB2KF10000{car}";

        /// <param name="isListRead">It is known already which cars stream.</param>
        public static async Task<House> StartAsync(int cars = 1, bool isListRead = true)
        {
            var database = await LogbookDatabase.CreateAsync(cars);
            for (var car = 1; car <= cars; car++)
                await database.ExecuteAsync($"update cars set vin = '{VinOf(car)}' where id = {car}; insert into teslamate.telemetry_cars "
                    + $"(car_id) values ({car})");
            var house = new House(database, new TestPki());
            if (isListRead)
                await house.Cars.ReadAsync(default);
            await house.Writer.StartAsync(default);
            await house.Endpoint.StartAsync(default);
            return house;
        }

        public async Task<ClientWebSocket> ConnectAsync(string kind, string vin = Vectors.Vin, SslProtocols tls = SslProtocols.None,
            Action<X509Certificate?>? seen = null)
        {
            var socket = new ClientWebSocket();
            try
            {
                using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
                await socket.ConnectAsync(new Uri($"wss://localhost:{Endpoint.Port}/"), new HttpMessageInvoker(Handler(kind, vin, tls, seen)),
                    timeout.Token);
                return socket;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        public async Task<string> GetAsync(string path, string vin = Vectors.Vin, string method = "GET")
        {
            using var client = new HttpClient(Handler("leaf only", vin, SslProtocols.None, null));
            using var request = new HttpRequestMessage(new HttpMethod(method), $"https://localhost:{Endpoint.Port}{path}");
            using var response = await client.SendAsync(request);
            return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}".Trim();
        }

        public async ValueTask DisposeAsync()
        {
            await Endpoint.StopAsync(default);
            await Endpoint.DisposeAsync();
            await Writer.StoppedAsync(default);
            Writer.Dispose();
            Cars.Dispose();
            Pki.Dispose();
            await Database.DisposeAsync();
        }

        SocketsHttpHandler Handler(string kind, string vin, SslProtocols tls, Action<X509Certificate?>? seen)
        {
            var (leaf, sent) = Pki.Client(kind, vin);
            return new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    TargetHost = "telemetry.example.org",
                    EnabledSslProtocols = tls,
                    ClientCertificateContext = leaf is null ? null : SslStreamCertificateContext.Create(leaf, sent, offline: true),
                    RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    {
                        seen?.Invoke(certificate);
                        return true;
                    },
                },
            };
        }
    }

    /// <summary>The system's clock, moved.</summary>
    sealed class Shifted : TimeProvider
    {
        TimeSpan _by;

        public void Advance(TimeSpan by) => _by += by;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _by;
    }
}
