using System.Diagnostics;
using System.Globalization;
using System.Text;
using nietras.SeparatedValues;
using Npgsql;
using Sylvan.Data.Csv;
using TeslaMate.CommandLine;
using TeslaMate.Database.Clusters;

namespace TeslaMate.Benchmarks.Import;

/// <summary>
/// Three years of one car: <c>teslamate import</c> in a process of its own, rows a second and its memory at most, beside rows that are inserted one
/// by one in the same run, and the CSV libraries on the same files. <c>dotnet run -c Release -- import [rows]</c>
/// </summary>
static class ImportMeasurements
{
    public static async Task RunAsync(int rows)
    {
        await using var cluster = await PrivateCluster.StartAsync(settings: ["shared_buffers = 512MB", "max_wal_size = 8GB"]);
        var folder = Directory.CreateTempSubdirectory("import-bench-").FullName;
        try
        {
            var (count, bytes) = YearsOfTeslaFi.Write(folder, rows);
            Print("generated", $"{count:N0} rows in {Directory.GetFiles(folder).Length} files, {bytes / 1e6:0} MB");
            MeasureReaders(folder, count);
            await MeasureSingleInsertsAsync(cluster);
            await MeasureImportAsync(cluster, folder, folder + ".tiles", count, "years", "first");
            await MeasureImportAsync(cluster, folder, folder + ".tiles", count, "years", "again");
            var one = Directory.CreateDirectory(folder + ".tiles/one").FullName;
            Join(folder, Path.Combine(one, "012021.csv"));
            await MeasureImportAsync(cluster, one, folder + ".tiles", count, "one", "in one file");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            Directory.Delete(folder + ".tiles", recursive: true);
        }
    }

    /// <summary>The same rows as one file.</summary>
    static void Join(string folder, string path)
    {
        using var all = new StreamWriter(path);
        var isFirst = true;
        foreach (var part in Directory.GetFiles(folder).Select(file => (File: file, Lines: File.ReadLines(file)))
            .OrderBy(part => part.Lines.ElementAt(1).Split(',')[1], StringComparer.Ordinal))
        {
            foreach (var line in part.Lines.Skip(isFirst ? 0 : 1))
                all.Write(line + "\n");
            isFirst = false;
        }
    }

    static async Task MeasureImportAsync(PrivateCluster cluster, string folder, string tiles, int count, string name, string what)
    {
        var environment = new Dictionary<string, string?>
        {
            ["DATABASE_SOCKET_DIR"] = cluster.Socket,
            ["DATABASE_USER"] = "postgres",
            ["DATABASE_NAME"] = name,
            ["DATABASE_PASS"] = "none",
            ["ENCRYPTION_KEY"] = "a key of the measurement's",
            ["SRTM_CACHE"] = tiles,
        };
        // The car's one tile, so that heights cost what they cost and nothing is fetched.
        Directory.CreateDirectory(tiles);
        if (!File.Exists(tiles + "/N52E013.hgt"))
            await File.WriteAllBytesAsync(tiles + "/N52E013.hgt", new byte[2 * 3601 * 3601]);
        if (what != "again")
        {
            await using (var administration = NpgsqlDataSource.Create(cluster.ConnectionString()))
            await using (var command = administration.CreateCommand($"create database {name}"))
                await command.ExecuteNonQueryAsync();
            await RunAsync(environment, "migrate");
        }

        var (elapsed, processor, peak, output) = await RunAsync(environment, "import", folder, "--timezone", "Etc/UTC", "--yes");
        Print($"import, {what}", $"{count / elapsed.TotalSeconds:N0} rows/s ({elapsed.TotalSeconds:0.0} s, {processor.TotalSeconds:0.0} s of a "
            + $"processor), {peak / 1e6:0} MB at most");
        Console.WriteLine("    " + string.Join("\n    ", output.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(2)));
    }

    static async Task<(TimeSpan Elapsed, TimeSpan Processor, long Peak, string Output)> RunAsync(Dictionary<string, string?> environment,
        params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ProgramCommand).Assembly.Location, .. arguments]) { RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The program did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var (peak, processor) = (0L, TimeSpan.Zero);
        while (!process.WaitForExit(50))
        {
            process.Refresh();
            try
            {
                (peak, processor) = (Math.Max(peak, process.PeakWorkingSet64), process.TotalProcessorTime);
            }
            catch (InvalidOperationException)
            {
                // It has just ended.
            }
        }

        return process.ExitCode == 0 ? (clock.Elapsed, processor, peak, await output) : throw new InvalidOperationException(await output);
    }

    /// <summary>What a row costs that is written alone, in a transaction of its own, as a logger does that knows only this one way.</summary>
    static async Task MeasureSingleInsertsAsync(PrivateCluster cluster)
    {
        await using var database = NpgsqlDataSource.Create(cluster.ConnectionString());
        await using var connection = await database.OpenConnectionAsync();
        await using (var table = new NpgsqlCommand("""
            create table alone (id serial primary key, date timestamp not null, latitude numeric(8, 6), longitude numeric(9, 6), speed smallint,
                power smallint, odometer double precision,
                ideal_battery_range_km numeric(6, 2), battery_level smallint, outside_temp numeric(4, 1));
            create index on alone (date);
            """, connection))
            await table.ExecuteNonQueryAsync();
        await using var command = new NpgsqlCommand(
            "insert into alone (date, latitude, longitude, speed, power, odometer, ideal_battery_range_km, battery_level, outside_temp) values "
                + "($1, $2, $3, $4, $5, $6, $7, $8, $9)", connection);
        object[] values = [new DateTime(2024, 1, 1), 52.5m, 13.4m, (short)30, (short)50, 1234.567, 300.25m, (short)70, 20.5m];
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.PrepareAsync();
        var (clock, written) = (Stopwatch.StartNew(), 0);
        for (; clock.Elapsed < TimeSpan.FromSeconds(10); written++)
            await command.ExecuteNonQueryAsync();
        Print("row by row, prepared, one connection", $"{written / clock.Elapsed.TotalSeconds:N0} rows/s");
    }

    /// <summary>All cells of all files, three columns of them as numbers, by each library.</summary>
    static void MeasureReaders(string folder, int count)
    {
        // Once to warm up, then three times in turns, so that all have the machine's moods; the fastest counts.
        var readers = new (string Name, Func<string, double> Read)[] { ("Sep", WithSep), ("Sylvan.Data.Csv", WithSylvan),
            ("CsvHelper", WithCsvHelper) };
        var best = readers.ToDictionary(reader => reader.Name, _ => (Time: TimeSpan.MaxValue, Allocated: 0L));
        for (var round = 0; round < 4; round++)
        {
            foreach (var (name, read) in readers)
            {
                var (clock, before) = (Stopwatch.StartNew(), GC.GetTotalAllocatedBytes(precise: true));
                _ = Directory.GetFiles(folder).Sum(read);
                if (round > 0 && clock.Elapsed < best[name].Time)
                    best[name] = (clock.Elapsed, GC.GetTotalAllocatedBytes(precise: true) - before);
            }
        }

        foreach (var (name, (time, allocated)) in best)
            Print($"{name}, all cells", $"{count / time.TotalSeconds:N0} rows/s, {allocated / 1e6:0.0} MB allocated");
    }

    static double WithSep(string path)
    {
        using var reader = Sep.New(',').Reader(options => options with { HasHeader = false, DisableColCountCheck = true, Unescape = true })
            .From(Open(path));
        var (sum, isHeader) = (0.0, true);
        foreach (var row in reader)
        {
            for (var i = 0; i < row.ColCount; i++)
                sum += row[i].Span.Length;
            if (!isHeader)
                sum += Number(row[21].Span) + Number(row[22].Span) + Number(row[26].Span);
            isHeader = false;
        }

        return sum;
    }

    static double WithSylvan(string path)
    {
        using var text = Open(path);
        using var reader = CsvDataReader.Create(text, new CsvDataReaderOptions { HasHeaders = false, BufferSize = 64 * 1024 });
        var (sum, isHeader) = (0.0, true);
        while (reader.Read())
        {
            for (var i = 0; i < reader.RowFieldCount; i++)
                sum += reader.GetFieldSpan(i).Length;
            if (!isHeader)
                sum += Number(reader.GetFieldSpan(21)) + Number(reader.GetFieldSpan(22)) + Number(reader.GetFieldSpan(26));
            isHeader = false;
        }

        return sum;
    }

    static double WithCsvHelper(string path)
    {
        // It gives cells as UTF-8.
        using var reader = CsvHelper.CsvReader.FromFile(path, new CsvHelper.CsvReaderOptions { HasHeader = false });
        var (sum, isHeader) = (0.0, true);
        while (reader.Read())
        {
            for (var i = 0; i < reader.FieldCount; i++)
                sum += reader.GetSpan(i).Length;
            if (!isHeader)
                sum += Number(reader.GetSpan(21)) + Number(reader.GetSpan(22)) + Number(reader.GetSpan(26));
            isHeader = false;
        }

        return sum;
    }

    static double Number(ReadOnlySpan<byte> cell)
        => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0;

    static double Number(ReadOnlySpan<char> cell)
        => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0;

    static StreamReader Open(string path) => new(path, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, bufferSize: 64 * 1024);

    static void Print(string what, string result) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {result}"));
}
