namespace TeslaMate.Tests.Database.Migrations;

/// <summary>Compares long lists of lines, and shows only what differs.</summary>
static class Difference
{
    const int Shown = 40;

    public static void ShouldBeTheLines(this IReadOnlyCollection<string> actual, IReadOnlyCollection<string> expected, string because)
    {
        if (actual.SequenceEqual(expected))
            return;
        string[] lines = [.. Surplus(expected, actual).Select(line => $"- {line}"), .. Surplus(actual, expected).Select(line => $"+ {line}")];
        throw new ShouldAssertException($"{because} ({lines.Length} lines differ; - is missing, + is "
            + $"surplus)\n{string.Join('\n', lines.Take(Shown))}");
    }

    static IEnumerable<string> Surplus(IReadOnlyCollection<string> lines, IReadOnlyCollection<string> others)
    {
        var left = others.CountBy(line => line).ToDictionary();
        foreach (var line in lines)
        {
            if (left.GetValueOrDefault(line) is > 0 and var count)
                left[line] = count - 1;
            else
                yield return line;
        }
    }
}
