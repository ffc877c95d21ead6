using System.Text.RegularExpressions;

namespace TeslaMate.Systemd.Journal;

/// <summary>Tells whether what this process writes goes to the journal.</summary>
public static partial class JournalStream
{
    /// <summary>Whether standard error is the stream that systemd connected to the journal; false when it was redirected since.</summary>
    public static bool IsStandardError()
        => OperatingSystem.IsLinux()
            && IsConnected(Environment.GetEnvironmentVariable("JOURNAL_STREAM"),
                File.ResolveLinkTarget("/proc/self/fd/2", returnFinalTarget: false)?.FullName);

    /// <param name="journalStream"><c>JOURNAL_STREAM</c>: device and inode, decimal, separated by a colon.</param>
    /// <param name="standardError">The target of <c>/proc/self/fd/2</c>; a socket's ends in <c>socket:[inode]</c>.</param>
    internal static bool IsConnected(string? journalStream, string? standardError)
        => journalStream?.Split(':') is [_, { Length: > 0 } inode]
            && standardError is not null
            && SocketLink().Match(standardError) is { Success: true } match
            && match.Groups[1].Value == inode;

    [GeneratedRegex(@"socket:\[([0-9]+)\]$")]
    private static partial Regex SocketLink();
}
