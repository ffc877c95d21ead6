using System.Text;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Http;
using TeslaMate.Tesla.Json;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Tesla.Accounts;

namespace TeslaMate.Tests.Tesla.Http;

public class MutatedAnswersTests
{
    [Fact]
    public async Task Ten_thousand_mutated_answers_are_cars_or_errors_and_every_oddity_is_told_once()
    {
        var random = new Random(42);
        byte[][] seeds = [.. new[] { Samples.Parked, Samples.Driving, Samples.Charging, Samples.Asleep,
            Samples.Products }.Select(Encoding.UTF8.GetBytes)];
        int[] statuses = [200, 201, 302, 401, 403, 408, 429, 500, 503];
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            byte[] body;
            lock (random)
            {
                body = Mutation.Of(seeds[random.Next(seeds.Length)], random);
                context.Response.StatusCode = random.Next(4) > 0 ? 200 : statuses[random.Next(statuses.Length)];
                context.Response.ContentType = random.Next(10) > 0 ? "application/json" : "text/html";
            }

            await context.Response.Body.WriteAsync(body);
        });
        using var log = new RecordedLog();
        var settings = new TeslaSettings { ApiHost = server.Address };
        using var transport = new Transport(settings);
        var api = new TeslaApi(
            transport, new HttpSender(log.For<HttpSender>(), TimeProvider.System),
            new KnownAccess(Samples.Pair("known-secret-access", "known-secret-refresh")),
            new VehicleReader(new Oddities(log.For<Oddities>(), TimeProvider.System)), settings, TimeProvider.System, log.For<TeslaApi>());

        var (cars, errors) = (0, 0);
        // What other tests of this process hold is not judged here.
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await Parallel.ForEachAsync(Enumerable.Range(0, 10_000), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, cancellationToken) =>
        {
            if (i % 10 == 0)
                Count(await api.ListAsync(_ => false, cancellationToken));
            else
                Count(await api.GetWithStateAsync(new Eid(42), cancellationToken));
        });

        (cars + errors).ShouldBe(10_000);
        cars.ShouldBeGreaterThan(1_000);
        errors.ShouldBeGreaterThan(1_000);
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(300L * 1024 * 1024);
        var oddities = log.Lines.Where(line => line.StartsWith("Warning: Tesla's field", StringComparison.Ordinal)).ToList();
        oddities.ShouldNotBeEmpty();
        oddities.ShouldBeUnique();
        log.Everything.ShouldNotContain("known-secret");

        void Count<T>(ApiAnswer<T> answer) => Interlocked.Increment(ref answer is ApiAnswer<T>.Ok ? ref cars : ref errors);
    }
}
