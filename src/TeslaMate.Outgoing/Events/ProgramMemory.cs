namespace TeslaMate.Outgoing.Events;

/// <summary>What was last known of the program itself and told already, kept over restarts.</summary>
public sealed record ProgramMemory
{
    /// <summary>Whether there were tokens; null while that was never known.</summary>
    public bool? IsSignedIn { get; init; }

    /// <summary>Since when refreshing the tokens has been failing.</summary>
    public DateTimeOffset? RefreshFailsSince { get; init; }

    public bool IsExpiryTold { get; init; }

    /// <summary>Since when the database has been away.</summary>
    public DateTimeOffset? DatabaseAwaySince { get; init; }

    public bool IsDatabaseTold { get; init; }

    public bool IsDiskLow { get; init; }

    /// <summary>What is wrong with the backups, as it was told; null while nothing is.</summary>
    public string? BackupTrouble { get; init; }
}
