using TeslaMate.Outgoing.Events;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Tests.Outgoing.Events;

/// <summary>The rows of the table of spec api 4.2 that are about the program itself.</summary>
public sealed class ProgramEventsTests
{
    static readonly DateTimeOffset Noon = new(2026, 7, 4, 12, 0, 0, TimeSpan.Zero);

    static readonly ProgramView Well = new(new AccountStatus(SignIn.SignedIn, 1), null, 100L << 30, 200L << 30, null);

    static string Told(params (double AtHour, ProgramView View)[] looks)
    {
        var (memory, told) = (new ProgramMemory(), new List<string>());
        foreach (var (hour, view) in looks)
        {
            (memory, var events) = ProgramEvents.Look(memory, view, Noon.AddHours(hour));
            told.AddRange(events.Select(happened => $"{happened.Type} {happened.Data["reason"]}"));
            events.ShouldAllBe(happened => happened.Car == null);
        }

        return string.Join("; ", told);
    }

    static ProgramView Account(SignIn signIn, ApiError? problem = null) => Well with { Account = new AccountStatus(signIn, 2, Problem: problem) };

    [Fact]
    public void Tokens_that_cannot_be_renewed_for_six_hours_are_about_to_expire()
    {
        var failing = Account(SignIn.SignedIn, new ApiError.Failed("timeout"));
        Told((0, Well), (1, failing), (6.9, failing)).ShouldBe("");
        Told((0, Well), (1, failing), (7, failing), (9, failing)).ShouldBe("token.expiring timeout");
        Told((0, Well), (1, failing), (7, failing), (8, Well), (9, failing), (14, failing)).ShouldBe("token.expiring timeout");
    }

    [Fact]
    public void A_refusal_needs_a_new_sign_in_and_a_sign_out_does_not()
    {
        Told((0, Well), (1, Account(SignIn.SignedOut, new ApiError.Unauthorized())), (2, Account(SignIn.SignedOut, new ApiError.Unauthorized())))
            .ShouldStartWith("sign_in.needed ");
        Told((0, Well), (1, Account(SignIn.Undecryptable))).ShouldStartWith("sign_in.needed ");
        Told((0, Well), (1, Account(SignIn.SignedOut))).ShouldBe("");
        // Nobody was ever signed in.
        Told((0, Account(SignIn.Starting)), (1, Account(SignIn.SignedOut, new ApiError.Unauthorized()))).ShouldBe("");
    }

    [Fact]
    public void A_database_is_away_after_ten_minutes()
    {
        var away = Well with { DatabaseAwaySince = Noon };
        Told((0, away), (0.16, away)).ShouldBe("");
        Told((0, away), (0.17, away), (1, away)).ShouldBe("database.away away since 2026-07-04 12:00 UTC");
        Told((0, away), (1, away), (2, Well), (3, Well with { DatabaseAwaySince = Noon.AddHours(3) })).ShouldStartWith("database.away");
    }

    [Fact]
    public void A_disk_is_low_once_until_there_is_a_quarter_more()
    {
        ProgramView Free(long megabytes) => Well with { DiskFreeBytes = megabytes << 20 };
        Told((0, Free(1100)), (1, Free(1000)), (2, Free(1030)), (3, Free(1000))).ShouldBe("disk.low 1000 MB of 204800 MB are free");
        Told((0, Free(1000)), (1, Free(1300)), (2, Free(1000))).Split(';').Length.ShouldBe(2);
        // A small disk is low later.
        Told((0, Free(500) with { DiskTotalBytes = 4L << 30 })).ShouldBe("");
        Told((0, Free(200) with { DiskTotalBytes = 4L << 30 })).ShouldStartWith("disk.low");
        Told((0, Well with { DiskFreeBytes = null })).ShouldBe("");
    }

    [Fact]
    public void Backups_are_told_once_for_each_trouble()
    {
        ProgramView Trouble(string kind) => Well with { BackupTrouble = new BackupTrouble(kind, "why") };
        Told((0, Trouble("failed")), (1, Trouble("failed")), (2, Trouble("overdue")), (3, Well), (4, Trouble("failed")))
            .ShouldBe("backup.failed failed: why; backup.failed overdue: why; backup.failed failed: why");
    }

    [Fact]
    public void Backups_leave_their_trace_in_a_folder()
    {
        var folder = Directory.CreateTempSubdirectory("backups-").FullName;
        try
        {
            var (now, age) = (DateTimeOffset.UtcNow, TimeSpan.FromHours(48));
            BackupFolder.Look(folder, age, now, now).ShouldBeNull("nothing is overdue at the start");
            BackupFolder.Look(folder, age, now.AddHours(-49), now)!.Kind.ShouldBe("overdue");
            Write("teslamate-4.2.dump", now.AddHours(-50));
            BackupFolder.Look(folder, age, now, now)!.Reason.ShouldBe("the newest backup is 50 h old");
            Write("teslamate-4.2-new.sql.gz", now.AddHours(-2));
            BackupFolder.Look(folder, age, now, now).ShouldBeNull();
            Write("last-failure", now.AddHours(-1));
            BackupFolder.Look(folder, age, now, now).ShouldBe(new BackupTrouble("failed", "content"));
            Write("scheduled.dump", now);
            BackupFolder.Look(folder, age, now, now).ShouldBeNull("a newer backup went well");
            BackupFolder.Look(Path.Combine(folder, "missing"), age, now.AddHours(-49), now)!.Kind.ShouldBe("overdue");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        void Write(string name, DateTimeOffset at)
        {
            File.WriteAllText(Path.Combine(folder, name), "content\n");
            File.SetLastWriteTimeUtc(Path.Combine(folder, name), at.UtcDateTime);
        }
    }
}
