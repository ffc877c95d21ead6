using System.Text.Json;
using TeslaMate.CommandLine;
using TeslaMate.Tests.Logbook.HistoryChanges;

namespace TeslaMate.Tests.CommandLine;

/// <summary><c>teslamate history</c> (spec api 2.6).</summary>
public sealed class HistoryCommandTests : EditedLog
{
    [Fact]
    public async Task Changes_are_shown_made_listed_and_undone()
    {
        var before = await DumpAsync();
        var (code, output, _) = await RunAsync("merge", "drive", "1", "2", "--dry-run");
        code.ShouldBe(ExitCode.Ok);
        output.ShouldContain("distance 15 -> 45");
        output.ShouldContain("drives 2: deleted");
        output.ShouldContain("31 positions: 2 -> 1");
        output.ShouldEndWith("Nothing was changed.\n");
        (await DumpAsync()).ShouldBe(before);

        (code, output, _) = await RunAsync("merge", "drive", "1", "2");
        code.ShouldBe(ExitCode.Ok);
        output.ShouldStartWith("change 1, car 1, ");
        (await RunAsync("list")).Output.ShouldContain(" by command line: merge drives 1, 2\n");
        (await RunAsync("show", "1")).Output.ShouldContain("drives 2: deleted");
        (await RunAsync("undo", "1")).Output.ShouldContain("undone ");
        (await DumpAsync()).ShouldBe(before);
        (code, _, var error) = await RunAsync("undo", "1");
        (code, error).ShouldBe((ExitCode.Failure, "The change 1 is undone already.\n"));
        (await RunAsync("show", "7")).Code.ShouldBe(ExitCode.Failure);
        (await RunAsync("list", "--car", "2")).Output.ShouldBe("Nothing was changed in the last 90 days.\n");
    }

    [Theory]
    [InlineData("split drive 1 --at 2024-05-01T10:10:00Z", "select count(*) from drives", "5")]
    [InlineData("split charge 1 --row 8", "select count(*) from charging_processes", "4")]
    [InlineData("trim drive 1 --from 2024-05-01T12:05:00+02:00", "select start_date from drives where id = 1", "10:05:00")]
    [InlineData("trim charge 1 --to 2024-05-01T12:20", "select end_date from charging_processes where id = 1", "12:20:00")]
    [InlineData("delete charge 1 2", "select count(*) from charges", "21")]
    [InlineData("place drive 1 --end start --geofence 0", "select start_geofence_id from drives where id = 1", "-")]
    [InlineData("place charge 1 --address 2", "select address_id from charging_processes where id = 1", "2")]
    [InlineData("cost 1 --value 0.5 --mode PerKwh", "select cost from charging_processes where id = 1", "3.68")]
    [InlineData("cost 1", "select cost from charging_processes where id = 1", "-")]
    [InlineData("tag drive 1 --add rain --add night", "select count(*) from teslamate.drive_tags", "2")]
    public async Task Each_edit_has_a_verb(string arguments, string sql, string expected)
    {
        var (code, _, error) = await RunAsync(arguments.Split(' '));
        code.ShouldBe(ExitCode.Ok, error);
        (await _database.RowAsync(sql)).ShouldBe(expected);
    }

    [Theory]
    [InlineData("split drive 1", ExitCode.Usage, "--row ID")]
    [InlineData("split drive 1 --at noon", ExitCode.Usage, "is no time")]
    [InlineData("place drive 1", ExitCode.Usage, "Give one of")]
    [InlineData("place drive 1 --geofence 1 --address 1", ExitCode.Usage, "Give one of")]
    [InlineData("tag drive 1", ExitCode.Usage, "Give one of")]
    [InlineData("merge drive 2 3", ExitCode.Failure, "six hours")]
    [InlineData("delete drive 99", ExitCode.Failure, "There is no drive 99.")]
    [InlineData("delete boat 1", ExitCode.Usage, "boat")]
    public async Task What_cannot_be_says_why(string arguments, int expected, string problem)
    {
        var (code, _, error) = await RunAsync(arguments.Split(' '));
        code.ShouldBe(expected);
        error.ShouldContain(problem);
    }

    [Fact]
    public async Task Programs_get_json()
    {
        var change = JsonDocument.Parse((await RunAsync("delete", "drive", "4", "--json")).Output).RootElement;
        change.GetProperty("change").GetProperty("edit").GetProperty("do").GetString().ShouldBe("delete");
        change.GetProperty("rows")[0].GetProperty("before").GetProperty("distance").GetDouble().ShouldBe(15);
        change.GetProperty("moves")[0].GetProperty("count").GetInt32().ShouldBe(31);
        JsonDocument.Parse((await RunAsync("list", "--json")).Output).RootElement[0].GetProperty("car_id").GetInt32().ShouldBe(1);
    }

    async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var root = new System.CommandLine.RootCommand { HistoryCommands.Create(CorrectionCommandTests.Settings(_database.ConnectionString)) };
        var parsed = root.Parse(["history", .. arguments]);
        var code = await parsed.InvokeAsync(new() { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        return (parsed.Errors.Count > 0 ? ExitCode.Usage : code, output.ToString(), error.ToString());
    }
}
