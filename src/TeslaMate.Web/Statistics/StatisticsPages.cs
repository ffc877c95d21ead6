using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Measures;
using TeslaMate.Web.Charts;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

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
        ("/charging", "battery-charging", "Charging"),
        ("/charging-stops", "power-plug", "Charging stops"),
        ("/charge-curve", "chart-bell-curve", "Charge curve"),
        ("/battery", "battery-heart-variant", "Battery"),
        ("/parked", "parking", "Parked losses"),
        ("/tyres", "car-tire-alert", "Tyres"),
        ("/software", "update", "Software"),
        ("/visited", "earth", "Visited places"),
        ("/all-cars", "car-multiple", "All cars"),
        ("/stored", "database", "Stored data"),
    ];

    /// <summary>The title of a page, also of one that is not in the navigation.</summary>
    public static string TitleOf(string path) => All.FirstOrDefault(page => page.Path == path) is { Title: { } title } ? title : "Statistics";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapStatistics<PeriodsPage, PeriodsModel>("/statistics", Preset.All, PeriodsModel.ReadAsync, Period.Month);
        routes.MapStatistics<DrivingPage, DrivingModel>("/driving", Preset.Year, DrivingModel.ReadAsync);
        routes.MapStatistics<MileagePage, MileageModel>("/mileage", Preset.Year, MileageModel.ReadAsync);
        routes.MapPages().MapPost("/mileage", ChangeBudgetAsync);
        routes.MapStatistics<TripsPage, TripsModel>("/trips", Preset.Year, TripsModel.ReadAsync);
        routes.MapStatistics<TripPage, TripModel>("/trip", Preset.Days7, TripModel.ReadAsync, Period.Total);
        routes.MapStatistics<TimelinePage, TimelineModel>("/timeline", Preset.Days7, TimelineModel.ReadAsync, Period.Day);
        routes.MapStatistics<ReviewPage, ReviewModel>("/review", Preset.Year, ReviewModel.ReadAsync, Period.Month);
        routes.MapStatistics<ChargingPage, ChargingModel>("/charging", Preset.Year, ChargingModel.ReadAsync, Period.Month);
        routes.MapStatistics<ChargingStopsPage, ChargingStopsModel>("/charging-stops", Preset.Year, ChargingStopsModel.ReadAsync);
        routes.MapStatistics<CurvePage, CurveModel>("/charge-curve", Preset.All, CurveModel.ReadAsync);
        routes.MapStatistics<BatteryHealthPage, BatteryHealthModel>("/battery", Preset.All, BatteryHealthModel.ReadAsync, Period.Week);
        routes.MapStatistics<ParkedPage, ParkedModel>("/parked", Preset.Days30, ParkedModel.ReadAsync);
        routes.MapStatistics<TyresPage, TyresModel>("/tyres", Preset.Year, TyresModel.ReadAsync, Period.Day);
        routes.MapStatistics<SoftwarePage, SoftwareModel>("/software", Preset.All, SoftwareModel.ReadAsync);
        routes.MapStatistics<VisitedPage, VisitedModel>("/visited", Preset.Days30, VisitedModel.ReadAsync);
        routes.MapStatistics<AllCarsPage, AllCarsModel>("/all-cars", Preset.Year, AllCarsModel.ReadAsync, Period.Month);
        routes.MapStatistics<StoredPage, StoredModel>("/stored", Preset.Year, StoredModel.ReadAsync);
    }

    // The window comes with the address, as for the page itself.
    static async Task<IResult> ChangeBudgetAsync(
        PageContext context, HttpContext http, ICarPreferences preferences, CancellationToken cancellationToken)
    {
        var (request, problems) = await StatisticsRequest.ReadAsync(context, http, Preset.Year, period: null, cancellationToken);
        if (request is null || request.Cars.Count == 0)
        {
            return problems.Count == 0
                ? Results.StatusCode(StatusCodes.Status404NotFound)
                : context.Render<NoStatisticsPage, NoStatisticsModel>(new("/mileage", problems), StatusCodes.Status400BadRequest);
        }

        var (input, form, errors) = BudgetInput.Read(
            await http.Request.ReadFormAsync(cancellationToken), context.Units, request.Window.Today);
        var answer = errors.Count > 0
            ? new PreferencesAnswer.Refused(errors)
            : await preferences.ChangeBudgetAsync(new CarId((short)request.Window.Car), form, cancellationToken);
        return answer switch
        {
            PreferencesAnswer.Changed => Results.Redirect(request.Link("/mileage")),
            PreferencesAnswer.Refused(var refused) => context.Render<MileagePage, MileageModel>(
                await MileageModel.ReadAsync(request, cancellationToken) with { Input = input, Errors = refused },
                StatusCodes.Status422UnprocessableEntity),
            _ => Results.StatusCode(StatusCodes.Status404NotFound),
        };
    }
}
