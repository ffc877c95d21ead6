using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Faults;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;

namespace TeslaMate.Tests.Simulator.Clocks;

[Collection(NonParallelCollection.Name)]
public sealed class SteppedTimeTests
{
    static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public Task Timers_fire_in_order_at_exactly_their_time() => NonParallelCollection.RunAsync(async () =>
    {
        using var idle = new IdleDetector(() => 0, () => 0).Start();
        var time = new SteppedTime(Start, idle.IsIdle);
        var seen = new List<double>();
        var waits = new[] { 5.0, 0.001, 3600, 5, 86_400 }.Select(async seconds =>
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), time);
            lock (seen)
                seen.Add((time.GetUtcNow() - Start).TotalSeconds);
        }).ToList();

        await time.AdvanceAsync(TimeSpan.FromHours(2));
        seen.ShouldBe([0.001, 5, 5, 3600]);
        time.GetUtcNow().ShouldBe(Start.AddHours(2));
        await time.AdvanceAsync(TimeSpan.FromDays(1));
        await Task.WhenAll(waits);
    });

    [Fact]
    public Task The_clock_waits_for_answers_but_not_for_those_that_wait_for_the_clock() => NonParallelCollection.RunAsync(async () =>
    {
        SteppedTime? time = null;
        TeslaCloud? cloud = null;
        using var idle = new IdleDetector(() => cloud?.WaitingOnPurpose ?? 0, () => 0).Start();
        time = new SteppedTime(Start, idle.IsIdle);
        await using var running = cloud = new TeslaCloud(
            [new LifeScript(CarIdentity.Number(1, "Nimbus"), CarModel.Model3, City.Berlin().Home, Start).Park(TimeSpan.FromDays(1)).Build()], time);
        await cloud.StartAsync();
        cloud.Faults.Add(new FaultRule(new Fault.Slow(TimeSpan.FromSeconds(7)), [RequestKind.List], Times: 3));
        using var client = new HttpClient { BaseAddress = cloud.Address };
        client.DefaultRequestHeaders.Authorization = new("Bearer", cloud.Accounts.SignIn().Access);
        var answered = new List<TimeSpan>();
        var polling = PollAsync();
        await time.AdvanceAsync(TimeSpan.FromHours(1.01));
        await polling;

        answered.Take(4).ShouldBe([TimeSpan.FromSeconds(37), TimeSpan.FromSeconds(74), TimeSpan.FromSeconds(111), TimeSpan.FromSeconds(141)]);
        answered.Count.ShouldBe(119);

        async Task PollAsync()
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(30), time);
                if (time.GetUtcNow() - Start >= TimeSpan.FromHours(1))
                    return;
                await client.GetStringAsync("/api/1/products");
                answered.Add(time.GetUtcNow() - Start);
            }
        }
    });

    [Fact]
    public Task Another_process_follows() => NonParallelCollection.RunAsync(async () =>
    {
        using var idle = new IdleDetector(() => 0, () => 0).Start();
        var time = new SteppedTime(Start, idle.IsIdle);
        using var line = new ClockLine(time, Path.Combine(Path.GetTempPath(), $"clock-{Guid.NewGuid():N}"), () => 0);
        var joining = line.JoinAsync(CancellationToken.None);
        var follower = ClockLine.Follow(line.Path, idle.IsIdle, () => 0);
        await joining;
        follower.GetUtcNow().ShouldBe(Start);

        var waited = WaitAsync();
        await time.AdvanceAsync(TimeSpan.FromMinutes(1));
        (await waited).ShouldBe([Start.AddSeconds(10), Start.AddSeconds(20), Start.AddSeconds(30)]);
        follower.GetUtcNow().ShouldBe(Start.AddMinutes(1));

        async Task<List<DateTimeOffset>> WaitAsync()
        {
            var seen = new List<DateTimeOffset>();
            for (var i = 0; i < 3; i++)
            {
                await Task.Delay(TimeSpan.FromSeconds(10), follower);
                seen.Add(time.GetUtcNow());
            }

            return seen;
        }
    });
}
