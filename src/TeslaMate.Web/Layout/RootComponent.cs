using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace TeslaMate.Web.Layout;

static class RootComponent
{
    /// <summary>The parameters of a <see cref="RootComponent{TComponent,TModel}"/>, as renderers take them.</summary>
    public static Dictionary<string, object?> Parameters<TModel>(PageContext context, TModel model)
        => new() { ["Context"] = context, ["Model"] = model };
}

/// <summary>The component around the one that is rendered: gives it its model, and all within it the context.</summary>
public sealed class RootComponent<TComponent, TModel> : ComponentBase
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
