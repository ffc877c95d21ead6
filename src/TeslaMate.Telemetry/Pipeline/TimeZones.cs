namespace TeslaMate.Telemetry.Pipeline;

/// <summary>
/// The time zone of a place, from a table that the program brings along (spec fleet-telemetry 3.4). Near a border it may name the neighbour: the
/// table is reduced to some kilometres.
/// </summary>
static class TimeZones
{
    const int Columns = 48;
    const int Rows = 24;

    // A pair of characters is a number in base 56, counted from '#'; small ones lead to the next quarter, the largest are zones.
    const int Base = 56;
    const int First = '#';
    const int Numbers = Base * Base;

    static readonly (string[] Names, string Tree) Table = Read();

    /// <summary>Null where the machine does not know the zone.</summary>
    /// <param name="latitude">-90 to 90 degrees.</param>
    /// <param name="longitude">-180 to 180 degrees.</param>
    public static TimeZoneInfo? At(double latitude, double longitude)
        => TimeZoneInfo.TryFindSystemTimeZoneById(NameOf(latitude, longitude), out var zone) ? zone : null;

    /// <summary>The zone's name in the tz database.</summary>
    public static string NameOf(double latitude, double longitude)
    {
        var (names, tree) = Table;
        // The last row and column end where a number would be one too high.
        var x = Math.Clamp((longitude + 180) * Columns / 360, 0, Columns - 1e-9);
        var y = Math.Clamp((90 - latitude) * Rows / 180, 0, Rows - 1e-9);
        var (column, row) = ((int)x, (int)y);
        var number = At(2 * ((Columns * row) + column));
        for (var node = -1; number < Numbers - names.Length;)
        {
            node += number + 1;
            (x, y) = ((x - column) * 2 % 2, (y - row) * 2 % 2);
            (column, row) = ((int)x, (int)y);
            number = At((2 * Columns * Rows) + (8 * node) + (4 * row) + (2 * column));
        }

        return names[number + names.Length - Numbers];

        int At(int index) => (Base * (tree[index] - First)) + tree[index + 1] - First;
    }

    static (string[] Names, string Tree) Read()
    {
        using var stream = typeof(TimeZones).Assembly.GetManifestResourceStream("time_zones.txt")
            ?? throw new System.Diagnostics.UnreachableException("the table of time zones is part of the program");
        using var reader = new StreamReader(stream);
        var lines = reader.ReadToEnd().ReplaceLineEndings("\n")
            .Split('\n').SkipWhile(line => line.StartsWith("# ", StringComparison.Ordinal)).ToList();
        var end = lines.IndexOf("");
        return ([.. lines.Take(end)], string.Concat(lines.Skip(end + 1)));
    }
}
