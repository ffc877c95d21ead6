using System.Collections.Concurrent;
using TeslaMate.Configuration;

namespace TeslaMate.Tesla.Streaming;

/// <summary>
/// Remembers by tag which token the stream did not accept, over openings: whoever reopens a stream at once after
/// <see cref="StreamEvent.TokensExpired"/> must not get a storm of connections with the same bad token.
/// </summary>
sealed class RejectedTokens
{
    readonly ConcurrentDictionary<string, (Secret Token, int Count)> _byTag = new(StringComparer.Ordinal);

    public void Add(string tag, Secret token)
        => _byTag.AddOrUpdate(tag, (token, 1), (_, known) => known.Token.Equals(token) ? (token, Math.Min(known.Count + 1, 100)) : (token, 1));

    public void Forget(string tag) => _byTag.TryRemove(tag, out _);

    /// <summary>How long this token has to wait before it is tried again.</summary>
    public TimeSpan Pause(string tag, Secret token)
        => _byTag.TryGetValue(tag, out var known) && known.Token.Equals(token) ? Dialogue.BackOff(known.Count, max: 300) : TimeSpan.Zero;
}
