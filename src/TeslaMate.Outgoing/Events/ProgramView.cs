using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Outgoing.Events;

/// <summary>The program as it is when it is looked at.</summary>
/// <param name="DatabaseAwaySince">Since when the database does not answer; null while it does.</param>
/// <param name="DiskFreeBytes">Of the folder that the program keeps its files in; null when that is not known.</param>
/// <param name="DiskTotalBytes">Likewise.</param>
/// <param name="BackupTrouble">What is wrong with the backups: <c>failed</c> or <c>overdue</c>, and more in words; null while nothing is.</param>
public sealed record ProgramView(
    AccountStatus Account, DateTimeOffset? DatabaseAwaySince, long? DiskFreeBytes, long? DiskTotalBytes, BackupTrouble? BackupTrouble);

/// <param name="Kind"><c>failed</c> or <c>overdue</c>.</param>
/// <param name="Reason">In words.</param>
public sealed record BackupTrouble(string Kind, string Reason);
