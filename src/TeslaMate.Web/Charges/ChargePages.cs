using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.HistoryChanges;
using TeslaMate.Telemetry;
using TeslaMate.Web.Cars;
using TeslaMate.Web.History;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;
using TeslaMate.Web.Telemetry;

namespace TeslaMate.Web.Charges;

/// <summary>The list of charges, one charge, and what it cost (spec web 6.6).</summary>
sealed class ChargePages(ChargeQueries charges, ICars cars, IHistoryEditor editor, IServiceProvider services)
{
    readonly ITelemetryReport? _telemetry = services.GetService<ITelemetryReport>();

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages();
        pages.MapGet("/charges", ListAsync);
        pages.MapGet("/charge/{process}", ShowAsync);
        pages.MapGet("/charge-cost/{process}", ShowCostAsync);
        pages.MapPost("/charge-cost/{process}", SaveCostAsync);
    }

    async Task<IResult> ListAsync(PageContext context, Filter filter, CancellationToken cancellationToken)
        => context.Render<ChargeListPage, ChargeListModel>(
            new(filter, await charges.ListAsync(filter, cancellationToken), CarNames.Of(await cars.ListAsync(cancellationToken))));

    async Task<IResult> ShowAsync(PageContext context, RowNumber process, CancellationToken cancellationToken)
        => await charges.FindAsync(new ChargingProcessId(process.Int), cancellationToken) is { } charge
            ? context.Render<ChargePage, ChargeModel>(
                new(charge, await charges.CurveAsync(charge, cancellationToken),
                    await BatteryModel.ReadAsync(_telemetry, report => report.BatteryAsync(charge.Id, cancellationToken))))
            : Results.StatusCode(StatusCodes.Status404NotFound);

    async Task<IResult> ShowCostAsync(PageContext context, HttpContext http, RowNumber process, CancellationToken cancellationToken)
    {
        if (await charges.FindAsync(new ChargingProcessId(process.Int), cancellationToken) is not { } charge)
            return Results.StatusCode(StatusCodes.Status404NotFound);
        return context.Render<ChargeCostPage, ChargeCostModel>(new(charge, CostEntry.Of(charge), Back(context, http, http.Request.Headers.Referer)));
    }

    async Task<IResult> SaveCostAsync(PageContext context, HttpContext http, RowNumber process, CancellationToken cancellationToken)
    {
        var id = new ChargingProcessId(process.Int);
        if (await charges.FindAsync(id, cancellationToken) is not { } charge)
            return Results.StatusCode(StatusCodes.Status404NotFound);
        var form = await http.Request.ReadFormAsync(cancellationToken);
        var (entry, cost, errors) = CostEntry.Read(form, charge);
        if (errors.Count == 0)
        {
            var edit = new HistoryEdit.SetCost([process.Int], CostMode.Total, cost);
            if (await editor.ApplyAsync(edit, HistoryPages.Author, version: null, key: null, cancellationToken)
                is EditAnswer.Refused({ } refused, _) && refused is not EditProblem.NothingToDo)
            {
                errors = [new FieldError("cost", HistoryPages.Sentence(refused))];
            }
            else
            {
                charge = charge with { Cost = cost };
                entry = CostEntry.Of(charge);
            }
        }

        var model = new ChargeCostModel(charge, entry, Back(context, http, form["back"])) { Errors = errors, IsSaved = errors.Count == 0 };
        var status = errors.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
        return context.IsFragment
            ? context.Render<CostForm, ChargeCostModel>(model, status)
            : context.Render<ChargeCostPage, ChargeCostModel>(model, status);
    }

    // The page before this one may be a dashboard on another host; anything but a web address, or this page itself, leads home.
    static string Back(PageContext context, HttpContext http, string? referrer)
        => Uri.TryCreate(referrer, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            && !address.AbsolutePath.EndsWith(http.Request.Path.Value ?? "", StringComparison.Ordinal)
            ? address.AbsoluteUri
            : context.Url("/");
}

/// <param name="Filter">Which charges.</param>
/// <param name="List">One page of them.</param>
/// <param name="Cars">To choose from.</param>
public sealed record ChargeListModel(Filter Filter, ChargeList List, IReadOnlyList<(short Id, string Name)> Cars);

/// <param name="Battery">What the battery of a car that streams said meanwhile; null for any other.</param>
public sealed record ChargeModel(ChargingProcess Charge, ChargeCurve Curve, BatteryModel? Battery);

/// <param name="Charge">What is paid for.</param>
/// <param name="Entry">What the form shows: the stored cost, or what was refused.</param>
/// <param name="Back">Where the visitor came from.</param>
public sealed record ChargeCostModel(ChargingProcess Charge, CostEntry Entry, string Back)
{
    public IReadOnlyList<FieldError> Errors { get; init; } = [];

    /// <summary>Whether it was stored just now.</summary>
    public bool IsSaved { get; init; }
}
