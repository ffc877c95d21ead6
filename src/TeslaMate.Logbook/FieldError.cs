namespace TeslaMate.Logbook;

/// <summary>Why a field of a form cannot be accepted: the column's name and one of the texts of the spec (spec logbook 1.2), such as <c>can't be blank</c>.</summary>
public sealed record FieldError(string Field, string Problem)
{
    public override string ToString() => $"{Field} {Problem}";
}
