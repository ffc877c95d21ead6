namespace TeslaMate.Hosting;

/// <summary>What the demo and tests do differently from a real run.</summary>
sealed record AppOverrides
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Applied after everything else has been registered, so that a later registration wins.</summary>
    public Action<IServiceCollection>? Services { get; init; }
}
