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
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, house.Endpoint.Port);
        var (leaf, _) = house.Pki.Client("leaf only");
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "telemetry.example.org",
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            LocalCertificateSelectionCallback = (_, _, _, _, issuers) =>
            {
                named = issuers;
                return leaf!;
            },
        });

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
