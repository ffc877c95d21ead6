using System.Text.RegularExpressions;

namespace TeslaMate.Tests.Database.Migrations;

public sealed partial class SchemaTests
{
    [Fact]
    public void Every_recorded_version_has_a_file_for_each_direction()
    {
        string[] expected = [.. RecordedSteps.Versions.SelectMany(version => new[] { $"U{version}", $"V{version}" }).Order(StringComparer.Ordinal)];
        MigrationFiles.Names.Where(name => Pair.IsMatch(name)).Select(name => name[..15]).Order(StringComparer.Ordinal).ShouldBe(expected);
        MigrationFiles.Names.Where(name => Pair.IsMatch(name)).Select(name => name[1..]).Distinct().Count().ShouldBe(RecordedSteps.Count);
    }

    [Theory]
    [MemberData(nameof(PostgresServer.All), MemberType = typeof(PostgresServer))]
    public async Task Each_version_gives_the_recorded_schema_and_its_undo_the_one_before(string server)
    {
        await using var steps = await Steps.OnEmptyDatabaseAsync(server);
        foreach (var version in RecordedSteps.Versions)
        {
            await steps.RunAsync(MigrationFiles.Forward(version));
            (await steps.SchemaAsync()).ShouldBeTheLines(RecordedSteps.SchemaAt(version), $"up to {version}");
        }

        foreach (var version in RecordedSteps.Versions.Reverse())
        {
            await steps.RunAsync(MigrationFiles.Back(version));
            WithoutOrder(await steps.SchemaAsync()).ShouldBeTheLines(WithoutOrder(RecordedSteps.SchemaBefore(version)), $"{version} undone");
        }

        await steps.UpAsync();
        (await steps.SchemaAsync()).ShouldBeTheLines(RecordedSteps.SchemaAt(RecordedSteps.Newest), "up again");
    }

    [Theory]
    [MemberData(nameof(PostgresServer.All), MemberType = typeof(PostgresServer))]
    public async Task The_baseline_equals_all_steps(string server)
    {
        await using var stepwise = await Steps.LeftAtAsync(RecordedSteps.Newest, server);
        await using var atOnce = await Steps.OnEmptyDatabaseAsync(server);
        await atOnce.RunAsync(MigrationFiles.Baseline);
        (await atOnce.SchemaAsync()).ShouldBeTheLines(await stepwise.SchemaAsync(), "schema");
        (await atOnce.RowsAsync()).ShouldBeTheLines(await stepwise.RowsAsync(), "rows");
        // What the recorded facts leave out.
        foreach (var detail in new[]
        {
            "select conrelid::regclass || ' ' || conname || ' ' || contype::text from pg_constraint where conrelid <> 0 and "
                + "connamespace::regnamespace::text in ('public', 'private') order by 1",
            "select seqrelid::regclass || ' ' || (to_jsonb(s) - 'seqrelid')::text from (select seqrelid, seqstart, seqincrement, seqmax, seqmin, "
                + "seqcache, seqcycle from pg_sequence) as s order by 1",
            "select schemaname || sequencename || ' ' || coalesce(last_value, 0) from pg_sequences order by 1",
            "select extname || ' ' || extversion from pg_extension order by 1",
        })
        {
            (await atOnce.LinesAsync(detail)).ShouldBeTheLines(await stepwise.LinesAsync(detail), detail);
        }
    }

    // Columns that come back are appended, so that their ordinals, and those of the ones behind them, differ.
    static string[] WithoutOrder(IEnumerable<string> lines) => [.. lines.Select(line => Ordinal.Replace(line, "")).Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"^[UV]\d{14}__\w+\.sql$")]
    static partial Regex Pair { get; }

    [GeneratedRegex(@" #\d\d")]
    static partial Regex Ordinal { get; }
}
