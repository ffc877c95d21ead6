using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// The migrations of one schema, found by their files' names: <c>V&lt;version&gt;__&lt;name&gt;.sql</c> with its <c>U…</c> beside it, and
/// <c>R__&lt;name&gt;.sql</c> for views and functions. Nothing else lists them.
/// </summary>
sealed partial class MigrationFolder
{
    MigrationFolder(IReadOnlyList<Migration> all, IReadOnlyList<RepeatableMigration> repeatables, MigrationFile? baseline)
    {
        All = all;
        Repeatables = repeatables;
        Baseline = baseline;
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Migration> All { get; }

    /// <summary>Views and functions, in the order of their names; they are made anew after the versions.</summary>
    public IReadOnlyList<RepeatableMigration> Repeatables { get; }

    /// <summary>Takes an empty database to the newest version at once.</summary>
    public MigrationFile? Baseline { get; }

    public long Newest => All.Count == 0 ? 0 : All[^1].Version;

    public Migration? Find(long version) => All.FirstOrDefault(migration => migration.Version == version);

    /// <summary>
    /// The migrations embedded in this assembly, below <paramref name="folder"/> ("" for the reference's, <c>teslamate/</c> for our own).
    /// </summary>
    public static MigrationFolder Embedded(string folder)
    {
        var assembly = typeof(MigrationFolder).Assembly;
        return Read(Names(assembly, folder).Select(name => (name, Text(assembly, folder + name))));
    }

    /// <summary>The versions of <see cref="Embedded"/>, oldest first, without reading a file.</summary>
    public static IReadOnlyList<long> Versions(string folder)
    {
        List<long> versions = [];
        foreach (var name in Names(typeof(MigrationFolder).Assembly, folder))
        {
            if (name.StartsWith('V'))
                versions.Add(long.Parse(name.AsSpan(1, name.IndexOf('_', StringComparison.Ordinal) - 1), CultureInfo.InvariantCulture));
        }

        versions.Sort();
        return versions;
    }

    /// <summary>The repeatable migrations of <see cref="Embedded"/>; no other file is read.</summary>
    public static IReadOnlyList<RepeatableMigration> EmbeddedRepeatables(string folder)
    {
        var assembly = typeof(MigrationFolder).Assembly;
        return Read(Names(assembly, folder).Where(name => RepeatableFileName.IsMatch(name))
            .Select(name => (name, Text(assembly, folder + name)))).Repeatables;
    }

    /// <summary>The texts of all embedded migrations, of both chains and in both directions.</summary>
    public static IEnumerable<string> EmbeddedTexts()
    {
        var assembly = typeof(MigrationFolder).Assembly;
        return ((string[])["", "teslamate/"]).SelectMany(folder => Names(assembly, folder).Select(name => Text(assembly, folder + name)));
    }

    /// <summary>A text file embedded in this assembly.</summary>
    public static string Text(string path) => Text(typeof(MigrationFolder).Assembly, path);

    /// <param name="files">Names without folder, and texts.</param>
    /// <exception cref="InvalidDataException">Two files claim one version or one name, or one of a pair is missing; nothing must run
    /// then.</exception>
    public static MigrationFolder Read(IEnumerable<(string Name, string Text)> files)
    {
        Dictionary<long, (string Name, MigrationFile Script)> forward = [], back = [];
        List<RepeatableMigration> repeatables = [];
        MigrationFile? baseline = null;
        foreach (var (name, text) in files)
        {
            if (name == "baseline.sql")
                baseline = new MigrationFile(name, text);
            if (RepeatableFileName.Match(name) is { Success: true } repeatable)
                repeatables.Add(new RepeatableMigration(repeatable.Groups["name"].Value, new MigrationFile(name, text)));
            if (FileName.Match(name) is not { Success: true } parts)
                continue;
            var version = long.Parse(parts.Groups["version"].ValueSpan, CultureInfo.InvariantCulture);
            var side = parts.Groups["side"].ValueSpan is "V" ? forward : back;
            if (!side.TryAdd(version, (parts.Groups["name"].Value, new MigrationFile(name, text))))
                throw new InvalidDataException($"{name} and {side[version].Script.FileName} claim the same version.");
        }

        foreach (var (version, (_, script)) in forward)
        {
            if (!back.ContainsKey(version))
                throw new InvalidDataException($"{script.FileName} has no file that takes it back, U{script.FileName[1..]}.");
        }

        if (back.Keys.FirstOrDefault(version => !forward.ContainsKey(version)) is > 0 and var alone)
            throw new InvalidDataException($"{back[alone].Script.FileName} takes back a version that no file leads to.");
        if (forward.GroupBy(file => file.Value.Name).FirstOrDefault(group => group.Count() > 1) is { } twins)
            throw new InvalidDataException($"These files have the same name: {string.Join(", ", twins.Select(file => file.Value.Script.FileName))}.");
        return new MigrationFolder(
            [.. forward.OrderBy(file => file.Key).Select(file => new Migration(file.Key, file.Value.Name, file.Value.Script, back[file.Key].Script))],
            [.. repeatables.OrderBy(file => file.Name, StringComparer.Ordinal)],
            baseline);
    }

    static IEnumerable<string> Names(Assembly assembly, string folder)
        => assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => name[folder.Length..])
            .Where(name => !name.Contains('/', StringComparison.Ordinal));

    static string Text(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource) ?? throw new FileNotFoundException($"{resource} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^(?<side>[VU])(?<version>\d+)__(?<name>\w+)\.sql$")]
    static partial Regex FileName { get; }

    [GeneratedRegex(@"^R__(?<name>\w+)\.sql$")]
    static partial Regex RepeatableFileName { get; }
}
