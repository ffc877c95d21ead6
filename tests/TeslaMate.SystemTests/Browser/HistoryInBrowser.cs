using System.Globalization;
using TeslaMate.Demo;
using TeslaMate.Simulator.Lives;

namespace TeslaMate.SystemTests.Browser;

/// <summary>A program with the two cars of the demo, and the two years behind them.</summary>
public sealed class HistoryInBrowser : ProgramInBrowser
{
    private protected override IReadOnlyList<Life> Lives(DateTimeOffset now) => DemoWorld.Lives(now);

    public override async Task PrepareAsync()
    {
        await Access.RemovePasswordAsync(CancellationToken.None);
        if (await ScalarAsync<long>("select count(*) from cars") == 0)
        {
            await DemoHistory.WriteAsync(Database, DemoWorld.Pasts(), TimeProvider.System.GetUtcNow(), CancellationToken.None);
            (await RunAsync("", "rebuild-statistics")).ExitCode.ShouldBe(0);
        }

        await SignInAsync();
        await WaitForAsync(Cloud.Cars.Count.ToString(CultureInfo.InvariantCulture), "select count(*)::text from cars");
    }
}
