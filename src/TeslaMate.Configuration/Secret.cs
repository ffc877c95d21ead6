namespace TeslaMate.Configuration;

/// <summary>A text that must not be seen: its <see cref="ToString"/> is <c>***</c>, so that it can be logged by accident without harm.</summary>
public sealed class Secret : IEquatable<Secret>
{
    readonly string _text;

    public Secret(string text) => _text = text ?? throw new ArgumentNullException(nameof(text));

    /// <summary>The text itself; call this only where the secret is used, never where it is written out.</summary>
    public string Reveal() => _text;

    public bool Equals(Secret? other) => other is not null && string.Equals(_text, other._text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as Secret);

    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => "***";
}
