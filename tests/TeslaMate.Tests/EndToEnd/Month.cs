using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Lives;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Simulator.Clocks;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>Three cars' days as the logger saw them; lived once for all tests of the class.</summary>
public sealed class Month : IAsyncLifetime
{
    /// <summary>How many days pass: <c>TESLAMATE_TEST_DAYS</c>, up to a month of 30, which takes minutes; otherwise one working day.</summary>
    public static readonly int Days = int.TryParse(System.Environment.GetEnvironmentVariable("TESLAMATE_TEST_DAYS"), out var days) ? days : 1;

    internal IReadOnlyList<Life> Lives { get; private set; } = [];

    internal Logged Logged { get; private set; } = null!;

    internal IReadOnlyList<SimulatedCar> Cars { get; private set; } = [];

    internal DateTimeOffset End { get; private set; }

    internal IReadOnlyList<string> Log { get; private set; } = [];

    public async Task InitializeAsync()
    {
        (Lives, Logged, Cars, End, Log) = await LiveAsync(Days);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    internal static async Task<(IReadOnlyList<Life> Lives, Logged Logged, IReadOnlyList<SimulatedCar> Cars, DateTimeOffset End,
        IReadOnlyList<string> Log)> LiveAsync(
        int days, Func<TestDatabase, Task>? before = null, Func<TestDatabase, Task>? after = null)
    {
        (IReadOnlyList<Life>, Logged, IReadOnlyList<SimulatedCar>, DateTimeOffset, IReadOnlyList<string>) result = default;
        await NonParallelCollection.RunAsync(async () =>
        {
            var lives = ThreeCars.Lives(days);
            TeslaCloud? cloud = null;
            using var idle = new IdleDetector(() => cloud!.WaitingOnPurpose, () => cloud!.StreamMessages).Start();
            var time = new SteppedTime(ThreeCars.Start, idle.IsIdle);
            await using var running = cloud = new TeslaCloud(lives, time) { StreamInterval = TimeSpan.FromSeconds(5) };
            await cloud.StartAsync();
            await using var database = await TestServer.CreateDatabaseAsync();
            await ProgramUnderTest.PrepareAsync(database.ConnectionString, cloud, ThreeCars.Cars(lives) + ThreeCars.Geofences);
            if (before is not null)
                await before(database);
            var folder = Directory.CreateTempSubdirectory("teslamate-month-").FullName;
            try
            {
                await using var program = await ProgramUnderTest.StartAsync(database.ConnectionString, cloud, time, folder);
                await time.AdvanceToAsync(ThreeCars.Start.AddDays(days + 1));
                if (after is not null)
                    await after(database);
                result = (lives, await Logged.ReadAsync(database.TestSource), cloud.Cars, time.GetUtcNow(), program.Log.Lines);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return result;
    }
}
