namespace TeslaMate.Tests.Database.Migrations;

public sealed class RowTests
{
    public static TheoryData<string, long> Samples
    {
        get
        {
            var data = new TheoryData<string, long>();
            foreach (var server in new[] { PostgresServer.Installed, PostgresServer.V17, PostgresServer.V18 })
            {
                foreach (var version in new[] { 20190330200000, 20190812191616, 20191003130650, 20191212215130, 20211022103654, 20260807090000 })
                    data.Add(server, version);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_database_left_by_the_reference_ends_with_the_rows_it_would_have(string server, long version)
    {
        await using var steps = await Steps.LeftAtAsync(version, server, withSamples: true);
        await steps.RecordAsync(version);
        await steps.Database.MigrateAsync();
        (await steps.RowsAsync()).ShouldBeTheLines(
            TestFiles.Unzipped($"left-at/{version}/expected.txt.gz").TrimEnd('\n').Split('\n'), $"left at {version}");
        (await steps.SchemaAsync()).ShouldBeTheLines(RecordedSteps.SchemaAt(RecordedSteps.Newest), $"left at {version}");
    }

    [Fact]
    public async Task A_step_whose_undo_names_no_loss_loses_nothing_back_and_forth()
    {
        await using var steps = await Steps.LeftAtAsync(20260807090000, withSamples: true);
        await steps.UpAsync(20260807090000);
        foreach (var version in RecordedSteps.Versions.Reverse())
        {
            var forward = MigrationFiles.Forward(version);
            var back = MigrationFiles.Back(version);
            var rows = await steps.RowsAsync();
            await steps.RunAsync(back);
            await steps.RunAsync(forward);
            if (!back.Contains("-- Loses:", StringComparison.Ordinal))
                (await steps.RowsAsync()).ShouldBeTheLines(rows, $"{version} back and forth");
            await steps.RunAsync(back);
        }

        await steps.UpAsync();
        (await steps.SchemaAsync()).ShouldBeTheLines(RecordedSteps.SchemaAt(RecordedSteps.Newest), "up again");
    }
}
