namespace TeslaMate.Logbook.HistoryChanges;

/// <summary>How drives and charging processes differ in the database, which is in names.</summary>
/// <param name="Rows">The table.</param>
/// <param name="Parts">The table of what it consists of.</param>
/// <param name="Owner">The column of <paramref name="Parts"/> that says to which row a part belongs.</param>
/// <param name="Tags">The table of tags.</param>
/// <param name="TagOwner">The column of <paramref name="Tags"/> that says whose they are.</param>
/// <param name="Open">The column of <c>teslamate.car_logs</c> with the open one.</param>
/// <param name="Imported">The kind in <c>teslamate.imported_entries</c>.</param>
/// <param name="Noun">In English.</param>
/// <param name="Part">What one of <paramref name="Parts"/> is, in English.</param>
sealed record EntryTable(
    string Rows, string Parts, string Owner, string Tags, string TagOwner, string Open, string Imported, string Noun, string Part)
{
    public static readonly EntryTable Drives =
        new("drives", "positions", "drive_id", "teslamate.drive_tags", "drive_id", "drive_id", "drive", "drive", "position");

    public static readonly EntryTable Charges = new(
        "charging_processes", "charges", "charging_process_id", "teslamate.charging_process_tags", "charging_process_id", "charging_process_id",
        "charging_process", "charge", "reading");

    public static EntryTable Of(EntryKind kind) => kind is EntryKind.Drive ? Drives : Charges;
}
