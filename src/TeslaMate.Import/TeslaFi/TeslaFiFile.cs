using TeslaMate.Import.Reading;

namespace TeslaMate.Import.TeslaFi;

/// <summary>A month as TeslaFi exports it (spec import 2 to 6).</summary>
/// <param name="fallbackVehicleId">Stands in for an empty <c>vehicle_id</c> (<c>TESLAFI_IMPORT_VEHICLE_ID</c>).</param>
sealed class TeslaFiFile(string path, TimeZoneInfo zone, string fallbackVehicleId) : IHistoryFile
{
    public string Name => System.IO.Path.GetFileName(path);

    public string Path => path;

    public long Position { get; private set; }

    public IHistoryFile In(TimeZoneInfo other) => new TeslaFiFile(path, other, fallbackVehicleId);

    public IEnumerable<HistoryRow> Rows()
    {
        using var csv = CsvFile.Open(path);
        if (!csv.MoveNext(expected: null))
            yield break;
        if (csv.IsBroken)
            throw new HistoryFileException("The header's quotes are not right");
        var count = csv.Count;
        var converter = new TeslaFiRow(Header(csv), new LocalClock(zone), fallbackVehicleId);
        while (csv.MoveNext(count))
        {
            if (csv.IsBlank)
                continue;
            Position = csv.Position;
            if (count == 1)
                throw new HistoryFileException("Unsupported delimiter");
            yield return csv switch
            {
                { IsBroken: true } => new HistoryRow.Rejected(csv.Line, RejectionReason.ParseError, null, []),
                _ when csv.Count != count => new HistoryRow.Rejected(csv.Line, RejectionReason.ColumnCountMismatch, "columns", ["columns"]),
                _ => converter.Read(csv),
            };
        }
    }

    static string[] Header(CsvFile csv)
    {
        var header = new string[csv.Count];
        for (var i = 0; i < header.Length; i++)
            header[i] = csv.Cell(i).ToString();
        return header;
    }
}
