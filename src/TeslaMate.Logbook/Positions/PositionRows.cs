using System.Globalization;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Positions;

/// <summary>
/// Positions of any number of cars on their way into one insert: an array a column, which costs the server a third of single inserts' time. A
/// statement that has parameters of its own has them first, and says how many; so none knows how many columns there are.
/// </summary>
sealed class PositionRows
{
    readonly List<(short Car, bool InDrive)> _cars = [];
    readonly List<PositionReading> _readings = [];

    public int Count => _readings.Count;

    /// <summary>Inserts the rows in their order. Append <c>returning</c> as needed.</summary>
    /// <param name="after">How many parameters of the statement come before <see cref="Parameters"/>.</param>
    /// <remarks>The drive is looked at, because somebody may have deleted it from outside.</remarks>
    public static string Insert(int after = 0) => $"""
        {Into("drives.id", after)}
        left join teslamate.car_logs log on row.in_drive and log.car_id = row.car_id
        left join public.drives on drives.id = log.drive_id
        order by row.number
        """;

    /// <summary>The same for positions of the drive that a common table expression named <c>drive</c> found; none without one.</summary>
    public static string InsertUnlinked(int after) => $"""
        {Into("drive.id", after)}
        cross join drive
        order by row.number
        """;

    /// <summary>The same for those moments of which there is no position yet.</summary>
    public static string InsertNew(int after) => $"""
        {Into("drive.id", after)}
        cross join drive
        where not exists (select from public.positions where positions.car_id = row.car_id and positions.date = row.date)
        order by row.number
        """;

    public void Add(CarId car, bool inDrive, PositionReading reading)
    {
        _cars.Add((car.Value, inDrive));
        _readings.Add(reading);
    }

    /// <summary>Whether a reading is a place on Earth at all; others cannot be rows.</summary>
    public static bool IsStorable(PositionReading reading) => double.IsFinite(reading.Latitude) && double.IsFinite(reading.Longitude);

    public NpgsqlParameter[] Parameters() =>
    [
        Value.Array(_cars.Select(row => row.Car).ToArray()),
        Value.Array(_cars.Select(row => row.InDrive).ToArray()),
        .. PositionColumns.All.Select(column => column.Parameter(_readings)),
    ];

    /// <summary>The insert as a statement of its own; says so when a row of a drive found none.</summary>
    public Statement ToStatement()
    {
        var expected = _cars.Where(row => row.InDrive).Select(row => row.Car).ToHashSet();
        return new Statement(
            ToStatementSql, Parameters(),
            reader => expected.Contains(reader.GetInt16(0)) ? new Outcome.DrivePositionWithoutDrive(new(reader.GetInt16(0))) : null);
    }

    static readonly string ToStatementSql =
        $"with stored as ({Insert()} returning car_id, drive_id) select distinct car_id from stored where drive_id is null";

    /// <summary>Everything but the joins: the parameters as rows of a table named <c>row</c>.</summary>
    static string Into(string drive, int after)
    {
        var columns = PositionColumns.All;
        var values = string.Join(", ", columns.Select(column => $"row.{column.Name}"));
        var arrays = string.Join(", ", columns.Select((column, index) => $"{Parameter(after + 3 + index)}::{column.Type}[]"));
        return $"""
            insert into public.positions (car_id, drive_id, {PositionColumns.Names})
            select row.car_id, {drive}, {values}
            from unnest({Parameter(after + 1)}::smallint[], {Parameter(after + 2)}::boolean[], {arrays})
                with ordinality as row (car_id, in_drive, {PositionColumns.Names}, number)
            """;
    }

    static string Parameter(int number) => string.Create(CultureInfo.InvariantCulture, $"${number}");
}
