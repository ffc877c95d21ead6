using System.Reflection;
using TeslaMate.Database.Clusters;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>The SQL of this program as it is embedded in its assembly.</summary>
static class MigrationFiles
{
    static readonly Assembly Assembly = typeof(PrivateCluster).Assembly;

    /// <summary>The script that takes an empty database to the newest version.</summary>
    public static string Baseline { get; } = Text("baseline.sql");

    /// <summary>The paths of all files below <c>src/TeslaMate.Database/Migrations/Sql/public</c>.</summary>
    public static string[] Names => [.. Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal))];

    public static string Forward(long version) => Text(Names.Single(name => name.StartsWith($"V{version}__", StringComparison.Ordinal)));

    public static string Back(long version) => Text(Names.Single(name => name.StartsWith($"U{version}__", StringComparison.Ordinal)));

    /// <summary>The folder of files that a test makes up.</summary>
    public static MigrationFolder Folder(IEnumerable<(string Name, string Text)> files)
        => MigrationFolder.Read(files.Select(file => new MigrationFile(file.Name, file.Text)));

    /// <summary>The text of the file with this path below <c>src/TeslaMate.Database/Migrations/Sql/public</c>.</summary>
    public static string Text(string path)
    {
        using var stream = Assembly.GetManifestResourceStream(path)
            ?? throw new FileNotFoundException($"{path} is not embedded in TeslaMate.Database");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
