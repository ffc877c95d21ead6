using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

public sealed class MigrationFolderTests
{
    [Fact]
    public void The_folder_holds_the_105_versions_of_the_reference()
        => MigrationFolder.Embedded("").All.Select(migration => migration.Version).ShouldBe(RecordedSteps.Versions);

    [Theory]
    [InlineData("V1__a.sql;U1__a.sql;V01__b.sql;U2__b.sql", "claim the same version")]
    [InlineData("V1__a.sql;U1__a.sql;V2__a.sql;U2__a.sql", "have the same name")]
    [InlineData("V1__a.sql", "has no file that takes it back")]
    [InlineData("U1__a.sql", "takes back a version that no file leads to")]
    public void Files_that_contradict_each_other_are_refused(string names, string expected)
        => Should.Throw<InvalidDataException>(() => MigrationFiles.Folder(names.Split(';').Select(name => (name, "select 1;"))))
            .Message.ShouldContain(expected);

    [Fact]
    public void Versions_are_in_the_order_of_their_numbers_and_other_files_are_ignored()
        => MigrationFiles.Folder(new[] { "V10__b.sql", "U10__b.sql", "README.md", "V9__a.sql", "U9__a.sql", "notes.sql" }.Select(name => (name, "")))
            .All.Select(migration => migration.ToString()).ShouldBe(["9 a", "10 b"]);

    [Fact]
    public void The_checksum_is_Evolves_and_knows_no_line_ends_of_Windows()
    {
        new MigrationFile("V1__a.sql", "").Checksum.ShouldBe("D41D8CD98F00B204E9800998ECF8427E");
        new MigrationFile("V1__a.sql", "select 1;\r\n").Checksum.ShouldBe(new MigrationFile("V1__a.sql", "select 1;\n").Checksum);
    }

    [Fact]
    public void The_head_says_what_a_script_does()
    {
        var head = ScriptHead.Read("""
            -- Why it is done,
            -- in two lines.
            -- Rewrites: positions, charges
            -- Scans: drives
            -- Locks: access exclusive on addresses, positions, share on drives
            -- Loses: the colour of cars

            alter table positions add a int;
            -- Rewrites: nothing, this is not the head
            """);
        head.Summary.ShouldBe("Why it is done, in two lines.");
        head.Rewrites.ShouldBe(["positions", "charges"]);
        head.Scans.ShouldBe(["drives"]);
        head.Locks.ShouldBe([new("access exclusive", "addresses"), new("access exclusive", "positions"), new("share", "drives")]);
        head.StrongestLock.ShouldBe(new TableLock("access exclusive", "addresses"));
        head.Loses.ShouldBe(["the colour of cars"]);
    }

    [Fact]
    public void A_script_is_cut_at_steps_and_conditions()
    {
        var parts = new MigrationFile("V1__a.sql", "-- Why.\nselect 1;\n-- step: encrypt tokens\nselect 2;\n\n-- unless pending: 7\ncreate index "
            + "a\n    on b (c);\nselect 3;\n").Parts;
        parts.ShouldBe([
            new ScriptPart.Sql("-- Why.\nselect 1;\n"), new ScriptPart.Step("encrypt tokens"), new ScriptPart.Sql("select 2;\n\n"),
            new ScriptPart.UnlessPending(7, "create index a\n    on b (c);\n"), new ScriptPart.Sql("select 3;\n\n"),
        ]);
        new MigrationFile("V1__a.sql", "-- Nothing to do.\n").Parts.ShouldBeEmpty();
        Should.Throw<InvalidDataException>(() => new MigrationFile("V1__a.sql", "-- unless pending: 7\n").Parts);
    }

    [Fact]
    public void Every_head_names_tables_and_locks_that_the_engine_understands()
    {
        foreach (var script in MigrationFolder.Embedded("").All.SelectMany(migration => new[] { migration.Up, migration.Down }))
        {
            var lines = script.Text.Split('\n').TakeWhile(line => line.StartsWith("--", StringComparison.Ordinal)).ToList();
            Items("-- Rewrites:").ShouldBe(script.Head.Rewrites.Count, script.FileName);
            Items("-- Scans:").ShouldBe(script.Head.Scans.Count, script.FileName);
            Items("-- Locks:").ShouldBe(script.Head.Locks.Count, script.FileName);
            _ = script.Parts;

            int Items(string start) => lines.Where(line => line.StartsWith(start, StringComparison.Ordinal)).Sum(line => line.Split(',').Length);
        }
    }
}
