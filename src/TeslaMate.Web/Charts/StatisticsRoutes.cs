using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Measures;
using TeslaMate.Web.Layout;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;
using static System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes;

namespace TeslaMate.Web.Charts;

static class StatisticsRoutes
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps a page with statistics, and beside it, as <c>….csv?table=…</c>, each of its tables as a file.</summary>
        /// <param name="path">As in <see cref="Statistics.StatisticsPages.All"/>.</param>
        /// <param name="preset">The window of an address that names none.</param>
        /// <param name="read">Asks for all that the page shows.</param>
        /// <param name="period">The period of an address that names none; null: one that fits the window.</param>
        public void MapStatistics<[DynamicallyAccessedMembers(All)] TPage, TModel>(
            string path, Preset preset, Func<StatisticsRequest, CancellationToken, Task<TModel>> read, Period? period = null)
            where TPage : PageComponent<TModel>
            where TModel : StatisticsModel
        {
            routes.MapPages().MapGet(path, async (PageContext context, HttpContext http, CancellationToken cancellationToken) =>
            {
                var (request, problems) = await StatisticsRequest.ReadAsync(context, http, preset, period, cancellationToken);
                return request switch
                {
                    null when problems.Count == 0 => Results.StatusCode(StatusCodes.Status404NotFound),
                    null => context.Render<NoStatisticsPage, NoStatisticsModel>(new(path, problems), StatusCodes.Status400BadRequest),
                    { LogBegin: null, Cars.Count: <= 1 } => context.Render<NoStatisticsPage, NoStatisticsModel>(new(path, [])),
                    _ => context.Render<TPage, TModel>(await read(request, cancellationToken)),
                };
            });
            routes.MapGet($"{path}.csv", async (PageContext context, HttpContext http, CancellationToken cancellationToken) =>
                {
                    var (request, problems) = await StatisticsRequest.ReadAsync(context, http, preset, period, cancellationToken);
                    if (request is null)
                    {
                        return problems.Count == 0
                            ? Results.StatusCode(StatusCodes.Status404NotFound)
                            : Results.Text(string.Join('\n', problems), statusCode: StatusCodes.Status400BadRequest);
                    }

                    var id = http.Request.Query["table"].ToString();
                    if ((await read(request, cancellationToken)).Tables.FirstOrDefault(table => table.Id == id) is not { } table)
                        return Results.StatusCode(StatusCodes.Status404NotFound);
                    return table.ToFile(http, $"{path.Trim('/').Replace('/', '-')}-{table.Id}");
                })
                .RequireAuthorization(Policies.Owner)
                .RequireRateLimiting(RateLimits.Exports)
                .WithMetadata(DataTable.AnswersIn);
        }
    }
}
