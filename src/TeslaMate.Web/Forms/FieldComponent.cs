using Microsoft.AspNetCore.Components;
using TeslaMate.Logbook;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Forms;

/// <summary>A field of a form, with what is wrong with it.</summary>
public abstract class FieldComponent : PageComponent
{
    /// <summary>
    /// The form's name, such as <c>car_settings</c>, whose fields are sent as <c>car_settings[field]</c>; null for fields that are sent by their own
    /// names.
    /// </summary>
    [Parameter] public string? Form { get; set; }

    /// <summary>What the ids begin with, where it is not the form's name; empty for nothing.</summary>
    [Parameter] public string? Prefix { get; set; }

    [Parameter, EditorRequired] public required string Field { get; set; }

    /// <summary>Those of the whole form.</summary>
    [Parameter] public IReadOnlyList<FieldError> Errors { get; set; } = [];

    protected string Id => (Prefix ?? Form) is { Length: > 0 } form ? $"{form}_{Field}" : Field;

    protected string Name => Form is null ? Field : $"{Form}[{Field}]";

    protected bool IsRefused => Errors.Any(error => error.Field == Field);

    protected string? InvalidClass => IsRefused ? "is-danger" : null;

    /// <summary>For <c>aria-invalid</c>.</summary>
    protected string? Invalid => IsRefused ? "true" : null;

    /// <summary>For <c>aria-describedby</c>: the id of the problems.</summary>
    protected string? Description => IsRefused ? FieldProblems.IdFor(Id) : null;
}
