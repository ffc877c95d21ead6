namespace TeslaMate.Tests.Simulator.Clocks;

/// <summary>Tests with a stepped clock: it moves when the process has nothing to do, so no other test may run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NonParallelCollection
{
    public const string Name = "Not in parallel";

    /// <summary>Runs a test on the thread pool, where the clock can see it: the test runner's own threads are hidden from it.</summary>
    public static Task RunAsync(Func<Task> test) => Task.Run(test);
}
