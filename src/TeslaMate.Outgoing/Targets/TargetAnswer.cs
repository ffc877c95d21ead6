namespace TeslaMate.Outgoing.Targets;

/// <summary>What came of changing or deleting a target. Closed.</summary>
public abstract record TargetAnswer
{
    TargetAnswer() { }

    /// <param name="Target">As it is now; a deleted one as it was.</param>
    public sealed record Done(ListedTarget Target) : TargetAnswer;

    public sealed record NotFound : TargetAnswer;

    /// <summary>It is not the one that was to be changed; nothing was done.</summary>
    public sealed record Changed : TargetAnswer;
}
