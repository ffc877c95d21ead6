using Microsoft.Extensions.Logging.Abstractions;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Telemetry;
using TeslaMate.Telemetry;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Intakes;
using TeslaMate.Telemetry.Records;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Mqtt;
using TeslaMate.Tests.Telemetry.Wire;
using Field = TeslaMate.Telemetry.Wire.Generated.Field;

namespace TeslaMate.Tests.Telemetry.Intakes;

/// <summary>The outputs of Tesla's own server at brokers: a real mosquitto.</summary>
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

    sealed class House : IAsyncDisposable
    {
        House(LogbookDatabase database)
        {
            Database = database;
            Cars = new TelemetryCars(database.DataSource, new InboxTable(database.DataSource), new TelemetrySettings(), TimeProvider.System, NullLogger<TelemetryCars>.Instance);
            Writer = new InboxWriter(database.DataSource, new InboxSignal(), TimeProvider.System, NullLogger<InboxWriter>.Instance);
        }

        public LogbookDatabase Database { get; }

        public TelemetryCars Cars { get; }

        public InboxWriter Writer { get; }

        public static async Task<House> StartAsync()
        {
            var database = await LogbookDatabase.CreateAsync();
            await database.ExecuteAsync($"update cars set vin = '{Vectors.Vin}'; insert into teslamate.telemetry_cars (car_id) values (1)");
            var house = new House(database);
            await house.Cars.ReadAsync(default);
            await house.Writer.StartAsync(default);
            return house;
        }

        public MqttIntake Mqtt(string address) => new(
            new TelemetrySettings { Mqtt = new Uri(address) }, Cars, Writer, TimeProvider.System, NullLogger<MqttIntake>.Instance);

        public async ValueTask DisposeAsync()
        {
            await Writer.StopAsync(default);
            Writer.Dispose();
            Cars.Dispose();
            await Database.DisposeAsync();
        }
    }
}
