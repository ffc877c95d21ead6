using Microsoft.Extensions.Logging.Abstractions;
using TeslaMate.Telemetry;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Intakes;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Telemetry.Wire;

namespace TeslaMate.Tests.Telemetry.Intakes;

/// <summary>One streaming car's way from an intake to the inbox, without the program around it.</summary>
sealed class House : IAsyncDisposable
{
    House(LogbookDatabase database)
    {
        Database = database;
        Cars = new TelemetryCars(database.DataSource, new InboxTable(database.DataSource), new TelemetrySettings(), TimeProvider.System,
            NullLogger<TelemetryCars>.Instance);
        Writer = new InboxWriter(database.DataSource, new InboxSignal(), TimeProvider.System, NullLogger<InboxWriter>.Instance);
        Records = new RecordIntake(Cars, Writer, TimeProvider.System, NullLogger<RecordIntake>.Instance);
    }

    public LogbookDatabase Database { get; }

    public TelemetryCars Cars { get; }

    public InboxWriter Writer { get; }

    public RecordIntake Records { get; }

    /// <param name="isListRead">It is known already which cars stream.</param>
    public static async Task<House> StartAsync(bool isWriting = true, bool isListRead = true)
    {
        var database = await LogbookDatabase.CreateAsync();
        await database.ExecuteAsync($"update cars set vin = '{Vectors.Vin}'; insert into teslamate.telemetry_cars (car_id) values (1)");
        var house = new House(database);
        if (isListRead)
            await house.Cars.ReadAsync(default);
        if (isWriting)
            await house.Writer.StartAsync(default);
        return house;
    }

    public MqttIntake Mqtt(string address) => new(
        new TelemetrySettings { Mqtt = new Uri(address) }, Cars, Writer, TimeProvider.System, NullLogger<MqttIntake>.Instance);

    public static async Task UntilAsync(Func<bool> holds)
    {
        for (var i = 0; !holds(); i++)
        {
            if (i > 600)
                throw new TimeoutException("Not within a minute.");
            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Writer.StoppedAsync(default);
        Writer.Dispose();
        Cars.Dispose();
        await Database.DisposeAsync();
    }
}
