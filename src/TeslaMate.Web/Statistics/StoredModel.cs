using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>What is stored (spec charts 5.2, page Data): sizes, the rows that no sum counts, with the way to mend them, and the log of the
/// odometer as tax offices want it.</summary>
public sealed record StoredModel(
    StatisticsRequest Request, DatabaseFacts Facts, DataTable Incomplete, DataTable Log, DataTable Stored, DataTable Indexes)
    : StatisticsModel(Request)
{
    public override IReadOnlyList<DataTable> Tables => [Incomplete, Log, Stored, Indexes];

    public static async Task<StoredModel> ReadAsync(StatisticsRequest request, CancellationToken cancellationToken)
    {
        var (window, texts, units, measures) = (request.Window, request.Context.Texts, request.Context.Units, request.Measures);
        var facts = await measures.DatabaseAsync(cancellationToken);
        var tables = await measures.TablesAsync(cancellationToken).ToListAsync(cancellationToken);
        var indexes = await measures.IndexesAsync(cancellationToken).ToListAsync(cancellationToken);
        var incomplete = await measures.IncompleteRowsAsync(window, cancellationToken).ToListAsync(cancellationToken);
        var drives = await measures.DrivesAsync(window, cancellationToken).OrderByDescending(drive => drive.StartDate).ToListAsync(cancellationToken);
        return new(request, facts,
            new TableOf<IncompleteRow>("incomplete", "Rows that no sum counts", request, incomplete)
                .Moment("Start", row => row.StartDate, row => request.Context.Url($"/history/{row.Kind}/{row.Id}"))
                .Moment("End", row => row.EndDate, isMinor: true)
                .Text("What", row => texts[row.Kind == "drive" ? "Drive" : "Charge"])
                .Text("Why", row => texts[ReasonOf(row.Reason)])
                .Build(),
            new TableOf<ListedDrive>("log", "Log of the odometer", request, drives)
                .Moment("Start", drive => drive.StartDate, drive => request.Context.Url($"/drive/{drive.DriveId}"))
                .Moment("End", drive => drive.EndDate).FileOnly()
                .Number("Odometer at the start", units.LengthUnit, drive => drive.StartKm is { } km ? units.Length(km) : null, 1)
                .Name("From", drive => drive.StartPlace ?? texts["unknown place"])
                .Number("Odometer at the end", units.LengthUnit, drive => drive.EndKm is { } km ? units.Length(km) : null, 1)
                .Name("To", drive => drive.EndPlace ?? texts["unknown place"])
                .Number("Distance", units.LengthUnit, drive => drive.DistanceKm is { } km ? units.Length(km) : null, 1,
                    note: drive => drive.IsDistanceDerived ? texts["by odometer, in no sum"].Value : null)
                .Duration("Duration", drive => drive.DurationSeconds, isMinor: true)
                .Build(),
            new TableOf<DatabaseTable>("tables", "Tables of the database", request, tables)
                .Name("Table", table => table.TableName)
                .Number("Rows (estimate)", null, table => table.EstimatedRows)
                .Number("Data", "MB", table => Megabytes(table.DataBytes), 1, isMinor: true)
                .Number("Indexes", "MB", table => Megabytes(table.IndexBytes), 1, isMinor: true)
                .Number("Size", "MB", table => Megabytes(table.TotalBytes), 1)
                .Build(),
            new TableOf<DatabaseIndex>("indexes", "Indexes of the database", request, indexes)
                .Name("Index", index => index.IndexName)
                .Name("Table", index => index.TableName, isMinor: true)
                .Number("Scans", null, index => index.Scans)
                .Number("Rows read", null, index => index.TuplesRead, isMinor: true)
                .Number("Size", "MB", index => Megabytes(index.Bytes), 1)
                .Build());
    }

    // English texts.
    static string ReasonOf(string reason) => reason switch
    {
        "open" => "has no end",
        "no distance" => "has no distance",
        "no energy" => "has no energy",
        "empty" => "added no energy",
        _ => "incomplete",
    };

    /// <summary>Bytes as MB.</summary>
    public static double Megabytes(long bytes) => bytes / 1e6;
}
