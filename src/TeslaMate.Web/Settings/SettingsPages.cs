using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Settings;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.Settings;

/// <summary>The settings of the installation and of each car (spec web 6.3). A form is stored as a whole at each change, or not at all.</summary>
sealed class SettingsPages(ICars cars, IGlobalSettings global, AddressRefresh addresses, ITeslaAccount account)
{
    const string GeocoderProblem = "There was a problem retrieving data from OpenStreetMap. Please try again later.";

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages();
        pages.MapGet("/settings", ShowAsync);
        pages.MapGet("/settings/general", ShowGeneralAsync);
        pages.MapPost("/settings", SaveGeneralAsync);
        pages.MapPost("/settings/car/{car}", SaveCarAsync);
        pages.MapPost("/settings/base_url", (HttpContext http, WebSettings web, CancellationToken cancellationToken)
            => DiscoverAsync(http, form => Discovery.BaseUrl(form["origin"], web.UrlPath), (settings, url) => settings with { BaseUrl = settings.BaseUrl ?? url }, cancellationToken));
        pages.MapPost("/settings/grafana_url", async (Visit visit, HttpContext http, CancellationToken cancellationToken) =>
        {
            await DiscoverAsync(http, form => Discovery.GrafanaUrl(form["referrer"]), (settings, url) => settings with { GrafanaUrl = settings.GrafanaUrl ?? url }, cancellationToken);
            return http.Request.HasFormContentType && (await http.Request.ReadFormAsync(cancellationToken)).ContainsKey("asked") ? Results.Redirect(visit.Url("/settings")) : Results.NoContent();
        });
        pages.MapPost("/sign_out", SignOutAsync);
    }

    async Task<IResult> ShowAsync(Visit visit, HttpContext http, CancellationToken cancellationToken)
    {
        var all = await cars.ListAsync(cancellationToken);
        return new RazorComponentResult<SettingsPage>(new
        {
            Visit = visit,
            Cars = all,
            Car = Selected(all, http.Request.Query["car"]),
            GeneralErrors = await EndedRefreshAsync(),
            IsIncomplete = await addresses.IsIncompleteAsync(cancellationToken),
            IsRefreshing = addresses.IsRunning,
        });
    }

    async Task<IResult> ShowGeneralAsync(Visit visit, CancellationToken cancellationToken)
        => new RazorComponentResult<GeneralForm>(new
        {
            Visit = visit,
            Settings = await global.ReadAsync(cancellationToken),
            Errors = await EndedRefreshAsync(),
            IsIncomplete = await addresses.IsIncompleteAsync(cancellationToken),
            IsRefreshing = addresses.IsRunning,
        });

    async Task<IResult> SaveGeneralAsync(Visit visit, HttpContext http, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        var (wanted, errors) = FormValues.Read(form, visit.Settings);
        if (errors.Count == 0)
        {
            // The rest of the form does not wait for the addresses in another language.
            var answer = await global.ChangeAsync(settings => FormValues.Read(form, settings).Settings with { Language = settings.Language }, cancellationToken);
            errors = ErrorsOf(answer);
            if (answer is SettingsAnswer.Changed(var stored))
            {
                if (wanted.Language != stored.Language)
                    addresses.Start(wanted.Language);
                wanted = stored with { Language = wanted.Language };
            }
        }

        var status = errors.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
        var (isIncomplete, isRefreshing) = (await addresses.IsIncompleteAsync(cancellationToken), addresses.IsRunning);
        if (http.Request.Headers.ContainsKey("HX-Request"))
            return new RazorComponentResult<GeneralForm>(new { Visit = visit, Settings = wanted, Errors = errors, IsIncomplete = isIncomplete, IsRefreshing = isRefreshing }) { StatusCode = status };
        if (errors.Count == 0)
            return Results.Redirect(visit.Url("/settings"));
        var all = await cars.ListAsync(cancellationToken);
        return new RazorComponentResult<SettingsPage>(new { Visit = visit, Cars = all, Car = Selected(all, null), General = wanted, GeneralErrors = errors, IsIncomplete = isIncomplete })
        {
            StatusCode = status,
        };
    }

    async Task<IResult> SaveCarAsync(Visit visit, HttpContext http, RowNumber car, CancellationToken cancellationToken)
    {
        var id = new CarId(car.Short);
        if (await cars.FindAsync(id, cancellationToken) is not { } found)
            return Results.StatusCode(StatusCodes.Status404NotFound);
        var (wanted, errors) = FormValues.Read(await http.Request.ReadFormAsync(cancellationToken), found.Settings);
        if (errors.Count == 0 && wanted != found.Settings && await cars.ChangeSettingsAsync(id, wanted, cancellationToken) is null)
            return Results.StatusCode(StatusCodes.Status404NotFound);
        var status = errors.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
        if (http.Request.Headers.ContainsKey("HX-Request"))
            return new RazorComponentResult<CarForm>(new { Visit = visit, Car = id, Settings = wanted, Errors = errors }) { StatusCode = status };
        if (errors.Count == 0)
            return Results.Redirect(visit.Url($"/settings?car={id}"));
        return new RazorComponentResult<SettingsPage>(new
        {
            Visit = visit,
            Cars = await cars.ListAsync(cancellationToken),
            Car = found,
            CarSettings = wanted,
            CarErrors = errors,
            IsIncomplete = await addresses.IsIncompleteAsync(cancellationToken),
        })
        {
            StatusCode = status,
        };
    }

    async Task<IResult> DiscoverAsync(HttpContext http, Func<IFormCollection, string?> find, Func<GlobalSettings, string, GlobalSettings> complete, CancellationToken cancellationToken)
    {
        if (find(await http.Request.ReadFormAsync(cancellationToken)) is { } url)
            await global.ChangeAsync(settings => complete(settings, url), cancellationToken);
        return Results.NoContent();
    }

    async Task<IResult> SignOutAsync(Visit visit, CancellationToken cancellationToken)
    {
        await account.SignOutAsync(cancellationToken);
        return Results.Redirect(visit.Url("/"));
    }

    async Task<IReadOnlyList<FieldError>> EndedRefreshAsync() => ErrorsOf(await addresses.TakeAnswerAsync());

    static IReadOnlyList<FieldError> ErrorsOf(SettingsAnswer? answer) => answer switch
    {
        SettingsAnswer.Refused(var errors) => errors,
        SettingsAnswer.GeocoderFailed => [new FieldError("language", GeocoderProblem)],
        _ => [],
    };

    static Car? Selected(IReadOnlyList<Car> cars, string? wanted)
        => cars.FirstOrDefault(car => car.Id.ToString() == wanted) ?? cars.MinBy(car => car.Id.Value);
}
