using System.Diagnostics;
using Npgsql;
using TeslaMate.Tests.EndToEnd;
using static TeslaMate.Tests.Import.CsvRow;

namespace TeslaMate.Tests.Import;

/// <summary>The command in a process of its own, killed at any moment and started again.</summary>
public sealed class KilledTests
{
    const int Months = 24;

    /// <summary><c>TESLAMATE_TEST_KILLS</c>, otherwise as many as take a few seconds.</summary>
    static readonly int Kills = int.TryParse(Environment.GetEnvironmentVariable("TESLAMATE_TEST_KILLS"), out var kills) ? kills : 10;

    [Fact]
    public async Task An_import_that_is_killed_and_started_again_ends_with_the_same_rows()
    {
        await using var undisturbed = await ImportUnderTest.CreateAsync();
        Write(undisturbed);
        // The first start compiles and reads from disk what the later ones find at hand.
        await RunAsync(undisturbed);
        var expected = await undisturbed.EverythingAsync();
        expected.Length.ShouldBeGreaterThan(10_000);

        var random = new Random(4711);
        var (hits, middle, left) = (0, 0, Kills);
        while (left > 0)
        {
            await using var import = await ImportUnderTest.CreateAsync();
            Write(import);
            // Several times into one database, so that what a killed one left is killed again.
            for (var times = Math.Min(left, random.Next(1, 6)); times > 0; times--, left--)
            {
                var before = await FilesAsync(import);
                await using var program = Start(import);
                // Some before it has written anything, most in the middle of it.
                var count = before + random.Next(Months / 5);
                for (var clock = Stopwatch.StartNew(); !program.HasExited && await FilesAsync(import) < count
                    && clock.Elapsed < TimeSpan.FromMinutes(1);)
                    await Task.Delay(1);
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(40)));
                hits += program.HasExited ? 0 : 1;
                await program.KillAsync();
                middle += await FilesAsync(import) is > 0 and < Months ? 1 : 0;
            }

            await RunAsync(import);
            var rows = await import.EverythingAsync();
            (rows == expected).ShouldBeTrue($"{left} kills were left; differs in "
                + $"{string.Join('\n', rows.Split('\n').Except(expected.Split('\n')).Take(5))}");
            (await import.Database.RowsAsync("select status from import_runs")).ShouldBe(["complete"]);
        }

        hits.ShouldBeGreaterThan(Kills / 2);
        middle.ShouldBeGreaterThan(0);
    }

    /// <summary>Files that end in the middle of drives and of charges.</summary>
    static void Write(ImportUnderTest import)
    {
        List<CsvRow> rows = [];
        for (var month = 0; month < Months; month++)
        {
            var start = new DateTime(2022, 1, 1).AddMonths(month);
            var odometer = 1000.0 + (100 * month);
            rows.AddRange(Day(start, odometer, 40).Concat(Day(start.AddDays(20), odometer + 50, 60)));
        }

        var length = rows.Count / Months;
        for (var month = 0; month < Months; month++)
        {
            // Each has some rows of the one before, too.
            var from = (month * length) - (month == 0 ? 0 : month * 7 % 50);
            var to = month == Months - 1 ? rows.Count : (month + 1) * length;
            import.Write($"{(month % 12) + 1:00}{2022 + (month / 12)}.csv", rows[from..to]);
        }

        static IEnumerable<CsvRow> Day(DateTime day, double odometer, int minutes) => new[]
        {
            Minutes("06:00", 3, Asleep), Minutes("06:30", 2, time => Online(time) with { Odometer = odometer }),
            Minutes("08:00", minutes, time => Drive(time, odometer += 0.5)), Minutes("10:00", 1, time => Park(time, odometer)),
            Minutes("12:00", minutes, time => CsvRow.Charge(time, 1) with { Odometer = odometer }),
            Minutes("14:00", 1, time => CsvRow.Charge(time, 2, "Complete") with { Odometer = odometer }), Minutes("20:00", 3, Asleep),
        }.SelectMany(rows => rows).Select(row => row.On($"{day:yyyy-MM-dd}"));
    }

    static Task<long> FilesAsync(ImportUnderTest import) => import.Database.ScalarAsync<long>("select count(*) from teslamate.import_files");

    static async Task RunAsync(ImportUnderTest import)
    {
        await using var program = Start(import);
        await program.WaitForExitAsync();
        (await FilesAsync(import)).ShouldBe(Months, await File.ReadAllTextAsync(Log(import)));
    }

    static string Log(ImportUnderTest import) => import.Folder + "/log";

    static ProgramProcess Start(ImportUnderTest import)
    {
        var server = new NpgsqlConnectionStringBuilder(import.Database.ConnectionString);
        return ProgramProcess.Start(
            new Dictionary<string, string>
            {
                ["DATABASE_NAME"] = server.Database!,
                ["DATABASE_USER"] = server.Username!,
                ["DATABASE_PASS"] = server.Password ?? "none",
                [server.Host!.StartsWith('/') ? "DATABASE_SOCKET_DIR" : "DATABASE_HOST"] = server.Host!,
                ["DATABASE_PORT"] = $"{server.Port}",
                ["SRTM_CACHE"] = import.Folder + "/tiles",
            },
            Log(import), "import", import.Folder, "--timezone", "Etc/UTC", "--yes");
    }
}
