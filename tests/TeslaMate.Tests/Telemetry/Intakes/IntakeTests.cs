using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using TeslaMate.Telemetry;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Intakes;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Telemetry.Wire;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Telemetry.Intakes;

public class IntakeTests
{
    [Fact]
    public async Task Records_of_ZeroMQ_come_in_both_forms_and_survive_a_restart_of_the_publisher()
    {
        await using var house = await House.StartAsync();
        using var publisher = new Publisher();
        using var intake = new ZeroMqIntake(
            new TelemetrySettings { ZeroMq = [new Uri($"tcp://127.0.0.1:{publisher.Port}")] }, house.Records, TimeProvider.System,
            NullLogger<ZeroMqIntake>.Instance);
        await intake.StartAsync(default);

        // The first peer greets like something else.
        await publisher.AcceptAsync(isWrong: true);
        await publisher.AcceptAsync();
        await publisher.PublishAsync("tesla_telemetry_V", Vectors.Payload(1));
        await publisher.PublishAsync("another_namespace_V", JsonForm.Write(ProtobufForm.TryRead(RecordType.Data, Vectors.Payload(3))!));
        await publisher.PublishAsync("tesla_telemetry_elsewhere", [1, 2, 3]);
        await publisher.PublishAsync("tesla_telemetry_V", Encoding.UTF8.GetBytes(new string(' ', 400)));
        await house.Database.WaitForCountAsync(2, "teslamate.telemetry_inbox");

        publisher.Drop();
        await publisher.AcceptAsync();
        await publisher.PublishAsync("tesla_telemetry_alerts", Vectors.Payload(13));
        await publisher.PublishAsync("tesla_telemetry_connectivity",
            Convert.FromHexString(Vectors.Numbers[16].GetProperty("payloads")[0].GetString()!));
        await house.Database.WaitForCountAsync(4, "teslamate.telemetry_inbox");
        (await house.Database.RowsAsync("select type, form, source from teslamate.telemetry_inbox order by id")).ShouldBe(["0|0|1", "0|1|1", "1|0|1",
            "3|0|1"]);
        await intake.StopAsync(default);
    }

    [Fact]
    public async Task A_database_that_is_away_is_told_of_once_however_often_it_is_tried_and_so_is_its_return()
    {
        await using var house = await House.StartAsync(isWriting: false);
        var log = new RecordedLog();
        using var writer = new InboxWriter(house.Database.DataSource, new InboxSignal(), TimeProvider.System, log.For<InboxWriter>());
        await house.Database.ExecuteAsync("alter table teslamate.telemetry_inbox rename to elsewhere");
        await writer.StartAsync(default);
        var records = new RecordIntake(house.Cars, writer, TimeProvider.System, NullLogger<RecordIntake>.Instance);
        var stored = records.TakeAsync(IntakePath.ZeroMq, "tesla_telemetry_V", Vectors.Payload(1), default, default);
        await House.UntilAsync(() => log.Lines.Count(line => line.Contains("The database does not take 1 records", StringComparison.Ordinal)) > 2);
        await house.Database.ExecuteAsync("alter table teslamate.elsewhere rename to telemetry_inbox");
        (await stored).ShouldBeTrue();
        await writer.StoppedAsync(default);
        log.Lines.Where(line => line.StartsWith("Error", StringComparison.Ordinal)).ShouldHaveSingleItem();
        log.Lines.ShouldContain("Information: The database takes records of cars again");
    }

    [Fact]
    public async Task Records_of_ZeroMQ_that_come_before_it_is_known_who_streams_are_stored_when_it_is()
    {
        await using var house = await House.StartAsync(isListRead: false);
        using var publisher = new Publisher();
        using var intake = new ZeroMqIntake(
            new TelemetrySettings { ZeroMq = [new Uri($"tcp://127.0.0.1:{publisher.Port}")] }, house.Records, TimeProvider.System,
            NullLogger<ZeroMqIntake>.Instance);
        await intake.StartAsync(default);
        await publisher.AcceptAsync();
        await publisher.PublishAsync("tesla_telemetry_V", Vectors.Payload(1));
        await publisher.PublishAsync("tesla_telemetry_alerts", Vectors.Payload(13));
        await House.UntilAsync(() => house.Records.Taken == 2);
        // A stop stores what was received, too.
        var stopping = intake.StopAsync(default);
        await house.Cars.ReadAsync(default);

        await stopping;
        (await house.Database.RowsAsync("select type, source from teslamate.telemetry_inbox order by type")).ShouldBe(["0|1", "1|1"]);
        house.Records.Strangers.ShouldBe(0);
    }

    [Fact]
    public async Task What_the_writer_was_given_before_its_end_is_stored_and_what_comes_later_is_not()
    {
        await using var house = await House.StartAsync();
        (await house.Records.TakeAsync(IntakePath.Kafka, "tesla_V", Vectors.Payload(1), default, default)).ShouldBeTrue();
        await using var connection = await house.Database.TestSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var @lock = new Npgsql.NpgsqlCommand("lock table teslamate.telemetry_inbox", connection))
            await @lock.ExecuteNonQueryAsync();
        var before = house.Records.TakeAsync(IntakePath.Kafka, "tesla_V", Vectors.Payload(2), default, default);
        var stopping = house.Writer.StoppedAsync(default);
        (await house.Records.TakeAsync(IntakePath.Kafka, "tesla_V", Vectors.Payload(3), default, default)).ShouldBeFalse();
        await transaction.RollbackAsync();

        (await before).ShouldBeTrue();
        await stopping;
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox")).ShouldBe(2);
        (await house.Database.ScalarAsync<decimal>("select sum(records) from teslamate.telemetry_usage")).ShouldBe(2);
    }

    [Fact]
    public async Task A_ping_is_answered_with_its_context()
    {
        using var publisher = new Publisher();
        var subscriber = new ZmtpSubscriber("127.0.0.1", publisher.Port, TimeProvider.System);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var reading = Task.Run(async () =>
        {
            await foreach (var message in subscriber.ReadAsync(stop.Token))
                return message;
            return [];
        });
        await publisher.AcceptAsync();

        (await publisher.PingAsync("abc"u8.ToArray())).ShouldBe([4, 8, 4, .. "PONG"u8, .. "abc"u8]);
        await publisher.PublishAsync("t", new byte[300]);
        (await reading).Select(frame => frame.Length).ShouldBe([1, 300]);
    }

    [Fact]
    public async Task A_record_of_a_car_that_is_not_ours_is_left_out()
    {
        await using var house = await House.StartAsync();
        var record = ProtobufForm.TryRead(RecordType.Data, Vectors.Payload(2))! with { Vin = "5YJ3E7EB2KF000099" };

        (await house.Records.TakeAsync(IntakePath.Kafka, "tesla_V", ProtobufForm.Write(record), default, default)).ShouldBeTrue();

        house.Records.Strangers.ShouldBe(1);
        (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox")).ShouldBe(0);
    }

    [Fact]
    public void Values_of_half_a_second_are_one_record()
    {
        var time = new ManualTime(Vectors.T);
        var groups = new MqttGrouping(time);
        groups.Take($"{Vectors.Vin}/v/Gear", "\"ShiftStateD\""u8.ToArray(), isRetained: false);
        time.Advance(TimeSpan.FromMilliseconds(300));
        groups.Take($"{Vectors.Vin}/v/VehicleSpeed", "31.068559611866696"u8.ToArray(), isRetained: false);
        groups.Take($"{Vectors.Vin}/v/Soc", "62.5"u8.ToArray(), isRetained: true);
        groups.Due(time.GetUtcNow()).ShouldBeEmpty();
        time.Advance(TimeSpan.FromMilliseconds(200));

        var record = groups.Due(time.GetUtcNow()).ShouldHaveSingleItem();
        record.CreatedAt.ShouldBe(Vectors.T);
        record.IsResend.ShouldBeFalse();
        record.Values.Select(datum => datum.Field).ShouldBe([10, 4]);

        // Retained values, and those right after a connection, may be old.
        time.Advance(TimeSpan.FromMilliseconds(300));
        groups.Due(time.GetUtcNow()).ShouldHaveSingleItem().IsResend.ShouldBeTrue();
        groups.Take($"{Vectors.Vin}/connectivity", """{"ConnectionId":"a","Status":"CONNECTED","CreatedAt":"2026-06-01T08:00:00Z"}"""u8.ToArray(),
            isRetained: false);
        groups.Take($"{Vectors.Vin}/v/Soc", "62.5"u8.ToArray(), isRetained: false);
        time.Advance(TimeSpan.FromSeconds(1));
        groups.Due(time.GetUtcNow()).ShouldHaveSingleItem().IsResend.ShouldBeTrue();
    }

    [Fact]
    public void While_nobody_takes_what_is_due_the_values_of_other_half_seconds_are_other_records()
    {
        var time = new ManualTime(Vectors.T);
        var groups = new MqttGrouping(time);
        foreach (var level in new[] { "62.5", "62.4", "62.3" })
        {
            groups.Take($"{Vectors.Vin}/v/Soc", Encoding.ASCII.GetBytes(level), isRetained: false);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        groups.Rest().Cast<TelemetryRecord.Data>().Select(record => record.CreatedAt)
            .ShouldBe([Vectors.T, Vectors.T.AddSeconds(1), Vectors.T.AddSeconds(2)]);
    }

    /// <summary>A publisher of ZeroMQ with one subscriber, byte by byte.</summary>
    sealed class Publisher : IDisposable
    {
        readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        TcpClient? _client;

        public Publisher()
        {
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        }

        public int Port { get; }

        public async Task AcceptAsync(bool isWrong = false)
        {
            _client?.Dispose();
            _client = await _listener.AcceptTcpClientAsync(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);
            var stream = _client.GetStream();
            await stream.ReadExactlyAsync(new byte[64]);
            var greeting = new byte[64];
            (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
            Encoding.ASCII.GetBytes(isWrong ? "CURVE" : "NULL").CopyTo(greeting, 12);
            await stream.WriteAsync(greeting);
            if (isWrong)
                return;
            (await FrameAsync(stream)).Body[1..6].ShouldBe("READY"u8.ToArray());
            await stream.WriteAsync(Convert.FromHexString("04190552454144590b536f636b65742d5479706500000003505542"));
            (await FrameAsync(stream)).Body.ShouldBe([1]);
        }

        public async Task PublishAsync(string topic, byte[] body)
        {
            var stream = _client!.GetStream();
            await WriteAsync(stream, 1, Encoding.ASCII.GetBytes(topic));
            await WriteAsync(stream, 0, body);
        }

        public async Task<byte[]> PingAsync(byte[] context)
        {
            var stream = _client!.GetStream();
            await WriteAsync(stream, 4, [4, .. "PING"u8, 0, 10, .. context]);
            var pong = new byte[2 + 5 + context.Length];
            await stream.ReadExactlyAsync(pong);
            return pong;
        }

        public void Drop() => _client?.Dispose();

        public void Dispose()
        {
            _client?.Dispose();
            _listener.Dispose();
        }

        static async Task WriteAsync(NetworkStream stream, byte flags, byte[] body)
        {
            if (body.Length > 255)
            {
                var head = new byte[9];
                head[0] = (byte)(flags | 2);
                BinaryPrimitives.WriteUInt64BigEndian(head.AsSpan(1), (ulong)body.Length);
                await stream.WriteAsync(head);
            }
            else
            {
                await stream.WriteAsync((byte[])[flags, (byte)body.Length]);
            }

            await stream.WriteAsync(body);
        }

        static async Task<(byte Flags, byte[] Body)> FrameAsync(NetworkStream stream)
        {
            var head = new byte[2];
            await stream.ReadExactlyAsync(head);
            var body = new byte[head[1]];
            await stream.ReadExactlyAsync(body);
            return (head[0], body);
        }
    }
}
