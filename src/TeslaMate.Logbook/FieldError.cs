namespace TeslaMate.Logbook;

/// <summary>
/// Why a field of a form cannot be accepted: the column's name and one of the texts of the spec (spec logbook 1.2), such as <c>can't be blank</c>.
/// </summary>
public sealed record FieldError(string Field, string Problem)
{
    /// <summary>What replaces <c>{0}</c>, <c>{1}</c> … in the text.</summary>
    public IReadOnlyList<object> Arguments { get; init; } = [];

    public override string ToString() => $"{Field} {Problem}";
}
