using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Tests.Tesla.Accounts;

/// <summary>An account with one pair that nothing changes, and what was said about it.</summary>
sealed class KnownAccess(TokenPair? pair) : IAccess
{
    public TokenPair? Pair { get; set; } = pair;

    public bool GivesUp { get; set; }

    public List<string> Said { get; } = [];

    public ValueTask<TokenPair?> CurrentAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Pair);

    public bool Refused(TokenPair pair) => Note("refused", GivesUp);

    public void Forbidden(TokenPair pair) => Note("forbidden");

    public void Accepted(TokenPair pair) => Note("accepted");

    public void StreamRefused(TokenPair pair) => Note("stream refused");

    bool Note(string what, bool answer = false)
    {
        lock (Said)
            Said.Add(what);
        return answer;
    }
}
