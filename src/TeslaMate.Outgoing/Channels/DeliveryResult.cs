namespace TeslaMate.Outgoing.Channels;

/// <summary>
/// How an attempt at a delivery ended. Reasons are a sentence's worth of words for the owner, without secrets and without addresses that hold one.
/// </summary>
public abstract record DeliveryResult
{
    DeliveryResult() { }

    /// <summary>The same with its reason, if it has one, said in another way.</summary>
    public DeliveryResult WithReason(Func<string, string> say)
    {
        ArgumentNullException.ThrowIfNull(say);
        return this switch
        {
            TryAgain later => later with { Reason = say(later.Reason) },
            Refused refused => refused with { Reason = say(refused.Reason) },
            Gone gone => gone with { Reason = say(gone.Reason) },
            _ => this,
        };
    }

    /// <summary>The receiver has it.</summary>
    public sealed record Delivered : DeliveryResult;

    /// <summary>It may go well later.</summary>
    /// <param name="After">How long the receiver asked to be left alone; null when it did not say.</param>
    public sealed record TryAgain(TimeSpan? After, string Reason) : DeliveryResult;

    /// <summary>The receiver will never take this event; others may go well.</summary>
    public sealed record Refused(string Reason) : DeliveryResult;

    /// <summary>The receiver wants nothing more: the target is turned off.</summary>
    public sealed record Gone(string Reason) : DeliveryResult;
}
