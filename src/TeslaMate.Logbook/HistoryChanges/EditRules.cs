using System.Globalization;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.HistoryChanges;

/// <summary>A drive or charging process that is about to be edited, locked.</summary>
/// <param name="StartKm">The odometer at its start; null when unknown.</param>
/// <param name="EndKm">At its end; of a charging process the same.</param>
/// <param name="IsOpen">It goes on, or nobody ended it.</param>
sealed record EditedRow(int Id, short Car, DateTimeOffset Start, DateTimeOffset End, double? StartKm, double? EndKm, bool IsOpen);

/// <summary>Who may be edited how (spec api 2.6). Throws <see cref="EditRefusedException"/>, which takes the transaction back.</summary>
static class EditRules
{
    /// <summary>How long an edit waits for somebody else's lock, as a statement of its transaction.</summary>
    public const string Patience = "set local lock_timeout = '10s'";

    public static readonly TimeSpan LongestGap = TimeSpan.FromHours(6);

    public const int MostTags = 20;

    public const int LongestTag = 40;

    /// <summary>What an amount of money may be at most, either way.</summary>
    public const decimal MostMoney = 999_999_999_999.99m;

    /// <summary>Whether somebody else writes what an edit needs, so that it can be tried again.</summary>
    public static bool IsBusy(PostgresException exception)
        => exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected;

    /// <summary>What can be said of an edit without looking at rows; gives it back with ids once each and tags tidied.</summary>
    public static HistoryEdit.OfEntries Check(HistoryEdit.OfEntries edit)
    {
        int[] ids = [.. edit.Ids.Distinct()];
        if (ids.Length == 0)
            throw new EditRefusedException(EditProblem.NothingToDo, "Nothing is chosen.");
        if (ids.Length > HistoryEdit.MostRows)
            throw new EditRefusedException(EditProblem.TooMany, $"One change takes at most {HistoryEdit.MostRows} rows, not {ids.Length}.");
        return edit switch
        {
            HistoryEdit.Merge when ids.Length < 2 => throw new EditRefusedException(EditProblem.NothingToDo, "It takes two to merge."),
            HistoryEdit.Merge merge => merge with { Ids = ids },
            HistoryEdit.Delete delete => delete with { Ids = ids },
            HistoryEdit.Trim { From: null, To: null }
                => throw new EditRefusedException(EditProblem.NothingToDo, "Neither a new beginning nor a new end is given."),
            HistoryEdit.Trim { From: { } from, To: { } to } when from >= to
                => throw new EditRefusedException(EditProblem.InvalidValue, "The new beginning is not before the new end."),
            HistoryEdit.SetCost { Mode: not CostMode.Total, Value: null }
                => throw new EditRefusedException(EditProblem.InvalidValue, "A price needs a number."),
            HistoryEdit.SetCost { Value: > MostMoney or < -MostMoney }
                => throw new EditRefusedException(EditProblem.InvalidValue, "The amount is too large."),
            HistoryEdit.SetCost cost => cost with { Ids = ids },
            HistoryEdit.SetTags tags => tags with { Ids = ids, Tags = Tidy(tags.Tags) },
            HistoryEdit.SetGeofence place => place with { Ids = ids },
            HistoryEdit.SetAddress place => place with { Ids = ids },
            _ => edit,
        };
    }

    public static void CheckRows(HistoryEdit.OfEntries edit, IReadOnlyList<EditedRow> rows)
    {
        var noun = EntryTable.Of(edit.Kind).Noun;
        foreach (var id in edit.Ids)
        {
            if (!rows.Any(row => row.Id == id))
                throw new EditRefusedException(EditProblem.NotFound, Text($"There is no {noun} {id}."));
        }

        if (rows.Any(row => row.Car != rows[0].Car))
            throw new EditRefusedException(EditProblem.SeveralCars, "They are of several cars.");
        if (rows.FirstOrDefault(row => row.IsOpen) is { } open)
            throw new EditRefusedException(EditProblem.GoingOn, Text($"The {noun} {open.Id} has not ended."));
        if (edit is HistoryEdit.Merge)
            CheckMerge(noun, rows);
    }

    static void CheckMerge(string noun, IReadOnlyList<EditedRow> rows)
    {
        foreach (var (one, next) in rows.Zip(rows.Skip(1)))
        {
            if (next.Start < one.End)
                throw new EditRefusedException(EditProblem.NotConsecutive, Text($"The {noun}s {one.Id} and {next.Id} overlap."));
            if (next.Start - one.End >= LongestGap)
                throw new EditRefusedException(EditProblem.GapTooLong, Text($"Between the {noun}s {one.Id} and {next.Id} lie six hours or more."));
            if (next.StartKm < one.EndKm)
            {
                throw new EditRefusedException(
                    EditProblem.OdometerFalls, Text($"The odometer of the {noun} {next.Id} begins below the end of {one.Id}."));
            }
        }
    }

    static string[] Tidy(IReadOnlyList<string> tags)
    {
        string[] tidy = [.. tags.Select(tag => Column.Storable(tag).Trim()).Distinct().Order(StringComparer.Ordinal)];
        if (tidy.Length > MostTags)
            throw new EditRefusedException(EditProblem.InvalidTags, Text($"There are at most {MostTags} tags, not {tidy.Length}."));
        // Lists of tags are joined by semicolons in files (spec api 3).
        if (tidy.FirstOrDefault(tag => new StringInfo(tag).LengthInTextElements is 0 || tag.EnumerateRunes().Count() > LongestTag
            || tag.Any(character => char.IsControl(character) || character == ';')) is { } wrong)
            throw new EditRefusedException(EditProblem.InvalidTags, $"\"{wrong}\" is no tag: one has 1 to {LongestTag} characters and no semicolon.");
        return tidy;
    }

    internal static string Text(FormattableString text) => FormattableString.Invariant(text);
}

/// <summary>Ends a transaction of the editor; the caller gets <see cref="EditAnswer.Refused"/>.</summary>
sealed class EditRefusedException(EditProblem problem, string text) : Exception(text)
{
    public EditAnswer.Refused Answer => new(problem, Message);
}
