namespace TeslaMate.Outgoing.Messages;

/// <summary>How much a message presses.</summary>
public enum Importance
{
    /// <summary>Worth knowing, not worth a sound.</summary>
    Low,
    Normal,

    /// <summary>Somebody should act.</summary>
    High,
}

/// <summary>An event in words.</summary>
/// <param name="Title">One line.</param>
/// <param name="Text">Sentences, at least one.</param>
/// <param name="Link">The page about it; null while the address of the pages is not known.</param>
public sealed record Message(string Title, string Text, Importance Importance, Uri? Link);
