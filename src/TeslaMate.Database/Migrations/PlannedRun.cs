namespace TeslaMate.Database.Migrations;

/// <summary>One version to be run in one direction, or a repeatable migration.</summary>
/// <param name="Migration">Null for a version that this program does not know; it can only go back, by the script that the database keeps.</param>
/// <param name="Repeatable">A file without version that is run, instead of a version.</param>
sealed record PlannedRun(
    Chain Chain, long Version, string Name, bool Back, MigrationFile Script, Migration? Migration, RepeatableMigration? Repeatable = null)
{
    public string Label => Repeatable is null ? $"{(Chain is Chain.Own ? "teslamate " : "")}{Version} {Name}" : $"teslamate R__{Name}";

    public string Schema => Chain is Chain.Own ? "teslamate" : "public";

    public static PlannedRun Of(RepeatableMigration file)
        => new(Chain.Own, RepeatableMigration.Version, file.Name, Back: false, file.Script, Migration: null, file);
}
