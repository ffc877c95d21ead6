using System.Collections.Frozen;
using System.Globalization;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>
/// The schema that the reference has at each of its versions, recorded in <c>schemas.txt</c> beside the migrations as the lines that change.
/// </summary>
static class RecordedSteps
{
    static readonly FrozenDictionary<long, string[]> Schemas = Read();

    /// <summary>The fingerprint of a database without any table.</summary>
    public static string[] Empty { get; } = ["schema public"];

    /// <summary>All versions, oldest first.</summary>
    public static long[] Versions { get; } = [.. Schemas.Keys.Order()];

    /// <summary>How many versions the reference has at release 4.2 (spec migrations 4).</summary>
    public const int Count = 105;

    public static long Newest => Versions[^1];

    /// <summary>The lines that <c>fingerprint.sql</c> prints at <paramref name="version"/>.</summary>
    public static string[] SchemaAt(long version) => Schemas[version];

    /// <summary>The lines of the version before, where undoing <paramref name="version"/> leads.</summary>
    public static string[] SchemaBefore(long version)
        => Array.IndexOf(Versions, version) is > 0 and var index ? SchemaAt(Versions[index - 1]) : Empty;

    static FrozenDictionary<long, string[]> Read()
    {
        var schemas = new Dictionary<long, string[]>();
        SortedSet<string> lines = new(["schema public"], StringComparer.Ordinal);
        long? version = null;
        foreach (var line in MigrationFiles.Text("schemas.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (line[..2])
            {
                case "@ ":
                    Keep();
                    version = long.Parse(line.AsSpan(2), CultureInfo.InvariantCulture);
                    break;
                case "+ ":
                    lines.Add(line[2..]);
                    break;
                case "- ":
                    lines.Remove(line[2..]).ShouldBeTrue($"schemas.txt removes at {version} what is not there: {line}");
                    break;
            }
        }

        Keep();
        return schemas.ToFrozenDictionary();

        void Keep()
        {
            if (version is { } complete)
                schemas.Add(complete, [.. lines]);
        }
    }
}
