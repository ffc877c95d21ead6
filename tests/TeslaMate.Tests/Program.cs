using TeslaMate.Tests.EndToEnd;

namespace TeslaMate.Tests;

/// <summary>
/// The entry point of this assembly, for the tests that kill the program while the clock is theirs. The tests themselves are found and run by the
/// test host, which does not come this way.
/// </summary>
static class Program
{
    /// <param name="arguments">The socket of the clock to follow, alone.</param>
    static Task<int> Main(string[] arguments)
        => arguments is [var clock]
            ? FollowingProgram.RunAsync(clock, Console.Error, CancellationToken.None)
            : throw new ArgumentException("the path of a clock's socket is needed, and nothing else", nameof(arguments));
}
