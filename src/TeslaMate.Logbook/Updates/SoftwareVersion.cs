namespace TeslaMate.Logbook.Updates;

/// <summary>The order of software versions in memory, the same that <see cref="UpdateStatements"/> has in SQL.</summary>
static class SoftwareVersion
{
    public static bool IsNewer(string version, string than)
    {
        var (left, right) = (Parts(version), Parts(than));
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            if (string.CompareOrdinal(left[i], right[i]) is not 0 and var order)
                return order > 0;
        }

        return left.Length > right.Length;
    }

    static string[] Parts(string version) => [.. version.Split(' ')[0].Split('.').Select(part => part.PadLeft(12, '0'))];
}
