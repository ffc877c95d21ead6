using Microsoft.AspNetCore.Routing;
using TeslaMate.Measures;
using TeslaMate.Web.Charts;

namespace TeslaMate.Web.Statistics;

/// <summary>The pages with statistics, as the navigation lists them, and their routes.</summary>
static class StatisticsPages
{
    /// <summary>In the order of the navigation; titles are English texts.</summary>
    public static IReadOnlyList<(string Path, string Icon, string Title)> All { get; } =
    [
        ("/statistics", "chart-bar", "Statistics"),
        ("/driving", "speedometer", "Driving"),
        ("/mileage", "counter", "Mileage"),
        ("/trips", "map-marker-path", "Trips"),
        ("/timeline", "timeline-clock-outline", "Timeline"),
        ("/review", "trophy-outline", "Review"),
    ];

    /// <summary>The title of a page, also of one that is not in the navigation.</summary>
    public static string TitleOf(string path) => All.FirstOrDefault(page => page.Path == path) is { Title: { } title } ? title : "Statistics";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapStatistics<PeriodsPage, PeriodsModel>("/statistics", Preset.All, PeriodsModel.ReadAsync, Period.Month);
        routes.MapStatistics<DrivingPage, DrivingModel>("/driving", Preset.Year, DrivingModel.ReadAsync);
        routes.MapStatistics<MileagePage, MileageModel>("/mileage", Preset.Year, MileageModel.ReadAsync);
        routes.MapStatistics<TripsPage, TripsModel>("/trips", Preset.Year, TripsModel.ReadAsync);
        routes.MapStatistics<TripPage, TripModel>("/trip", Preset.Days7, TripModel.ReadAsync, Period.Total);
        routes.MapStatistics<TimelinePage, TimelineModel>("/timeline", Preset.Days7, TimelineModel.ReadAsync, Period.Day);
        routes.MapStatistics<ReviewPage, ReviewModel>("/review", Preset.Year, ReviewModel.ReadAsync, Period.Month);
    }
}
