using System.CommandLine;
using System.Text.Json;
using Npgsql;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Import.Running;
using static TeslaMate.Tests.Import.CsvRow;

namespace TeslaMate.Tests.Import;

public sealed class ImportCommandTests : IDisposable
{
    readonly StringWriter _output = new();
    readonly StringWriter _error = new();

    [Fact]
    public async Task What_was_imported_is_told_to_programs()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("052024.csv", [.. Beginning, Drive("11:00", 1000), Park("11:02", 1001), Online("11:03").With("power", "x")]);
        (await RunAsync(import, new ImportRequest(import.Folder, "Etc/UTC"))).ShouldBe(ExitCode.Failure);
        var report = JsonDocument.Parse(_output.ToString()).RootElement;
        var file = report.GetProperty("files")[0];
        (file.GetProperty("name").GetString(), file.GetProperty("rows").GetInt32(), file.GetProperty("imported").GetInt32(),
            file.GetProperty("rejected").GetInt32(), file.GetProperty("state").GetString())
            .ShouldBe(("052024.csv", 6, 5, 1, "done"));
        var rejection = report.GetProperty("rejections")[0];
        (rejection.GetProperty("file").GetString(), rejection.GetProperty("line").GetInt32(), rejection.GetProperty("column").GetString(),
            rejection.GetProperty("reason").GetString())
            .ShouldBe(("052024.csv", 7, "power", "invalid_fields"));
        report.GetProperty("created").EnumerateObject().Select(count => (count.Name, count.Value.GetInt32())).ShouldBe([
            ("drives", 1), ("charging_processes", 0), ("positions", 4), ("charges", 0), ("states", 1), ("updates", 1),
        ]);

        _output.GetStringBuilder().Clear();
        (await RunAsync(import, new ImportRequest(import.Folder, "Etc/UTC"), json: false)).ShouldBe(ExitCode.Ok);
        _output.ToString().ShouldContain("nothing was imported twice");
    }

    [Fact]
    public async Task Mistakes_have_codes_of_their_own()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        (await RunAsync(import, new ImportRequest(import.Folder, "Etc/UTC"))).ShouldBe(ExitCode.Failure, "no files");
        import.Write("052024.csv", Beginning);
        (await RunAsync(import, new ImportRequest(import.Folder, "Middle/Nowhere"))).ShouldBe(ExitCode.Usage);
        (await RunAsync(import, new ImportRequest(import.Folder + "/none", "Etc/UTC"))).ShouldBe(ExitCode.Usage);
        (await RunAsync(import, new ImportRequest(import.Folder, "Etc/UTC") { Vin = "NOBODY" })).ShouldBe(ExitCode.Usage);
        (await ImportCommand.RunAsync(new Variables(new Dictionary<string, string>()), new ImportRequest(import.Folder, "Etc/UTC"), from: null,
            yes: true, json: true,
            new InvocationConfiguration { Output = _output, Error = _error }, CancellationToken.None)).ShouldBe(ExitCode.Configuration);
        foreach (var arguments in (string[][])[["import"], ["import", "x"], ["import", "x", "--from", "postgres://h/d"],
            ["import", "--from", "http://h/d"]])
            (await new ProgramCommand().RunAsync(arguments, _output, _error)).ShouldBe(ExitCode.Usage, string.Join(' ', arguments));
    }

    [Theory]
    [InlineData("postgres://me:secret@127.0.0.1:1/theirs", "theirs on 127.0.0.1:1: Connection refused")]
    [InlineData(null, "database \"no such one\" does not exist")]
    public async Task Another_database_that_cannot_be_reached_is_named_and_not_ones_own(string? address, string told)
    {
        await using var import = await ImportUnderTest.CreateAsync();
        var server = new NpgsqlConnectionStringBuilder(import.Database.ConnectionString);
        address ??= $"postgres:///no%20such%20one?host={Uri.EscapeDataString(server.Host!)}&port={server.Port}"
            + $"&user={Uri.EscapeDataString(server.Username!)}&password={Uri.EscapeDataString(server.Password ?? "none")}";
        (await RunAsync(import, new ImportRequest("", ""), json: false, from: new Uri(address))).ShouldBe(ExitCode.Failure);
        _error.ToString().ShouldSatisfyAllConditions(
            error => error.ShouldStartWith("No connection to the other database, "), error => error.ShouldContain(told),
            error => error.ShouldNotContain(server.Database!), error => error.ShouldNotContain("secret"));
    }

    [Fact]
    public async Task Whose_files_are_that_name_no_car_is_asked_for()
    {
        await using var import = await ImportUnderTest.CreateAsync();
        import.Write("driving_states.csv", """
            Timestamp (UTC),Latitude,Longitude,Shift State,Odometer (mi),Speed (mph)
            2024-05-01 10:00:00,52.5,13.4,P,1000,
            """);
        (await RunAsync(import, new ImportRequest(import.Folder, "Etc/UTC"), json: false)).ShouldBe(ExitCode.Failure);
        _output.ToString().ShouldContain("is said by --car VIN");
    }

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    Task<int> RunAsync(ImportUnderTest import, ImportRequest request, bool json = true, Uri? from = null)
    {
        var server = new NpgsqlConnectionStringBuilder(import.Database.ConnectionString);
        var variables = new Variables(new Dictionary<string, string>
        {
            ["DATABASE_NAME"] = server.Database!,
            ["DATABASE_USER"] = server.Username!,
            ["DATABASE_PASS"] = server.Password ?? "none",
            ["DATABASE_SOCKET_DIR"] = server.Host!,
            ["DATABASE_PORT"] = $"{server.Port}",
        });
        return ImportCommand.RunAsync(variables, request, from, yes: true, json,
            new InvocationConfiguration { Output = _output, Error = _error }, CancellationToken.None);
    }
}
