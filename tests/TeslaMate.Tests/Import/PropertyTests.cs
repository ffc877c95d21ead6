using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TeslaMate.Import.Reading;
using TeslaMate.Import.Running;
using TeslaMate.Import.TeslaFi;
using TeslaMate.Logbook.Cars;
using static TeslaMate.Tests.Import.CsvRow;

namespace TeslaMate.Tests.Import;

/// <summary>What holds for all files, however they are cut, mixed up and spoilt.</summary>
public sealed class PropertyTests
{
    /// <summary>Some days of a car, each ending in sleep; what happens follows from the seed.</summary>
    static List<CsvRow> Life(Random random, int days, int firstMonth = 5)
    {
        List<CsvRow> rows = [];
        var odometer = 1000.0;
        for (var day = 0; day < days; day++)
        {
            var time = new DateTime(2024, firstMonth, 1, 5, 0, 0, DateTimeKind.Unspecified).AddMonths(day);
            Add(2 + random.Next(4), Asleep);
            Add(2 + random.Next(3), Online);
            for (var part = random.Next(1, 5); part > 0; part--)
            {
                switch (random.Next(6))
                {
                    case 0:
                        Add(random.Next(1, 25), Offline);
                        break;
                    case 1:
                        Add(random.Next(1, 4), Asleep);
                        Add(random.Next(1, 4), Online);
                        break;
                    case 2:
                        var energy = 0.0;
                        Add(random.Next(2, 30), at => CsvRow.Charge(at, energy += 0.25));
                        Add(1, at => CsvRow.Charge(at, energy, "Complete"));
                        break;
                    default:
                        Add(random.Next(1, 20), at => Drive(at, odometer += random.Next(5) / 4.0, random.Next(30) == 0 ? "N" : "D"));
                        if (random.Next(4) == 0)
                        {
                            Add(random.Next(1, 20), Offline);
                            Add(random.Next(1, 5), at => Drive(at, odometer += 0.5));
                        }

                        Add(1, at => Park(at, odometer));
                        break;
                }

                Add(random.Next(3), Online);
            }

            Add(3, Asleep);

            void Add(int count, Func<string, CsvRow> row)
            {
                for (; count > 0; count--)
                {
                    rows.Add(row(time.ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture))
                        .On(time.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture))
                        with
                    { Odometer = odometer });
                    time = time.AddMinutes(random.Next(1, 4));
                }
            }
        }

        return rows;
    }

    static async Task<string> ImportedAsync(params IEnumerable<(string Name, CsvRow[] Rows)> files)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        foreach (var (name, rows) in files)
            import.Write(name, rows);
        var report = await import.ImportAsync();
        report.IsClean.ShouldBeTrue();
        report.Files.ShouldAllBe(file => file.Rows == file.Imported + file.Skipped + file.Rejected);
        return await import.EverythingAsync();
    }

    [Fact]
    public void However_the_rows_are_cut_doubled_and_mixed_up_they_become_the_same_logbook() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var rows = Life(random, days: 3).ToArray();
            List<(string, CsvRow[])> files = [];
            for (var (from, number) = (0, 1); from < rows.Length; number++)
            {
                var to = Math.Min(rows.Length, from + random.Next(1, 60));
                // Some of it is in the file before, too, and some of it twice; nothing is where it belongs.
                CsvRow[] part = [.. rows[Math.Max(0, from - random.Next(20))..to], .. rows[from..Math.Min(to, from + random.Next(5))]];
                if (random.Next(2) == 0)
                    random.Shuffle(part);
                files.Add(($"{number % 100:00}{2000 + (number / 100)}.csv", part));
                from = to;
            }

            return ImportedAsync(files).GetAwaiter().GetResult() == ImportedAsync(("052024.csv", rows)).GetAwaiter().GetResult();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Tests(8)));

    [Fact]
    public void The_order_in_which_months_come_does_not_matter() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => MonthsInAnyOrderAsync(new Random(seed)).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Tests(6)));

    static async Task<bool> MonthsInAnyOrderAsync(Random random)
    {
        var months = Life(random, days: 4).GroupBy(row => row.Date[..7]).Select(month => (Name: $"{month.Key[5..]}2024.csv", Rows: month.ToArray()))
            .ToArray();
        var inOrder = await ImportedAsync(months);
        random.Shuffle(months);
        await using var import = await ImportUnderTest.CreateAsync();
        foreach (var (name, rows) in months)
        {
            import.Write(name, rows);
            (await import.ImportAsync()).IsClean.ShouldBeTrue();
        }

        var differences = inOrder.Split('\n').Except((await import.EverythingAsync()).Split('\n')).ToList();
        differences.ShouldBeEmpty();
        return await import.EverythingAsync() == inOrder;
    }

    [Fact]
    public void A_file_that_grows_or_is_followed_by_another_brings_the_rest_wherever_it_ended() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => InTwoRunsAsync(new Random(seed)).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Tests(10)));

    static async Task<bool> InTwoRunsAsync(Random random)
    {
        var rows = Life(random, days: 2).ToArray();
        var end = random.Next(1, rows.Length);
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", rows[..end]);
        (await import.ImportAsync()).IsClean.ShouldBeTrue();
        if (random.Next(2) == 0)
            import.Write("052024.csv", rows);
        else
            import.Write("062024.csv", rows[end..]);
        (await import.ImportAsync()).IsClean.ShouldBeTrue();
        var (whole, grown) = (await ImportedAsync(("052024.csv", rows)), await import.EverythingAsync());
        var (before, after) = (whole.Split('\n'), grown.Split('\n'));
        grown.ShouldBe(whole, $"row {end} was the first that was new: {rows[end - 1]} / "
            + $"{rows[end]}\n{string.Join('\n', before.Except(after))}\n{string.Join('\n', after.Except(before))}");
        return true;
    }

    [Fact]
    public void Whatever_is_in_a_file_every_row_is_counted_once() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var bytes = Encoding.UTF8.GetBytes(Wide(Life(random, days: 1))).ToList();
            for (var change = random.Next(30); change > 0; change--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0:
                        bytes.RemoveAt(at);
                        break;
                    case 1:
                        bytes.InsertRange(at, Encoding.UTF8.GetBytes((string[])["\"", ",", "\n", "\r\n", "\0", "\uFFFF", "\"\"", "\n\n", "None",
                            "1e999", "\u0660"] is var bits ? bits[random.Next(bits.Length)] : ""));
                        break;
                    case 2:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    default:
                        bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(200)));
                        break;
                }
            }

            var folder = Directory.CreateTempSubdirectory("import-any-").FullName;
            try
            {
                var path = Path.Combine(folder, "052024.csv");
                File.WriteAllBytes(path, [.. bytes]);
                return IsCounted(new TeslaFiFile(path, TimeZoneInfo.Utc, "1"));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    static bool IsCounted(TeslaFiFile file)
    {
        var car = new Car { Id = new(1), Eid = 1, Vid = 1, Vin = ImportUnderTest.Vin, Settings = new CarSettings() };
        try
        {
            var (outcome, _) = FilePass.RunAsync(
                file, new CarIdentity(ImportUnderTest.Vin, 1111111111, IsChosen: true), new Coverage([]), new Coverage([]),
                new TeslaMate.Import.Running.Replay(car), new Nowhere(),
                progress: null, CancellationToken.None).GetAwaiter().GetResult();
            return outcome.Rows == outcome.Imported + outcome.Skipped + outcome.Rejections.Count;
        }
        catch (HistoryFileException exception)
        {
            return exception.Reason.Length > 0;
        }
    }

    sealed class Nowhere : IPieces
    {
        public Task WriteAsync(TeslaMate.Import.Running.Replay replay, CancellationToken cancellationToken)
            => throw new InvalidOperationException("a day is no such piece");

        public Task StartOverAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>How many cases are tried: <c>TESLAMATE_TEST_CASES</c> times as many as usual.</summary>
    static int Tests(int usual) => int.TryParse(Environment.GetEnvironmentVariable("TESLAMATE_TEST_CASES"), out var times) ? usual * times : usual;
}
