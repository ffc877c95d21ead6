using System.Globalization;
using System.Text.RegularExpressions;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// The migrations of one schema, found by their files' names: <c>V&lt;version&gt;__&lt;name&gt;.sql</c> with its <c>U…</c> beside it, and
/// <c>R__&lt;name&gt;.sql</c> for views and functions. Nothing else lists them.
/// </summary>
/// <param name="All">Oldest first.</param>
/// <param name="Repeatables">In the order of their names; they are made anew after the versions.</param>
/// <param name="Baseline">Takes an empty database to the newest version at once.</param>
sealed partial record MigrationFolder(
    IReadOnlyList<Migration> All, IReadOnlyList<MigrationFile> Repeatables, MigrationFile? Baseline)
{
    static readonly System.Reflection.Assembly Assembly = typeof(MigrationFolder).Assembly;

    public long Newest => All.Count == 0 ? 0 : All[^1].Version;

    public Migration? Find(long version) => All.FirstOrDefault(migration => migration.Version == version);

    /// <summary>The embedded migrations of a folder: "" for the reference's, <c>teslamate/</c> for our own.</summary>
    public static MigrationFolder Embedded(string folder) => Read(Files(folder));

    public static IEnumerable<string> EmbeddedTexts() => Files("").Concat(Files("teslamate/")).Select(file => file.Text);

    /// <summary>A text file embedded in this assembly.</summary>
    public static string Text(string path)
    {
        using var stream = Assembly.GetManifestResourceStream(path) ?? throw new FileNotFoundException($"{path} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <exception cref="InvalidDataException">Two files claim one version or one name, or one of a pair is missing.</exception>
    public static MigrationFolder Read(IEnumerable<MigrationFile> files)
    {
        Dictionary<long, MigrationFile> forward = [], back = [];
        List<MigrationFile> repeatables = [];
        MigrationFile? baseline = null;
        foreach (var file in files)
        {
            if (file.FileName == "baseline.sql")
                baseline = file;
            if (FileName.Match(file.FileName) is not { Success: true } parts)
                continue;
            if (parts.Groups["version"] is not { Success: true } number)
            {
                repeatables.Add(file);
                continue;
            }

            var version = long.Parse(number.ValueSpan, CultureInfo.InvariantCulture);
            var side = file.FileName.StartsWith('V') ? forward : back;
            if (!side.TryAdd(version, file))
                throw new InvalidDataException($"{file.FileName} and {side[version].FileName} claim the same version.");
        }

        if (forward.FirstOrDefault(file => !back.ContainsKey(file.Key)).Value is { } final)
            throw new InvalidDataException($"{final.FileName} has no file that takes it back, U{final.FileName[1..]}.");
        if (back.FirstOrDefault(file => !forward.ContainsKey(file.Key)).Value is { } alone)
            throw new InvalidDataException($"{alone.FileName} takes back a version that no file leads to.");
        if (forward.Values.GroupBy(file => file.Name).FirstOrDefault(group => group.Count() > 1) is { } twins)
            throw new InvalidDataException($"These files have the same name: {string.Join(", ", twins.Select(file => file.FileName))}.");
        return new MigrationFolder(
            [.. forward.OrderBy(file => file.Key).Select(file => new Migration(file.Key, file.Value, back[file.Key]))],
            [.. repeatables.OrderBy(file => file.Name, StringComparer.Ordinal)], baseline);
    }

    // Texts are read when they are first asked for.
    static IEnumerable<MigrationFile> Files(string folder)
        => from resource in Assembly.GetManifestResourceNames()
           where resource.StartsWith(folder, StringComparison.Ordinal) && resource.EndsWith(".sql", StringComparison.Ordinal)
           let name = resource[folder.Length..]
           where !name.Contains('/', StringComparison.Ordinal)
           select new MigrationFile(name, new Lazy<string>(() => Text(resource)));

    [GeneratedRegex(@"^([VU](?<version>\d+)|R)__\w+\.sql$")]
    static partial Regex FileName { get; }
}
