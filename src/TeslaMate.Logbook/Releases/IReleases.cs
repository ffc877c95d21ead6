namespace TeslaMate.Logbook.Releases;

/// <summary>Whether there is something newer than this program.</summary>
public interface IReleases
{
    /// <summary>The newer version, without its <c>v</c>; null when there is none or nobody asked. Never waits.</summary>
    string? Newer { get; }

    /// <summary>Where it is described; null when nobody said.</summary>
    Uri? Page { get; }
}
