using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Import.Running;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.Importing;

/// <summary>Files of other loggers: sent, imported, and how it went (spec web 6.7). Without files the page leads home; the settings lead to it all the same.</summary>
sealed class ImportPages(IServiceProvider services)
{
    const long LargestUpload = 128 * 1024 * 1024;

    readonly ImportDesk? _desk = services.GetService<ImportDesk>();

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages("/import");
        pages.MapGet("", (Visit visit) => _desk is { Status: ImportStatus.Idle, IsImportMode: false } or null && (_desk?.Files().Count ?? 0) == 0
            ? Results.Redirect(visit.Url("/"))
            : Page(visit));
        if (_desk is null)
            return;
        pages.MapGet("/files", (Visit visit) => Page(visit));
        pages.MapGet("/status", (Visit visit) => new RazorComponentResult<ImportProgressBox>(new { Visit = visit, Status = _desk.Status }));
        pages.MapPost("/files", UploadAsync).WithMetadata(new LargestBody(LargestUpload));
        pages.MapPost("", StartAsync);
    }

    RazorComponentResult<ImportPage> Page(Visit visit) => new(new { Visit = visit, Files = _desk!.Files(), Status = _desk.Status });

    async Task<IResult> UploadAsync(Visit visit, HttpContext http, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        List<string> refused = [];
        foreach (var file in form.Files)
        {
            await using var content = file.OpenReadStream();
            try
            {
                if (!await _desk!.StoreAsync(file.FileName, content, cancellationToken))
                    refused.Add(file.FileName);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Notices.Leave(http, new Notice(exception.Message, IsError: true));
                return Results.Redirect(visit.Url("/import/files"));
            }
        }

        if (refused.Count > 0)
            Notices.Leave(http, new Notice($"{visit.T("No import files were found.")} {string.Join(", ", refused)}", IsError: true));
        return Results.Redirect(visit.Url("/import/files"));
    }

    async Task<IResult> StartAsync(Visit visit, HttpContext http, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        if (_desk!.Files().Count == 0)
            Notices.Leave(http, new Notice(visit.T("No import files were found."), IsError: true));
        else if (!_desk.TryStart(form["settings[timezone]"].ToString(), form["settings[car]"].ToString() is { Length: > 0 } vin ? vin : null))
            Notices.Leave(http, new Notice(visit.T("The import is no longer idle. Reload and try again."), IsError: true));
        return Results.Redirect(visit.Url("/import/files"));
    }
}
