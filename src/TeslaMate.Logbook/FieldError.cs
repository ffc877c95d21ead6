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

/// <summary>The reference's texts for what is wrong with a field (spec logbook 1.2); translations of the pages know them.</summary>
public static class Problem
{
    public const string Blank = "can't be blank";

    public const string Invalid = "is invalid";

    public const string Taken = "has already been taken";

    public const string NotSupported = "is not supported";
}
