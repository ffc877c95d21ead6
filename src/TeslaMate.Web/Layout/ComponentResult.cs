using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes;

namespace TeslaMate.Web.Layout;

/// <summary>
/// An answer that is a component with its model, rendered once. <c>RazorComponentResult</c> brings forms, streaming and interactive components,
/// which these pages have none of, and cannot be compiled ahead of time.
/// </summary>
sealed class ComponentResult<[DynamicallyAccessedMembers(All)] TComponent, TModel>(
    PageContext context, TModel model, int status) : IResult
    where TComponent : PageComponent<TModel>
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        await using var renderer = new HtmlRenderer(
            httpContext.RequestServices, httpContext.RequestServices.GetRequiredService<ILoggerFactory>());
        await renderer.Dispatcher.InvokeAsync(async () =>
        {
            // A component that fails has changed nothing of the answer yet, so that the failure can be answered.
            var page = await RootComponent.RenderAsync<TComponent, TModel>(renderer, context, model);
            response.StatusCode = status;
            response.ContentType = "text/html; charset=utf-8";
            page.WriteHtmlTo(new BodyWriter(response.BodyWriter));
        });
        await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }

    /// <summary>Text as UTF-8 in the buffers of the answer. What is written is whole: no letter is split between two calls.</summary>
    sealed class BodyWriter(IBufferWriter<byte> body) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write([value]);

        public override void Write(string? value) => Write(value.AsSpan());

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(ReadOnlySpan<char> buffer) => Encoding.UTF8.GetBytes(buffer, body);
    }
}
