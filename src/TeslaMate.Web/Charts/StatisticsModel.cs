namespace TeslaMate.Web.Charts;

/// <summary>All that a page with statistics shows.</summary>
public abstract record StatisticsModel(StatisticsRequest Request)
{
    /// <summary>Every table of the page, also those behind charts; each is a CSV file.</summary>
    public abstract IReadOnlyList<DataTable> Tables { get; }
}
