using TeslaMate.Database.Clusters;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>The SQL of this program as it is embedded in its assembly.</summary>
static class MigrationFiles
{
    /// <summary>The script that takes an empty database to the newest version.</summary>
    public static string Baseline { get; } = Text("baseline.sql");

    /// <summary>The text of the file with this path below <c>src/TeslaMate.Database/Migrations</c>.</summary>
    public static string Text(string path)
    {
        using var stream = typeof(PrivateCluster).Assembly.GetManifestResourceStream(path)
            ?? throw new FileNotFoundException($"{path} is not embedded in TeslaMate.Database");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
