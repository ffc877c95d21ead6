using System.Globalization;

namespace TeslaMate.Outgoing.Events;

/// <summary>
/// How backups leave a trace: each is a file of its own (<c>*.dump</c>, <c>*.sql.gz</c>, <c>*.sql.zst</c>, <c>*.zip</c>), whose time is that of the
/// backup; one that failed writes the file <c>last-failure</c> with a line that says why.
/// </summary>
static class BackupFolder
{
    public const string FailureFile = "last-failure";

    const int LongestReason = 300;

    static readonly string[] Kinds = [".dump", ".sql", ".sql.gz", ".sql.zst", ".zip", ".tar", ".pgdump"];

    /// <summary>What is wrong; null while the newest backup is young enough and nothing has failed since.</summary>
    /// <param name="maxAge">How old the newest may be.</param>
    /// <param name="watchedSince">A folder without any backup is given as long from then on.</param>
    public static BackupTrouble? Look(string folder, TimeSpan maxAge, DateTimeOffset watchedSince, DateTimeOffset now)
    {
        try
        {
            var newest = Directory.Exists(folder)
                ? new DirectoryInfo(folder).EnumerateFiles()
                    .Where(file => Kinds.Any(kind => file.Name.EndsWith(kind, StringComparison.OrdinalIgnoreCase)))
                    .Select(file => (DateTimeOffset?)file.LastWriteTimeUtc).Max()
                : null;
            var failure = new FileInfo(Path.Combine(folder, FailureFile));
            if (failure.Exists && !(newest > failure.LastWriteTimeUtc))
                return new BackupTrouble("failed", ReasonIn(failure));
            if (now - (newest ?? watchedSince) <= maxAge)
                return null;
            return new BackupTrouble("overdue", newest is { } last
                ? string.Create(CultureInfo.InvariantCulture, $"the newest backup is {(now - last).TotalHours:0} h old")
                : $"there is no backup in {folder}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new BackupTrouble("overdue", $"the folder {folder} cannot be read");
        }
    }

    static string ReasonIn(FileInfo file)
    {
        using var reader = file.OpenText();
        var line = new char[LongestReason];
        var length = reader.ReadBlock(line, 0, line.Length);
        var text = new string(line, 0, length).Split('\n')[0].Trim();
        return text.Length > 0 ? text : "a scheduled backup failed";
    }
}
