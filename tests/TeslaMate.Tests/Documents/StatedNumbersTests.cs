using System.Globalization;
using TeslaMate.Database;
using TeslaMate.Tests.Database.Migrations;
using TeslaMate.Tests.Nix;

namespace TeslaMate.Tests.Documents;

/// <summary>
/// Two numbers have one home each: which servers are supported (<see cref="SupportedServers"/>), and how many versions the reference has
/// (<see cref="RecordedSteps.Count"/>). Files that say them in words say the same.
/// </summary>
public sealed class StatedNumbersTests
{
    static string Range { get; } = $"PostgreSQL {SupportedServers.Range}";

    static string Steps { get; } = RecordedSteps.Count.ToString(CultureInfo.InvariantCulture);

    public static TheoryData<string, string> Sentences => new()
    {
        { "docs/settings.md", $"Supported servers: {Range}." },
        { "docs/spec/charts.md", $"It must run on {Range} " },
        { "src/TeslaMate.Database/Migrations/fingerprint.sql", $"equal on {Range}." },
        { "nix/module/postgresql.nix", $"versionAtLeast version \"{SupportedServers.Oldest}\" && versionOlder" },
        { "nix/module/postgresql.nix", $"|| versionAtLeast version \"{SupportedServers.Newest}\";" },
        { "nix/module/postgresql.nix", $"Supported are {SupportedServers.Oldest}, " },
        { "nix/module/postgresql.nix", $", and {SupportedServers.Newest}." },
        { "docs/spec/migrations.md", $"# Migrations: the database's history, all {Steps} steps" },
        { "src/TeslaMate.Database/Migrations/Sql/public/baseline.sql", $"The {Steps} steps lead to exactly this" },
    };

    [Theory]
    [MemberData(nameof(Sentences))]
    public void A_file_says_the_number_that_holds(string file, string sentence)
        => File.ReadAllText(Path.Combine(Evaluation.Root, file)).ShouldContain(sentence, Case.Sensitive);

    [Fact]
    public void There_are_as_many_steps_as_the_reference_has()
        => Directory.GetFiles(Path.Combine(Evaluation.Root, "src/TeslaMate.Database/Migrations/Sql/public"), "V*.sql").Length
            .ShouldBe(RecordedSteps.Count);
}
