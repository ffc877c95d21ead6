using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Telemetry;
using TeslaMate.Telemetry;
using TeslaMate.Telemetry.Intakes;
using TeslaMate.Telemetry.Records;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Mqtt;
using TeslaMate.Tests.Telemetry.Wire;
using Field = TeslaMate.Telemetry.Wire.Generated.Field;

namespace TeslaMate.Tests.Telemetry.Intakes;

/// <summary>The outputs of Tesla's own server at brokers: a real mosquitto, and the mock cluster of Kafka's library.</summary>
public class BrokerIntakeTests
{
    [SkippableFact]
    public async Task What_is_published_at_a_broker_is_stored_and_goes_on_after_the_brokers_restart()
    {
        await using var broker = await MosquittoServer.StartAsync();
        await using var house = await House.StartAsync();
        using var intake = house.Mqtt($"mqtt://127.0.0.1:{broker.Port}/telemetry");
        await intake.StartAsync(default);
        await using (var server = new TeslaServer(TimeProvider.System))
        {
            await server.ConnectMqttAsync(broker.Port);
            await PublishUntilStoredAsync(house, server, 1);
            (await house.Database.RowsAsync("select type, form, source from teslamate.telemetry_inbox order by id"))[0].ShouldBe("0|1|2");
            var connection = (await server.ConnectAsync(Car, "wifi", default))!;
            await house.Database.WaitForCountAsync(1, "teslamate.telemetry_inbox where type = 3");
            // What follows a connection may be old.
            await connection.SendAsync(ARecord(Field.Soc, 61), "t", default);
            await house.Database.WaitForCountAsync(1, "teslamate.telemetry_inbox where is_resend");
        }

        await broker.KillAsync();
        await broker.StartAgainAsync();
        await using (var again = new TeslaServer(TimeProvider.System))
        {
            await again.ConnectMqttAsync(broker.Port);
            var before = await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox");
            await PublishUntilStoredAsync(house, again, before + 1);
        }

        await intake.StopAsync(default);
    }

    [SkippableFact]
    public async Task What_is_published_before_it_is_known_who_streams_is_stored_when_it_is_also_at_a_stop()
    {
        await using var broker = await MosquittoServer.StartAsync();
        await using var house = await House.StartAsync(isListRead: false);
        using var intake = house.Mqtt($"mqtt://127.0.0.1:{broker.Port}/telemetry");
        await intake.StartAsync(default);
        await House.UntilAsync(() => intake.IsSubscribed);
        await using var server = new TeslaServer(TimeProvider.System);
        await server.ConnectMqttAsync(broker.Port);
        await server.PublishAsync(ARecord(Field.Soc, 61), default);
        await House.UntilAsync(() => intake.Taken > 0);

        var stopping = intake.StopAsync(default);
        await house.Cars.ReadAsync(default);
        await stopping;

        (await house.Database.RowsAsync("select type, form, source from teslamate.telemetry_inbox")).ShouldBe(["0|1|2"]);
    }

    [Fact]
    public async Task Offsets_of_Kafka_are_committed_after_the_rows_and_rows_wait_until_it_is_known_who_streams()
    {
        await using var house = await House.StartAsync(isWriting: false, isListRead: false);
        using var producer = new ProducerBuilder<string, byte[]>(
            new ProducerConfig { BootstrapServers = "mock" }.With("test.mock.num.brokers", "1")).Build();
        using var admin = new DependentAdminClientBuilder(producer.Handle).Build();
        var brokers = string.Join(',', admin.GetMetadata(TimeSpan.FromSeconds(30)).Brokers.Select(broker => $"{broker.Host}:{broker.Port}"));
        var headers = new Headers { { "txid", "t00000001"u8.ToArray() } };
        var sent = await producer.ProduceAsync("fleet_V",
            new Message<string, byte[]> { Key = Vectors.Vin, Value = Vectors.Payload(1), Headers = headers });
        using var intake = new KafkaIntake(
            new TelemetrySettings { Kafka = new KafkaAddress(brokers, "fleet") }, house.Records, TimeProvider.System,
            NullLogger<KafkaIntake>.Instance);
        await intake.StartAsync(default);

        // Nobody writes yet.
        await House.UntilAsync(() => house.Records.Taken > 0);
        Committed(brokers, sent.TopicPartition).ShouldBe(Offset.Unset);
        await house.Writer.StartAsync(default);
        Committed(brokers, sent.TopicPartition).ShouldBe(Offset.Unset);
        await house.Cars.ReadAsync(default);
        await house.Database.WaitForCountAsync(1, "teslamate.telemetry_inbox");
        (await house.Database.RowsAsync("select type, form, source, encode(txid, 'escape') from teslamate.telemetry_inbox")).ShouldBe(
            ["0|0|3|t00000001"]);
        await House.UntilAsync(() => Committed(brokers, sent.TopicPartition) == new Offset(sent.Offset.Value + 1));
        await intake.StopAsync(default);
    }

    [Fact]
    public async Task A_broker_of_Kafka_that_is_away_is_told_of_once_however_often_it_is_tried()
    {
        await using var house = await House.StartAsync();
        var log = new RecordedLog();
        using var intake = new KafkaIntake(
            new TelemetrySettings { Kafka = new KafkaAddress("127.0.0.1:1", "fleet") }, house.Records, TimeProvider.System, log.For<KafkaIntake>());
        await intake.StartAsync(default);
        await House.UntilAsync(() => log.Lines.Count > 10);
        await intake.StopAsync(default);
        var warnings = log.Lines.Where(line => line.StartsWith("Warning", StringComparison.Ordinal)).ToList();
        warnings.ShouldNotBeEmpty();
        warnings.ShouldBeUnique();
        warnings.Count.ShouldBeLessThan(4);
    }

    static Offset Committed(string brokers, TopicPartition partition)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig { BootstrapServers = brokers, GroupId = "teslamate" }).Build();
        return consumer.Committed([partition], TimeSpan.FromSeconds(30))[0].Offset;
    }

    /// <summary>The intake may not be subscribed yet, and what is published before that is lost.</summary>
    static async Task PublishUntilStoredAsync(House house, TeslaServer server, long count)
    {
        for (var i = 0; i < 300; i++)
        {
            await server.PublishAsync(ARecord(Field.Soc, i / 4), default);
            await Task.Delay(200);
            if (await house.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_inbox") >= count)
                return;
        }

        throw new TimeoutException("Nothing was stored within a minute.");
    }

    static CarIdentity Car => CarIdentity.Number(1, "Car") with { Vin = Vectors.Vin };

    static TelemetryRecord.Data ARecord(Field field, double value) =>
        new(Vectors.Vin, TimeProvider.System.GetUtcNow(), false, [new Datum((int)field, TelemetryValue.Number.Of(value))]);
}

static class Configured
{
    /// <summary>A setting of the library that has no property.</summary>
    public static ProducerConfig With(this ProducerConfig configuration, string name, string value)
    {
        configuration.Set(name, value);
        return configuration;
    }
}
