using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Components.Web.HtmlRendering;
using static System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes;

namespace TeslaMate.Web.Layout;

static class RootComponent
{
    /// <summary>The component with its model, the context around it; on the renderer's dispatcher.</summary>
    public static Task<HtmlRootComponent> RenderAsync<[DynamicallyAccessedMembers(All)] TComponent, TModel>(
        HtmlRenderer renderer, PageContext context, TModel model)
        where TComponent : PageComponent<TModel>
        => renderer.RenderComponentAsync<RootComponent<TComponent, TModel>>(
            ParameterView.FromDictionary(new Dictionary<string, object?> { ["Context"] = context, ["Model"] = model }));
}

/// <summary>The component around the one that is rendered: gives it its model, and all within it the context.</summary>
sealed class RootComponent<[DynamicallyAccessedMembers(All)] TComponent, TModel> : ComponentBase
    where TComponent : PageComponent<TModel>
{
    [Parameter, EditorRequired] public required PageContext Context { get; set; }

    [Parameter, EditorRequired] public required TModel Model { get; set; }

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenComponent<CascadingValue<PageContext>>(0);
        builder.AddComponentParameter(1, nameof(CascadingValue<PageContext>.Value), Context);
        builder.AddComponentParameter(2, nameof(CascadingValue<PageContext>.IsFixed), true);
        builder.AddComponentParameter(3, nameof(CascadingValue<PageContext>.ChildContent), (RenderFragment)BuildContent);
        builder.CloseComponent();
    }

    void BuildContent(RenderTreeBuilder builder)
    {
        builder.OpenComponent<TComponent>(0);
        builder.AddComponentParameter(1, nameof(PageComponent<TModel>.Model), Model);
        builder.CloseComponent();
    }
}
