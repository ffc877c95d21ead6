using System.Globalization;
using System.Text.Json.Nodes;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Outgoing.Events;

/// <summary>What a look at the program itself tells (spec api 4.2): each trouble once, and again when it was over in between.</summary>
public static class ProgramEvents
{
    public static readonly TimeSpan RefreshFails = TimeSpan.FromHours(6);

    public static readonly TimeSpan DatabaseAway = TimeSpan.FromMinutes(10);

    /// <summary>A disk is low with less than this, or less than a twentieth of it where that is less.</summary>
    public const long DiskLowBytes = 1L << 30;

    public static (ProgramMemory Memory, IReadOnlyList<OutgoingEvent> Events) Look(ProgramMemory memory, ProgramView view, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(view);
        List<OutgoingEvent> events = [];
        memory = Account(memory, view.Account);
        memory = Database(memory);
        memory = Disk(memory);
        memory = Backups(memory);
        return (memory, events);

        ProgramMemory Account(ProgramMemory before, AccountStatus account)
        {
            switch (account.SignIn)
            {
                case SignIn.Starting:
                    return before;
                case SignIn.SignedIn:
                    DateTimeOffset? since = account.Problem is null ? null : before.RefreshFailsSince ?? now;
                    var isLong = since is not null && now - since >= RefreshFails;
                    if (isLong && !before.IsExpiryTold)
                        Add(EventType.TokenExpiring, account.Problem!.Message);
                    return before with { IsSignedIn = true, RefreshFailsSince = since, IsExpiryTold = isLong };
                default:
                    // Who signs out knows that; only a refusal comes with a problem.
                    if (before.IsSignedIn == true && (account.Problem is not null || account.SignIn == SignIn.Undecryptable))
                        Add(EventType.SignInNeeded, account.Problem?.Message ?? "the tokens cannot be decrypted with this ENCRYPTION_KEY");
                    return before with { IsSignedIn = false, RefreshFailsSince = null, IsExpiryTold = false };
            }
        }

        ProgramMemory Database(ProgramMemory before)
        {
            if (view.DatabaseAwaySince is not { } since)
                return before with { DatabaseAwaySince = null, IsDatabaseTold = false };
            var isLong = now - since >= DatabaseAway;
            if (isLong && !before.IsDatabaseTold)
                Add(EventType.DatabaseAway, string.Create(CultureInfo.InvariantCulture, $"away since {since.UtcDateTime:yyyy-MM-dd HH:mm} UTC"));
            return before with { DatabaseAwaySince = since, IsDatabaseTold = isLong };
        }

        ProgramMemory Disk(ProgramMemory before)
        {
            if (view is not { DiskFreeBytes: { } free, DiskTotalBytes: { } total })
                return before;
            var least = Math.Min(DiskLowBytes, total / 20);
            // A quarter more than too little: a disk at the edge is told of once.
            var isLow = before.IsDiskLow ? free < least + (least / 4) : free < least;
            if (isLow && !before.IsDiskLow)
                Add(EventType.DiskLow, string.Create(CultureInfo.InvariantCulture, $"{free / 1048576} MB of {total / 1048576} MB are free"));
            return before with { IsDiskLow = isLow };
        }

        ProgramMemory Backups(ProgramMemory before)
        {
            if (view.BackupTrouble is { } trouble && before.BackupTrouble != trouble.Kind)
                Add(EventType.BackupFailed, $"{trouble.Kind}: {trouble.Reason}");
            return before with { BackupTrouble = view.BackupTrouble?.Kind };
        }

        void Add(EventType type, string reason) => events.Add(Made.Of(type, now, car: null, name: null, new JsonObject { ["reason"] = reason }));
    }
}
