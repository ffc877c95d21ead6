using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Web.Cars;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.Charges;

/// <summary>The list of charges, one charge, and what it cost (spec web 6.6).</summary>
sealed class ChargePages(ChargeQueries charges, ICars cars)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages();
        pages.MapGet("/charges", ListAsync);
        pages.MapGet("/charge/{process}", ShowAsync);
        pages.MapGet("/charge-cost/{process}", ShowCostAsync);
        pages.MapPost("/charge-cost/{process}", SaveCostAsync);
    }

    async Task<IResult> ListAsync(Visit visit, Filter filter, CancellationToken cancellationToken)
        => new RazorComponentResult<ChargeListPage>(new
        {
            Visit = visit,
            Filter = filter,
            List = await charges.ListAsync(filter, cancellationToken),
            Cars = CarNames.Of(await cars.ListAsync(cancellationToken)),
        });

    async Task<IResult> ShowAsync(Visit visit, RowNumber process, CancellationToken cancellationToken)
        => await charges.FindAsync(new ChargingProcessId(process.Int), cancellationToken) is { } charge
            ? new RazorComponentResult<ChargePage>(new { Visit = visit, Charge = charge, Curve = await charges.CurveAsync(charge, cancellationToken) })
            : Results.StatusCode(StatusCodes.Status404NotFound);

    async Task<IResult> ShowCostAsync(Visit visit, HttpContext http, RowNumber process, CancellationToken cancellationToken)
    {
        if (await charges.FindAsync(new ChargingProcessId(process.Int), cancellationToken) is not { } charge)
            return Results.StatusCode(StatusCodes.Status404NotFound);
        return new RazorComponentResult<ChargeCostPage>(new { Visit = visit, Charge = charge, Entry = Stored(charge), Back = Back(visit, http, http.Request.Headers.Referer) });
    }

    async Task<IResult> SaveCostAsync(Visit visit, HttpContext http, RowNumber process, CancellationToken cancellationToken)
    {
        var id = new ChargingProcessId(process.Int);
        if (await charges.FindAsync(id, cancellationToken) is not { } charge)
            return Results.StatusCode(StatusCodes.Status404NotFound);
        var form = await http.Request.ReadFormAsync(cancellationToken);
        var entry = new CostEntry(form["charging_process[cost]"], form["charging_process[mode]"]);
        var (cost, problem) = entry.For(charge);
        if (problem is null)
        {
            await charges.SetCostAsync(id, cost, cancellationToken);
            charge = charge with { Cost = cost };
            entry = Stored(charge);
        }

        var model = new { Visit = visit, Charge = charge, Entry = entry, Back = Back(visit, http, form["back"]), Problem = problem, IsSaved = problem is null };
        var status = problem is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
        return http.Request.Headers.ContainsKey("HX-Request")
            ? new RazorComponentResult<CostForm>(model) { StatusCode = status }
            : new RazorComponentResult<ChargeCostPage>(model) { StatusCode = status };
    }

    static CostEntry Stored(Charge charge) => new(charge.Cost?.ToString("0.00", CultureInfo.InvariantCulture), Mode: null);

    // The page before this one may be a dashboard on another host; anything but a web address, or this page itself, leads home.
    static string Back(Visit visit, HttpContext http, string? referrer)
        => Uri.TryCreate(referrer, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            && !address.AbsolutePath.EndsWith(http.Request.Path.Value ?? "", StringComparison.Ordinal)
            ? address.AbsoluteUri
            : visit.Url("/");
}
