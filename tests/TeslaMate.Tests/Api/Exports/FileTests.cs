using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Xml.Linq;
using TeslaMate.Api.Exports;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Tests.Api.Data;

namespace TeslaMate.Tests.Api.Exports;

/// <summary>Files that are more than rows (spec api 3).</summary>
public sealed class FileTests(DataUnderTest data) : IClassFixture<DataUnderTest>
{
    static readonly XNamespace Gpx = "http://www.topografix.com/GPX/1/1";

    [Fact]
    public async Task A_drive_as_gpx()
    {
        var file = XDocument.Parse(await data.TextAsync("/data/v1/drives/7/positions.gpx"));
        file.Root!.Name.ShouldBe(Gpx + "gpx");
        file.Root.Attribute("version")!.Value.ShouldBe("1.1");
        // The way was not recorded for 15 minutes, twice: three parts.
        file.Root.Elements(Gpx + "trk").ShouldHaveSingleItem().Elements(Gpx + "trkseg").Count().ShouldBe(3);
        var points = file.Descendants(Gpx + "trkpt").ToList();
        points.Select(point => point.Attribute("lat")!.Value).ShouldBe(["47.376901", "47.250000", "47.166100"]);
        points.Select(point => point.Element(Gpx + "ele")?.Value).ShouldBe(["408", null, "425"]);
        points.Select(point => point.Element(Gpx + "time")!.Value)
            .ShouldBe(["2026-07-04T08:00:00.250Z", "2026-07-04T08:15:00.700Z", "2026-07-04T08:30:40.000Z"]);
        points.ShouldAllBe(point => point.Element(Gpx + "extensions") == null);
    }

    [Fact]
    public async Task A_window_as_gpx_has_a_track_for_each_drive_and_its_charges()
    {
        var file = XDocument.Parse(
            await data.TextAsync("/data/v1/cars/1/positions.gpx?from=2026-07-01&to=2026-07-10&waypoints=charges&extensions=1"));
        file.Root!.Elements().Select(element => element.Name.LocalName).ShouldBe(["wpt", "trk", "trk"]);
        file.Root.Element(Gpx + "wpt")!.Element(Gpx + "name")!.Value.ShouldBe("Seestrasse 12, Zug");
        file.Root.Element(Gpx + "wpt")!.Element(Gpx + "desc")!.Value.ShouldBe("24.30 kWh");
        file.Descendants(XNamespace.Get("urn:teslamate:gpx:1") + "speed_kmh").Select(speed => speed.Value).ShouldBe(["112", "0"]);
    }

    [Fact]
    public async Task A_window_without_anything_is_still_gpx()
        => XDocument.Parse(await data.TextAsync("/data/v1/cars/2/positions.gpx")).Root!.Elements().ShouldBeEmpty();

    [Fact]
    public async Task Drives_as_geojson()
    {
        var file = JsonDocument.Parse(await data.TextAsync("/data/v1/drives.geojson?order=start")).RootElement;
        file.GetProperty("type").GetString().ShouldBe("FeatureCollection");
        var (first, second) = (file.GetProperty("features")[0], file.GetProperty("features")[1]);
        first.GetProperty("properties").GetProperty("id").GetInt32().ShouldBe(7);
        // Three points that do not hang together make no line.
        first.GetProperty("geometry").ValueKind.ShouldBe(JsonValueKind.Null);
        second.GetProperty("geometry").ValueKind.ShouldBe(JsonValueKind.Null);
        await data.Database.ExecuteAsync("""
            insert into positions (id, car_id, drive_id, date, latitude, longitude, elevation) values
                (201, 1, 7, '2026-07-04 08:00:01.25', 47.377, 8.5418, 409), (202, 1, 7, '2026-07-04 08:00:02.25', 47.378, 8.5419, null)
            """);
        var line = JsonDocument.Parse(await data.TextAsync("/data/v1/drives.geojson?order=start&fields=id,distance_km")).RootElement.GetProperty(
            "features")[0];
        await data.Database.ExecuteAsync("delete from positions where id in (201, 202)");
        line.GetProperty("geometry").GetRawText().ShouldBe(
            """{"type":"LineString","coordinates":[[8.541702,47.376901,408],[8.541800,47.377000,409],[8.541900,47.378000]]}""");
        line.GetProperty("properties").GetRawText().ShouldBe(
            """{"id":7,"distance_km":25.5,"times":["2026-07-04T08:00:00.250Z","2026-07-04T08:00:01.250Z","2026-07-04T08:00:02.250Z"]}""");
    }

    [Fact]
    public async Task Geofences_as_geojson()
    {
        var fence = JsonDocument.Parse(await data.TextAsync("/data/v1/geofences", "application/geo+json")).RootElement.GetProperty("features")[0];
        fence.GetProperty("geometry").GetRawText().ShouldBe("""{"type":"Point","coordinates":[8.541700,47.376900]}""");
        fence.GetProperty("properties").GetProperty("radius_m").GetInt32().ShouldBe(25);
    }

    [Fact]
    public async Task Everything_of_a_car_in_one_file()
    {
        using var client = data.Client();
        using var response = await client.GetAsync("/data/v1/cars/1/export.zip");
        response.Content.Headers.ContentDisposition!.FileName!.Trim('"').ShouldBe("archive_blue_all.zip");
        using var archive = new ZipArchive(new MemoryStream(await response.Content.ReadAsByteArrayAsync()));
        await CheckAsync(archive);
    }

    [Fact]
    public async Task The_same_by_the_command_line()
    {
        var file = new FileInfo(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".zip"));
        var variables = Variables();
        using var output = new StringWriter();
        using var error = new StringWriter();
        try
        {
            (await ExportCommand.RunAsync(variables, 1, file, output, error, CancellationToken.None)).ShouldBe(ExitCode.Ok, error.ToString());
            using (var archive = ZipFile.OpenRead(file.FullName))
                await CheckAsync(archive);
            File.GetUnixFileMode(file.FullName).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            (await ExportCommand.RunAsync(variables, 1, file, output, error, CancellationToken.None)).ShouldBe(ExitCode.Failure);
            error.ToString().ShouldContain(file.Name);
            (await ExportCommand.RunAsync(variables, 77, new FileInfo(file.FullName + "2"), output, error, CancellationToken.None))
                .ShouldBe(ExitCode.Failure);
            File.Exists(file.FullName + "2").ShouldBeFalse();
        }
        finally
        {
            file.Delete();
        }
    }

    async Task CheckAsync(ZipArchive archive)
    {
        archive.Entries.Select(entry => entry.FullName).ShouldBe(CarArchive.Files);
        foreach (var entry in archive.Entries)
        {
            var table = Path.GetFileNameWithoutExtension(entry.FullName);
            using var reader = new StreamReader(await entry.OpenAsync());
            var text = await reader.ReadToEndAsync();
            var columns = await data.Database.LinesAsync(
                $"select column_name::text from information_schema.columns where table_schema = 'public' and table_name = '{table}' order by "
                    + "ordinal_position");
            text.Split('\n')[0].ShouldBe(string.Join(',', columns), table);
        }

        using var drives = new StreamReader(await archive.GetEntry("drives.csv")!.OpenAsync());
        (await drives.ReadToEndAsync()).Split('\n').Skip(1).Where(line => line.Length > 0)
            .Select(line => int.Parse(line.Split(',')[0], CultureInfo.InvariantCulture)).Order().ShouldBe([7, 8]);
        using var cars = new StreamReader(await archive.GetEntry("cars.csv")!.OpenAsync());
        (await cars.ReadToEndAsync()).ShouldNotContain("5YJ3E1EA7KF317001");
    }

    Variables Variables()
    {
        var server = new Npgsql.NpgsqlConnectionStringBuilder(data.Database.ConnectionString);
        return new Variables(new Dictionary<string, string>
        {
            ["DATABASE_NAME"] = data.Database.Name,
            ["DATABASE_USER"] = server.Username!,
            ["DATABASE_PASS"] = server.Password ?? "none",
            [server.Host!.StartsWith('/') ? "DATABASE_SOCKET_DIR" : "DATABASE_HOST"] = server.Host,
            ["DATABASE_PORT"] = server.Port.ToString(CultureInfo.InvariantCulture),
        });
    }
}
