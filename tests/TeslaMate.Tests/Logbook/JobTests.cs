using Microsoft.Extensions.Hosting;
using Npgsql;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Geofences;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook;

public sealed class JobTests
{
    [Fact]
    public async Task The_composed_logbook_recovers_from_an_outage_by_itself()
    {
        await using var database = await LogbookDatabase.CreateAsync();
        await database.ExecuteAsync("insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at) values ('home', 1, 1, 50, "
            + "now(), now())");
        await using var proxy = new LossyProxy(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(proxy.ConnectionString);
        // An address where nobody answers: the jobs that need the network must not disturb the others.
        await using var instance = new LogbookInstance(source, settings: new()
        {
            SpoolFolder = Directory.CreateTempSubdirectory("logbook-").FullName,
            NominatimUrl = new("http://127.0.0.1:1"),
            TileSources = ["http://127.0.0.1:1/{1}"],
        });
        var jobs = instance.Get<IEnumerable<IHostedService>>().ToList();
        foreach (var job in jobs)
            await job.StartAsync(default);
        instance.Get<IGeofences>().Find(1, 1).ShouldNotBeNull().Name.ShouldBe("home");
        await instance.LeaseAsync();
        proxy.SwallowAnswers = true;
        proxy.Cut();
        (await instance.WriteAsync(new LogbookEntry.StartState(CarActivity.Online, At(0)))).ShouldBe(WriteResult.Buffered);
        (await instance.WriteAsync(new LogbookEntry.StartState(CarActivity.Asleep, At(1)))).ShouldBe(WriteResult.Buffered);
        instance.Get<IGeofences>().Find(1, 1).ShouldNotBeNull();
        proxy.SwallowAnswers = false;
        await database.WaitForCountAsync(2, "states");
        (await database.RowsAsync("select state::text from states order by id")).ShouldBe(["online", "asleep"]);
        foreach (var job in jobs)
            await job.StopAsync(default);
    }
}
