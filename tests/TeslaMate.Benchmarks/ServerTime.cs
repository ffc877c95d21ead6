using System.Globalization;
using TeslaMate.Database.Clusters;

namespace TeslaMate.Benchmarks;

/// <summary>
/// The processor time of a server and all its connections: what queries cost, also where others use the machine and the clock says little.
/// </summary>
sealed class ServerTime(PrivateCluster cluster)
{
    // What /proc counts in.
    const double TicksPerSecond = 100;

    public TimeSpan Taken()
    {
        var server = File.ReadLines(Path.Combine(cluster.Folder, "data", "postmaster.pid")).First().Trim();
        var ticks = 0L;
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            string[] fields;
            try
            {
                // Behind the name, which may have blanks: state, parent, … user and system time, and those of children that have ended.
                var text = File.ReadAllText(Path.Combine(folder, "stat"));
                fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            }
            catch (IOException)
            {
                // It has ended meanwhile.
                continue;
            }

            var isServer = Path.GetFileName(folder) == server;
            if (isServer || fields[1] == server)
                ticks += fields[11..(isServer ? 15 : 13)].Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
        }

        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }
}
