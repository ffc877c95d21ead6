using Microsoft.AspNetCore.Components;
using TeslaMate.Web.Languages;

namespace TeslaMate.Web.Layout;

/// <summary>
/// What every component of the pages inherits (by <c>_Imports.razor</c>): the context of its request, which cascades from
/// <see cref="RootComponent{TComponent,TModel}"/>.
/// </summary>
public abstract class PageComponent : ComponentBase
{
    [CascadingParameter] public required PageContext Context { get; set; }

    /// <summary>The texts in the visitor's language: <c>@Texts["Drives"]</c>.</summary>
    protected Texts Texts => Context.Texts;

    /// <summary>Quantities in the owner's units.</summary>
    protected Units Units => Context.Units;

    /// <inheritdoc cref="PageContext.Url"/>
    protected string Url(string path) => Context.Url(path);

    /// <inheritdoc cref="PageContext.Asset"/>
    protected string Asset(string path) => Context.Asset(path);
}

/// <summary>A component that an endpoint answers with: a page, or the part of one that a script asks for.</summary>
/// <typeparam name="TModel">All that it shows. It asks for nothing more.</typeparam>
public abstract class PageComponent<TModel> : PageComponent
{
    [Parameter, EditorRequired] public required TModel Model { get; set; }
}
