namespace TeslaMate.Database.Migrations;

/// <summary>One version: the script that leads to it and the one that takes it back.</summary>
/// <param name="Version">14 digits for the reference's versions, small numbers for those of our own schema.</param>
/// <param name="Name">The file's label, words joined by <c>_</c>.</param>
sealed record Migration(long Version, string Name, MigrationFile Up, MigrationFile Down)
{
    /// <summary>The label as <c>changelog</c> holds it.</summary>
    public string Description => Name.Replace('_', ' ');

    public override string ToString() => $"{Version} {Name}";
}
