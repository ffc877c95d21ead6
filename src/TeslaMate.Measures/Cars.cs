namespace TeslaMate.Measures;

/// <summary>A car with a label that tells it from the others.</summary>
public sealed record CarLabel(
    int CarId, string Label)
{
    internal static CarLabel Read(Row row) => new(
        row.Small(), row.Text());
}

/// <summary>A drive or charge that no sum counts (M3, M4; spec charts 5.1).</summary>
/// <param name="Kind"><c>drive</c> or <c>charge</c>.</param>
/// <param name="Reason"><c>open</c>, <c>no distance</c>, <c>no energy</c> or <c>empty</c>.</param>
public sealed record IncompleteRow(
    string Kind, int Id, DateTimeOffset StartDate, DateTimeOffset? EndDate, string Reason)
{
    internal static IncompleteRow Read(Row row) => new(
        row.Text(), row.Whole(), row.Instant(), row.InstantOrNull(), row.Text());
}

public sealed partial class MeasureReader
{
    /// <summary>Every car, hidden ones too, as the owner orders them.</summary>
    public IAsyncEnumerable<CarLabel> CarsAsync(CancellationToken cancellationToken)
        => StreamAsync("select * from teslamate.car_labels()", CarLabel.Read, cancellationToken);

    /// <summary>The newest first, whatever the window.</summary>
    public IAsyncEnumerable<IncompleteRow> IncompleteRowsAsync(MeasureWindow window, CancellationToken cancellationToken)
        => StreamAsync("select * from teslamate.incomplete_rows($1)", IncompleteRow.Read, cancellationToken, Car(window));
}
