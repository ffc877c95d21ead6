using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

public sealed class ExpectedSchemaTests
{
    static readonly IReadOnlyList<long> Versions = [.. MigrationFolder.Embedded("").All.Select(migration => migration.Version)];

    [Fact]
    public void Whatever_is_doubtful_the_schema_shows_how_far_it_went()
    {
        var expected = ExpectedSchema.Recorded;
        for (var certain = 0; certain <= Versions.Count; certain += 15)
        {
            for (var reached = certain; reached <= Versions.Count; reached += 5)
            {
                var live = expected.At(Versions.Take(reached));
                var shown = expected.ShownIn(live, [.. Versions.Take(certain)], [.. Versions.Skip(certain)]);
                shown.ShouldBe(Versions.Skip(certain).Take(shown.Count));
                shown.Count.ShouldBeLessThanOrEqualTo(reached - certain);
                // What is left out has no visible work.
                expected.At(Versions.Take(certain + shown.Count)).ShouldBe(live, ignoreOrder: true);
            }
        }
    }
}
