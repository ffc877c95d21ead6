using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Import.Running;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.Importing;

/// <summary>
/// Files of other loggers: sent, imported, and how it went (spec web 6.7). Without files the page leads home; the settings lead to it all the same.
/// </summary>
sealed class ImportPages(IServiceProvider services)
{
    const long LargestUpload = 128 * 1024 * 1024;

    readonly ImportDesk? _desk = services.GetService<ImportDesk>();

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages("/import");
        pages.MapGet("", async (PageContext context, CancellationToken cancellationToken)
            => _desk is { Status: ImportStatus.Idle, IsImportMode: false } or null && (_desk?.Files().Count ?? 0) == 0
                ? Results.Redirect(context.Url("/"))
                : await PageAsync(context, cancellationToken));
        if (_desk is null)
            return;
        pages.MapGet("/files", PageAsync);
        pages.MapGet("/status", (PageContext context) => context.Render<ImportProgressBox, ImportStatus>(_desk.Status));
        pages.MapPost("/files", UploadAsync).WithMetadata(new LargestBody(LargestUpload));
        pages.MapPost("", StartAsync);
        pages.MapPost("/discard", DiscardAsync);
    }

    async Task<IResult> PageAsync(PageContext context, CancellationToken cancellationToken)
        => context.Render<ImportPage, ImportModel>(new(_desk!.Files(), _desk.Status, await _desk.InterruptedZoneAsync(cancellationToken)));

    async Task<IResult> DiscardAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        Notices.Leave(http, await _desk!.DiscardAsync(cancellationToken)
            ? new Notice(context.Texts["Interrupted import discarded."], IsError: false)
            : new Notice(context.Texts["The import can no longer be discarded."], IsError: true));
        return Results.Redirect(context.Url("/import/files"));
    }

    async Task<IResult> UploadAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
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
                return Results.Redirect(context.Url("/import/files"));
            }
        }

        if (refused.Count > 0)
            Notices.Leave(http, new Notice($"{context.Texts["No import files were found."]} {string.Join(", ", refused)}", IsError: true));
        return Results.Redirect(context.Url("/import/files"));
    }

    async Task<IResult> StartAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        if (_desk!.Files().Count == 0)
            Notices.Leave(http, new Notice(context.Texts["No import files were found."], IsError: true));
        else if (!_desk.TryStart(form["settings[timezone]"].ToString(), form["settings[car]"].ToString() is { Length: > 0 } vin ? vin : null))
            Notices.Leave(http, new Notice(context.Texts["The import is no longer idle. Reload and try again."], IsError: true));
        return Results.Redirect(context.Url("/import/files"));
    }
}

/// <param name="Files">Their names; they have been sent, or lie in the folder of imports.</param>
/// <param name="Status">How the import goes.</param>
/// <param name="SavedZone">The time zone of an import that was cut off; null when there is none.</param>
public sealed record ImportModel(IReadOnlyList<string> Files, ImportStatus Status, string? SavedZone);
