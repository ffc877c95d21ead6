using System.Diagnostics;
using System.Text.RegularExpressions;
using TeslaMate.Web.Statistics;

namespace TeslaMate.SystemTests;

/// <summary><c>teslamate demo</c> as a newcomer meets it.</summary>
public sealed partial class DemoTests
{
    [Fact]
    public async Task As_soon_as_it_tells_its_address_every_page_has_all_its_figures()
    {
        using var demo = Process.Start(await ProgramCommand.OfAsync("demo", "--port", "0"))!;
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            var address = await AddressAsync(demo, limit.Token);
            using var http = new HttpClient { BaseAddress = new Uri(address) };
            List<string> troubles = [];
            foreach (var path in (string[])["/", "/drives", "/drive/1", "/charges", "/charge/1", .. StatisticsPages.All.Select(page => page.Path),
                "/driving?preset=all", "/charge-curve?preset=all", "/trip?preset=30d"])
            {
                using var response = await http.GetAsync(path, limit.Token);
                var page = await response.Content.ReadAsStringAsync(limit.Token);
                troubles.AddRange(Troubles(page).Prepend(response.IsSuccessStatusCode ? null : $"{response.StatusCode}").OfType<string>()
                    .Select(trouble => $"{path}: {trouble}"));
            }

            troubles.ShouldBeEmpty();
        }
        finally
        {
            await EndAsync(demo);
        }

        demo.ExitCode.ShouldBe(0);
    }

    /// <summary>What stands in the place of figures.</summary>
    static IEnumerable<string> Troubles(string page)
    {
        if (!Figure().IsMatch(page))
            yield return "no figure, chart, row or car";
        foreach (Match nothing in Nothing().Matches(page))
            yield return nothing.Value;
    }

    static async Task<string> AddressAsync(Process demo, CancellationToken cancellationToken)
    {
        List<string> said = [];
        while (await demo.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            said.Add(line);
            if (Pages().Match(line) is { Success: true } pages)
                return pages.Groups[1].Value;
        }

        throw new InvalidOperationException($"It ended: {string.Join('\n', said)}\n{await demo.StandardError.ReadToEndAsync(cancellationToken)}");
    }

    static async Task EndAsync(Process demo)
    {
        using var end = Process.Start("kill", ["-TERM", $"{demo.Id}"]);
        await end.WaitForExitAsync();
        // What it still says does not make it wait.
        await demo.StandardOutput.ReadToEndAsync();
        await demo.WaitForExitAsync();
    }

    [GeneratedRegex(@"Pages: (http://\S+)")]
    private static partial Regex Pages();

    [GeneratedRegex("""<dd>|<td|data-chart=|data-routes=|id="car_""")]
    private static partial Regex Figure();

    [GeneratedRegex("""<section class="empty"|<p class="nothing">(Nothing|Needs)[^<]*|id="left-out"[^<]*""")]
    private static partial Regex Nothing();
}
