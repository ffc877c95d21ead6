namespace TeslaMate.Outgoing.Targets;

/// <summary>How a field of a target is entered and read.</summary>
public enum FieldForm
{
    Text,

    /// <summary>Absolute, http or https, without a password in it.</summary>
    Address,
    Port,

    /// <summary>The name or address of a machine.</summary>
    Host,

    /// <summary>An address of e-mail.</summary>
    Mail,
    Flag,

    /// <summary>One of <see cref="TargetField.Values"/>.</summary>
    Word,

    /// <summary>Stored encrypted; can be set and never be read again.</summary>
    Secret,
}

/// <summary>A field that targets of a kind have beside what all have: pages, API and table are made of this list.</summary>
/// <param name="Name">In the table and the API, in snake case.</param>
/// <param name="Label">In English.</param>
public sealed record TargetField(string Name, FieldForm Form, string Label)
{
    public bool IsRequired { get; init; }

    /// <summary>What an empty field means; null for nothing.</summary>
    public string? Default { get; init; }

    public int Longest { get; init; } = 500;

    /// <summary>With their texts in English.</summary>
    public IReadOnlyList<(string Word, string Text)> Values { get; init; } = [];

    public bool IsSecret => Form is FieldForm.Secret;
}
