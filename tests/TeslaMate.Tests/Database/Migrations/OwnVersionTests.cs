using System.Text.RegularExpressions;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>The versions of schema <c>teslamate</c>, forward and back.</summary>
public sealed partial class OwnVersionTests
{
    [Theory]
    [MemberData(nameof(PostgresServer.All), MemberType = typeof(PostgresServer))]
    public async Task Each_undo_gives_the_schema_of_the_version_before(string server)
    {
        await using var steps = await Steps.LeftAtAsync(RecordedSteps.Newest, server);
        await steps.ExecuteAsync("create schema teslamate");
        var versions = MigrationFolder.Embedded("teslamate/").All;
        List<string[]> schemas = [await SchemaAsync(steps)];
        foreach (var version in versions)
        {
            await steps.RunAsync(version.Up.Text);
            schemas.Add(await SchemaAsync(steps));
        }

        foreach (var (version, before) in versions.Zip(schemas).Reverse())
        {
            await steps.RunAsync(version.Down.Text);
            (await SchemaAsync(steps)).ShouldBeTheLines(before, $"{version.Down.FileName}");
        }
    }

    // What others see of both schemas; columns that come back are appended.
    static async Task<string[]> SchemaAsync(Steps steps)
    {
        var fingerprint = TestFiles.Text("fingerprint.sql");
        const string LeftOut = "nspname not in ('information_schema', 'teslamate')";
        fingerprint.ShouldContain(LeftOut);
        var lines = await steps.LinesAsync(fingerprint.Replace(LeftOut, "nspname <> 'information_schema'", StringComparison.Ordinal));
        return [.. lines.Select(line => Ordinal.Replace(line, "")).Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex(@" #\d\d")]
    static partial Regex Ordinal { get; }
}
